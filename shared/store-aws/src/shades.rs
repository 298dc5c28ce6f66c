//! Shades and their names.

use crate::AwsStore;
use crate::garbage::GarbageRow;
use crate::retry::Attempts;
use crate::rows::{Counted, CounterRow, NameRow, PendingRow, SHADES, ShadeRow};
use crate::table::{Range, padded};
use crate::write::{Refused, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use strand_library::ports::{CLAIM_LASTS, Claims, Shades, StoreError};
use strand_library::rows::FailureRow;
use strand_library::{NewShade, Shade, ShadeChange, TrainingFailure, name_key};

/// Maximum attempts for a change that conflicts with another one.
const ATTEMPTS: usize = 8;

impl AwsStore {
    pub(crate) async fn next_id(&self, counted: Counted) -> Result<u64, StoreError> {
        let count = Write::update(counted.key(), "ADD #last :one").with(":one", 1)?;
        let row: CounterRow =
            serde_dynamo::from_item(self.table.write(count).await?).map_err(crate::error::broken)?;
        Ok(row.last)
    }

    pub(crate) async fn shade_row(&self, id: u64) -> Result<ShadeRow, StoreError> {
        self.table
            .get(&ShadeRow::key(id))
            .await?
            .ok_or(StoreError::NotFound)
    }

    pub(crate) async fn shade_rows(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ShadeRow>, StoreError> {
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
            ..Range::all(SHADES)
        };
        self.table.query(range).await
    }
}

#[async_trait]
impl Shades for AwsStore {
    async fn create_shade(&self, new: NewShade) -> Result<Shade, StoreError> {
        let name_key = name_key(&new.name);
        let id = self.next_id(Counted::Shades).await?;
        let row = ShadeRow {
            key: ShadeRow::key(id),
            id,
            name_key: name_key.clone(),
            name: new.name,
            description: new.description,
            hex: new.hex,
            created_at: Timestamp::now(),
            photo_count: 0,
            photos_revision: 0,
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
                // Our own: an earlier attempt succeeded, but its response was lost.
                Some(name) if name.shade_id == id => Ok(row.into()),
                _ => Err(StoreError::NameTaken),
            },
            Err(refused) => Err(refused.into()),
        }
    }

    async fn shade(&self, id: u64) -> Result<Shade, StoreError> {
        self.shade_row(id).await.map(Shade::from)
    }

    async fn shades(&self, before: Option<u64>, limit: usize) -> Result<Vec<Shade>, StoreError> {
        let rows = self.shade_rows(before, limit).await?;
        Ok(rows.into_iter().map(Shade::from).collect())
    }

    async fn update_shade(&self, id: u64, change: ShadeChange) -> Result<Shade, StoreError> {
        let new_key = change.name.as_deref().map(name_key);
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let before = self.shade_row(id).await?;
            let Some(write) = changed(&before, &change)? else {
                return Ok(before.into());
            };
            let mut writes = vec![write, Write::put(&PendingRow::new(id))?];
            if let Some(new_key) = new_key.as_ref().filter(|key| **key != before.name_key) {
                writes.push(Write::delete(NameRow::key(&before.name_key)));
                writes.push(Write::put(&NameRow::new(new_key, id))?.when("attribute_not_exists(#pk)"));
            }
            match self.table.transact(&writes).await {
                Ok(()) => return self.shade_row(id).await.map(Shade::from),
                // The shade was renamed or deleted meanwhile.
                Err(Refused::Condition(0)) => {}
                Err(Refused::Condition(_)) => return Err(StoreError::NameTaken),
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Refused::Busy.into())
    }

    /// Frees the name and deletes the shade's row in one transaction. What belonged to the shade is deleted afterwards.
    async fn delete_shade(&self, id: u64) -> Result<(), StoreError> {
        let garbage = GarbageRow::shade(id);
        let mut attempts = Attempts::up_to(ATTEMPTS);
        while attempts.next().await {
            let row = match self.shade_row(id).await {
                // Already deleted, by an earlier attempt whose response was lost.
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

    async fn put_failure(&self, id: u64, failure: TrainingFailure) -> Result<(), StoreError> {
        let failed = Write::update(ShadeRow::key(id), "SET #failure = :failure");
        let failed = failed.when("attribute_exists(#pk)");
        let failed = failed.with(":failure", FailureRow::from(failure))?;
        found(self.table.write(failed).await.map(|_| ()))
    }
}

#[async_trait]
impl Claims for AwsStore {
    async fn claim(&self, id: u64, claim: &str) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let until = crate::rows::after(now, CLAIM_LASTS).as_millisecond();
        let taken = Write::update(ShadeRow::key(id), "SET #claim = :claim, #claimed_until = :until")
            .when("attribute_exists(#pk) AND (attribute_not_exists(#claim) OR #claim = :claim OR #claimed_until < :now)")
            .with(":claim", claim)?
            .with(":until", until)?
            .with(":now", now.as_millisecond())?;
        match self.table.write(taken).await {
            Ok(_) => Ok(true),
            // Another holder has the claim, or the shade no longer exists.
            Err(Refused::Condition(_)) => self.shade_row(id).await.map(|_| false),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn release(&self, id: u64, claim: &str) -> Result<(), StoreError> {
        let released = Write::update(ShadeRow::key(id), "REMOVE #claim, #claimed_until");
        let released = released.when("#claim = :claim").with(":claim", claim)?;
        match self.table.write(released).await {
            // The claim has lapsed, or the shade no longer exists.
            Ok(_) | Err(Refused::Condition(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }
}

/// The update of a shade, on condition that it still has the same name. It sets only the fields that the change names,
/// so that concurrent changes of different fields both last. `None` if the change names no fields.
fn changed(before: &ShadeRow, change: &ShadeChange) -> Result<Option<Write>, StoreError> {
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

/// Converts a result: a failed condition means that the row does not exist.
pub(crate) fn found(result: Result<(), Refused>) -> Result<(), StoreError> {
    match result {
        Err(Refused::Condition(_)) => Err(StoreError::NotFound),
        other => other.map_err(StoreError::from),
    }
}
