//! At most one training per shade across all processes that share the store. A process claims a shade while it trains
//! it. Another process that is asked to train the same shade waits for the result.

use crate::hold::{Hold, holder};
use crate::ports::{Claims, Shades, StoreError};
use crate::{LibraryError, Shade, Thing};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How often a waiting process checks the shade.
const LOOK: Duration = Duration::from_millis(500);

/// A claim on a shade, renewed until it is dropped or released.
pub struct Claim {
    claims: Arc<dyn Claims>,
    shade_id: u64,
    holder: String,
    hold: Hold,
}

impl Claim {
    /// Claims a shade; `None` if another process has claimed it.
    pub async fn take(claims: &Arc<dyn Claims>, shade_id: u64) -> Result<Option<Self>, StoreError> {
        let holder = holder();
        if !claims.claim(shade_id, &holder).await? {
            return Ok(None);
        }
        // If the claim is lost anyway, the shade is merely trained twice, and the store keeps the later model.
        let hold = Hold::renewed(format!("shade {shade_id}"), {
            let (claims, holder) = (Arc::clone(claims), holder.clone());
            move || {
                let (claims, holder) = (Arc::clone(&claims), holder.clone());
                async move { claims.claim(shade_id, &holder).await }
            }
        });
        Ok(Some(Self {
            claims: Arc::clone(claims),
            shade_id,
            holder,
            hold,
        }))
    }

    /// Gives up the claim.
    pub async fn release(self) {
        drop(self.hold);
        if let Err(error) = self.claims.release(self.shade_id, &self.holder).await {
            tracing::warn!(shade_id = self.shade_id, %error, "a claim is not given up and lapses");
        }
    }
}

/// Waits until no process claims the shade; returns its state at that time.
pub async fn until_free(shades: &dyn Shades, shade_id: u64) -> Result<Shade, LibraryError> {
    loop {
        tokio::time::sleep(LOOK).await;
        let shade = shades.shade(shade_id).await;
        let shade = shade.map_err(LibraryError::about(Thing::Shade, shade_id))?;
        if !shade.is_claimed(Timestamp::now()) {
            return Ok(shade);
        }
    }
}
