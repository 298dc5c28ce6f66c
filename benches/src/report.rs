//! The table of figures.

use std::fmt;

/// A figure's unit, which decides its format.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Mebibytes.
    Mb,
    /// 1 if a claim holds, else 0.
    Holds,
}

struct Row {
    what: String,
    value: f64,
    limit: Option<f64>,
    unit: Unit,
}

impl Row {
    fn is_met(&self) -> bool {
        match (self.limit, self.unit) {
            (None, _) => true,
            (Some(limit), Unit::Holds) => self.value >= limit,
            (Some(limit), Unit::Ms | Unit::Mb) => self.value <= limit,
        }
    }
}

/// All figures, in the order of measurement.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// A figure that must not exceed `limit`.
    pub fn limited(&mut self, what: impl Into<String>, value: f64, limit: f64, unit: Unit) {
        self.rows.push(Row {
            what: what.into(),
            value,
            limit: Some(limit),
            unit,
        });
    }

    /// A figure without a limit.
    pub fn plain(&mut self, what: impl Into<String>, value: f64, unit: Unit) {
        self.rows.push(Row {
            what: what.into(),
            value,
            limit: None,
            unit,
        });
    }

    /// A claim that must hold.
    pub fn claim(&mut self, what: impl Into<String>, holds: bool) {
        let value = f64::from(u8::from(holds));
        self.rows.push(Row {
            what: what.into(),
            value,
            limit: Some(1.0),
            unit: Unit::Holds,
        });
    }

    /// The number of missed limits.
    pub fn missed(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_met()).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .rows
            .iter()
            .map(|row| row.what.chars().count())
            .max()
            .unwrap_or(0);
        writeln!(
            f,
            "| {:width$} | {:>10} | {:>10} | {:6} |",
            "", "measured", "limit", ""
        )?;
        writeln!(
            f,
            "|{:-<w$}|{:->12}|{:->12}|{:-<8}|",
            "",
            ":",
            ":",
            "",
            w = width + 2
        )?;
        for row in &self.rows {
            let limit = row
                .limit
                .map_or_else(String::new, |limit| written(limit, row.unit));
            let verdict = match (row.limit, row.is_met()) {
                (None, _) => "",
                (Some(_), true) => "met",
                (Some(_), false) => "MISSED",
            };
            writeln!(
                f,
                "| {:width$} | {:>10} | {limit:>10} | {verdict:6} |",
                row.what,
                written(row.value, row.unit)
            )?;
        }
        Ok(())
    }
}

fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ms if value < 10.0 => format!("{value:.1} ms"),
        Unit::Ms => format!("{value:.0} ms"),
        Unit::Mb => format!("{value:.0} MB"),
        Unit::Holds => if value > 0.0 { "yes" } else { "no" }.to_owned(),
    }
}
