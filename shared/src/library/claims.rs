//! One training of a shade at a time over all processes that share the store. A process claims the shade while it
//! trains it; another that is asked for the same waits for the outcome.

use super::Library;
use super::error::LibraryError;
use super::ports::CLAIM_LASTS;
use super::training::{Progress, Trained};
use super::types::Color;
use std::time::Duration;
use tokio::sync::watch;

/// A claim is renewed so often: two renewals may fail before it lapses.
const RENEW: Duration = Duration::from_secs(CLAIM_LASTS.as_secs() / 4);
/// How often one that waits looks.
const LOOK: Duration = Duration::from_millis(500);

impl Library {
    /// Trains a shade once this process has it for itself, or waits for the process that has.
    pub(super) async fn train_claimed(
        &self,
        color_id: u64,
        progress: &watch::Sender<Progress>,
    ) -> Result<Trained, LibraryError> {
        let unknown = LibraryError::about("color", color_id);
        let claim = uuid::Uuid::new_v4().to_string();
        loop {
            let before = self.color(color_id).await?;
            if self
                .store
                .claim_training(color_id, &claim)
                .await
                .map_err(&unknown)?
            {
                break;
            }
            progress.send_modify(|state| {
                state.message = "Another process trains this color; waiting for it to end.".into();
            });
            if let Some(trained) = self.trained_elsewhere(&before).await? {
                return Ok(trained);
            }
        }
        let outcome = tokio::select! {
            outcome = self.train_color(color_id, progress) => outcome,
            () = self.renew(color_id, &claim) => Err(LibraryError::Internal("renewing a claim ended".into())),
        };
        if let Err(error) = self.store.release_training(color_id, &claim).await {
            tracing::warn!(color_id, %error, "a claim is not given up and lapses");
        }
        outcome
    }

    /// Keeps a claim alive; never returns. One that is lost all the same costs training twice, no more: the store
    /// keeps the later model.
    async fn renew(&self, color_id: u64, claim: &str) {
        loop {
            tokio::time::sleep(RENEW).await;
            if let Err(error) = self.store.claim_training(color_id, claim).await {
                tracing::warn!(color_id, %error, "a claim is not renewed");
            }
        }
    }

    /// Waits for the end of a training in another process; `None` where it ended without a model. Then its reason is
    /// found out by training here, which is quick where the photos are measured.
    async fn trained_elsewhere(&self, before: &Color) -> Result<Option<Trained>, LibraryError> {
        let color = loop {
            tokio::time::sleep(LOOK).await;
            let color = self.color(before.id).await?;
            if !color.is_claimed() {
                break color;
            }
        };
        let version = |color: &Color| color.model.as_ref().map_or(0, |model| model.version);
        if version(&color) == version(before) {
            return Ok(None);
        }
        let features = self.store.features_of(color.id, &self.space).await?;
        let without_hair = features
            .iter()
            .rev()
            .filter(|row| row.features.signature.is_none());
        let left_out = without_hair.map(|row| row.image_id).collect();
        Ok(color.model.map(|model| Trained {
            color_id: color.id,
            model,
            left_out,
        }))
    }
}
