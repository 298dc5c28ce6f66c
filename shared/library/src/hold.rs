//! Holds on what several workers or processes share: each lapses unless it is renewed.

use crate::ports::{CLAIM_LASTS, StoreError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often a hold is renewed. It survives two failed renewals.
const RENEW: Duration = Duration::from_secs(CLAIM_LASTS.as_secs() / 4);

/// A hold in the store, renewed until this is dropped.
pub(crate) struct Hold(JoinHandle<()>);

impl Hold {
    /// Calls `renew` now and then. `what` is held, for the log.
    pub fn renewed<T, F>(what: String, renew: impl Fn() -> F + Send + 'static) -> Self
    where
        T: Send,
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEW).await;
                if let Err(error) = renew().await {
                    tracing::warn!(what, %error, "a hold is not renewed");
                }
            }
        }))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A name that no other holder has.
pub(crate) fn holder() -> String {
    uuid::Uuid::new_v4().to_string()
}
