//! The table of figures.

use std::fmt;

/// A figure's unit, which decides how it is written.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Mebibytes.
    Mb,
    /// 1 for a claim that holds, 0 for one that does not.
    Holds,
}

struct Row {
    what: String,
    value: f64,
    bar: Option<f64>,
    unit: Unit,
}

impl Row {
    fn is_met(&self) -> bool {
        match (self.bar, self.unit) {
            (None, _) => true,
            (Some(bar), Unit::Holds) => self.value >= bar,
            (Some(bar), Unit::Ms | Unit::Mb) => self.value <= bar,
        }
    }
}

/// All figures, in the order in which they were taken.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// A figure that has to stay at or below `bar`.
    pub fn barred(&mut self, what: impl Into<String>, value: f64, bar: f64, unit: Unit) {
        self.rows.push(Row {
            what: what.into(),
            value,
            bar: Some(bar),
            unit,
        });
    }

    /// A figure without a bar.
    pub fn plain(&mut self, what: impl Into<String>, value: f64, unit: Unit) {
        self.rows.push(Row {
            what: what.into(),
            value,
            bar: None,
            unit,
        });
    }

    /// A claim that has to hold.
    pub fn claim(&mut self, what: impl Into<String>, holds: bool) {
        let value = f64::from(u8::from(holds));
        self.rows.push(Row {
            what: what.into(),
            value,
            bar: Some(1.0),
            unit: Unit::Holds,
        });
    }

    /// How many bars were missed.
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
            "", "measured", "bar", ""
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
            let bar = row.bar.map_or_else(String::new, |bar| written(bar, row.unit));
            let verdict = match (row.bar, row.is_met()) {
                (None, _) => "",
                (Some(_), true) => "met",
                (Some(_), false) => "MISSED",
            };
            writeln!(
                f,
                "| {:width$} | {:>10} | {bar:>10} | {verdict:6} |",
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
