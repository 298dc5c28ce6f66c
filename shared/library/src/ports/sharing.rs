//! Ports for a store that several processes share.

use super::StoreError;
use async_trait::async_trait;
use std::time::Duration;

/// How long a claim on a shade lasts unless it is renewed. When a process dies, another can train its shades after this
/// time.
pub const CLAIM_LASTS: Duration = Duration::from_secs(20);

/// Claims on shades, so that only one process at a time trains a shade.
#[async_trait]
pub trait Claims: Send + Sync {
    /// Claims a shade for the holder `claim`, or renews the claim, until [`CLAIM_LASTS`] from now; `false` while
    /// another holder's claim lasts.
    async fn claim(&self, shade_id: u64, claim: &str) -> Result<bool, StoreError>;
    /// Gives up a claim, if it has not lapsed.
    async fn release(&self, shade_id: u64, claim: &str) -> Result<(), StoreError>;
}

/// Makes changes cheaper to read for other processes. They see unpublished changes too.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes all changes so far. Cannot fail: what is not published now is published with the next change.
    async fn publish(&self);
}
