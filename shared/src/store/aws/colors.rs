//! Shades and their names.

use super::Aws;
use super::garbage::GarbageRow;
use super::rows::{COLORS, ColorRow, Counted, CounterRow, NameRow, PendingRow};
use super::table::{Range, padded};
use super::write::{Refused, Write};
use crate::library::ports::{CLAIM_LASTS, ColorChange, NewColor, StoreError};
use crate::library::types::{Color, Failure, name_key};
use jiff::Timestamp;

/// So often a change is made again on what another change has left.
const TRIES: usize = 8;

impl Aws {
    pub(super) async fn next_id(&self, counted: Counted) -> Result<u64, StoreError> {
        let count = Write::update(counted.key(), "ADD #last :one").with(":one", 1)?;
        let row: CounterRow =
            serde_dynamo::from_item(self.table.write(count).await?).map_err(super::error::broken)?;
        Ok(row.last)
    }

    pub(super) async fn color_row(&self, id: u64) -> Result<ColorRow, StoreError> {
        self.table
            .get(&ColorRow::key(id))
            .await?
            .ok_or(StoreError::NotFound)
    }

    pub(super) async fn new_color(&self, new: NewColor) -> Result<Color, StoreError> {
        let name_key = name_key(&new.name);
        let id = self.next_id(Counted::Colors).await?;
        let row = ColorRow {
            key: ColorRow::key(id),
            id,
            name_key: name_key.clone(),
            name: new.name,
            description: new.description,
            hex: new.hex,
            created_at: Timestamp::now(),
            image_count: 0,
            images_revision: 0,
            failure: None,
            models_made: 0,
            model: None,
            model_key: None,
            claim: None,
            claimed_until: None,
        };
        let writes = [
            Write::put(&NameRow::new(&name_key, id))?.when("attribute_not_exists(#pk)"),
            Write::put(&row)?,
            Write::put(&PendingRow::new(id))?,
        ];
        match self.table.transact(&writes).await {
            Ok(()) => Ok(row.into()),
            Err(Refused::Condition(_)) => match self.table.get::<NameRow>(&NameRow::key(&name_key)).await? {
                // Ours: an earlier try happened, and its answer was lost.
                Some(name) if name.color_id == id => Ok(row.into()),
                _ => Err(StoreError::NameTaken),
            },
            Err(refused) => Err(refused.into()),
        }
    }

