//! How much a library may hold.

use crate::{Library, LibraryError, counted};

/// What a library holds, or may hold at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Shades.
    pub shades: u64,
    /// Photos of shades.
    pub photos: u64,
    /// Their bytes as they are kept.
    pub bytes: u64,
}

/// The most that a library may hold; `None` where nothing but the disk bounds it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Shades.
    pub shades: Option<u64>,
    /// Photos of shades.
    pub photos: Option<u64>,
    /// Their bytes as they are kept.
    pub bytes: Option<u64>,
}

impl Library {
    /// Checks that there is room for more. Requests at the same time may each take the last place.
    pub(crate) async fn has_room_for(&self, more: Usage) -> Result<(), LibraryError> {
        let quotas = self.quotas;
        if quotas == Quotas::default() {
            return Ok(());
        }
        let now = self.stores.upkeep.usage().await?;
        let is_over =
            |most: Option<u64>, now: u64, more: u64| most.filter(|most| more > 0 && now + more > *most);
        let full = if let Some(most) = is_over(quotas.shades, now.shades, more.shades) {
            counted(most, "shade")
        } else if let Some(most) = is_over(quotas.photos, now.photos, more.photos) {
            counted(most, "photo")
        } else if let Some(most) = is_over(quotas.bytes, now.bytes, more.bytes) {
            format!("{} MB of photos", most / 1_000_000)
        } else {
            return Ok(());
        };
        Err(LibraryError::QuotaReached(full))
    }
}