    pub(super) async fn list_colors(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Color>, StoreError> {
        let rows = self.color_rows(before, limit).await?;
        Ok(rows.into_iter().map(Color::from).collect())
    }

    pub(super) async fn color_rows(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ColorRow>, StoreError> {
        let last = match before {
            Some(id) => id.saturating_sub(1),
            None => u64::MAX,
        };
        let (from, to) = (padded(0), padded(last));
        let range = Range {
            from: &from,
            to: &to,
            backwards: true,
            limit,
            ..Range::all(COLORS)
        };
        self.table.query(range).await
    }

    pub(super) async fn change_color(&self, id: u64, change: ColorChange) -> Result<Color, StoreError> {
        let new_key = change.name.as_deref().map(name_key);
        for _ in 0..TRIES {
            let before = self.color_row(id).await?;
            let Some(write) = changed(&before, &change)? else {
                return Ok(before.into());
            };
            let mut writes = vec![write, Write::put(&PendingRow::new(id))?];
            if let Some(new_key) = new_key.as_ref().filter(|key| **key != before.name_key) {
                writes.push(Write::delete(NameRow::key(&before.name_key)));
                writes.push(Write::put(&NameRow::new(new_key, id))?.when("attribute_not_exists(#pk)"));
            }
            match self.table.transact(&writes).await {
                Ok(()) => return self.color_row(id).await.map(Color::from),
                // Renamed or deleted meanwhile.
                Err(Refused::Condition(0)) => {}
                Err(Refused::Condition(_)) => return Err(StoreError::NameTaken),
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refused::Busy.into())
    }

    /// Frees the name and takes the shade away in one transaction; what belonged to it is cleared away afterwards.
    pub(super) async fn remove_color(&self, id: u64) -> Result<(), StoreError> {
        let garbage = GarbageRow::color(id);
        for _ in 0..TRIES {
            let row = match self.color_row(id).await {
                // Gone by an earlier try whose answer was lost.
                Err(StoreError::NotFound) if self.is_noted(&garbage).await? => {
                    self.clear_now(&garbage).await;
                    return Ok(());
                }
                row => row?,
            };
            let same_name = Write::delete(row.key).when("#name_key = :key");
            let writes = [
                same_name.with(":key", &row.name_key)?,
                Write::delete(NameRow::key(&row.name_key)),
                Write::put(&PendingRow::new(id))?,
                Write::put(&garbage)?,
            ];
            match self.table.transact(&writes).await {
                Ok(()) => {
                    self.clear_now(&garbage).await;
                    return Ok(());
                }
                Err(Refused::Condition(_)) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refused::Busy.into())
    }

    pub(super) async fn note_failure(&self, id: u64, failure: &Failure) -> Result<(), StoreError> {
        let failed = Write::update(ColorRow::key(id), "SET #failure = :failure");
        let failed = failed.when("attribute_exists(#pk)").with(":failure", failure)?;
        found(self.table.write(failed).await.map(|_| ()))
    }

    pub(super) async fn claim(&self, id: u64, claim: &str) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let until = super::rows::after(now, CLAIM_LASTS).as_millisecond();
        let taken = Write::update(ColorRow::key(id), "SET #claim = :claim, #claimed_until = :until")
            .when("attribute_exists(#pk) AND (attribute_not_exists(#claim) OR #claim = :claim OR #claimed_until < :now)")
            .with(":claim", claim)?
            .with(":until", until)?
            .with(":now", now.as_millisecond())?;
        match self.table.write(taken).await {
            Ok(_) => Ok(true),
            // Held by another, or gone.
            Err(Refused::Condition(_)) => self.color_row(id).await.map(|_| false),
            Err(refused) => Err(refused.into()),
        }
    }

    pub(super) async fn release(&self, id: u64, claim: &str) -> Result<(), StoreError> {
        let released = Write::update(ColorRow::key(id), "REMOVE #claim, #claimed_until");
        let released = released.when("#claim = :claim").with(":claim", claim)?;
        match self.table.write(released).await {
            // Lapsed, or gone.
            Ok(_) | Err(Refused::Condition(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }
}

/// The update of a shade that still has the name it had; only what the change names, so that two changes of different
/// fields both last. `None` where it names nothing.
fn changed(before: &ColorRow, change: &ColorChange) -> Result<Option<Write>, StoreError> {
    let given = |field: Option<bool>, set: &'static str, remove: &'static str| {
        field.map(|is_set| {
            if is_set {
                (Some(set), None)
            } else {
                (None, Some(remove))
            }
        })
    };
    let parts = [
        given(
            change.name.as_ref().map(|_| true),
            "#name = :name, #name_key = :name_key",
            "",
        ),
        given(
            change.description.as_ref().map(Option::is_some),
            "#description = :description",
            "#description",
        ),
        given(change.hex.map(|hex| hex.is_some()), "#hex = :hex", "#hex"),
    ];
    let (set, removed): (Vec<_>, Vec<_>) = parts.into_iter().flatten().unzip();
    let clause = |word: &str, parts: Vec<Option<&str>>| {
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("{word} {}", parts.join(", ")))
    };
    let clauses: Vec<String> = [clause("SET", set), clause("REMOVE", removed)]
        .into_iter()
        .flatten()
        .collect();
    if clauses.is_empty() {
        return Ok(None);
    }
    let mut write = Write::update(before.key.clone(), clauses.join(" "))
        .when("#name_key = :before")
        .with(":before", &before.name_key)?;
    if let Some(name) = &change.name {
        write = write.with(":name", name)?.with(":name_key", name_key(name))?;
    }
    if let Some(Some(description)) = &change.description {
        write = write.with(":description", description)?;
    }
    if let Some(Some(hex)) = change.hex {
        write = write.with(":hex", hex)?;
    }
    Ok(Some(write))
}

/// A refused condition means that the row is not there.
pub(super) fn found(result: Result<(), Refused>) -> Result<(), StoreError> {
    match result {
        Err(Refused::Condition(_)) => Err(StoreError::NotFound),
        other => other.map_err(StoreError::from),
    }
}
