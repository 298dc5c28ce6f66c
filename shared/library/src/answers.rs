//! Requests that clients send again, because they did not get the answer: each is acted on once.

use crate::ports::{Answers, Begun, CLAIM_LASTS, KeyedRequest};
use crate::{Library, LibraryError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the hold on a request is renewed. It survives two failed renewals.
const RENEW: Duration = Duration::from_secs(CLAIM_LASTS.as_secs() / 4);

/// What to do about a request.
pub enum Once {
    /// It is new: act on it, then finish or drop this.
    Act(Acting),
    /// It was acted on, and this is the answer.
    Answered(String),
}

/// A request that is acted on. Its hold is renewed until it is finished; if this is dropped, the hold lapses.
pub struct Acting {
    answers: Arc<dyn Answers>,
    key: String,
    holder: String,
    renewal: JoinHandle<()>,
}

impl Library {
    /// Begins a request that its client can send again.
    ///
    /// # Errors
    /// [`LibraryError::RequestHeld`] while another caller acts on it; [`LibraryError::KeyReused`] if its key names another
    /// request.
    pub async fn begin(&self, request: KeyedRequest) -> Result<Once, LibraryError> {
        let answers = Arc::clone(&self.stores.answers);
        let holder = uuid::Uuid::new_v4().to_string();
        match answers.begin(&request, &holder).await? {
            Begun::Act => {}
            Begun::Held => return Err(LibraryError::RequestHeld),
            Begun::Different => return Err(LibraryError::KeyReused),
            Begun::Answered(answer) => return Ok(Once::Answered(answer)),
        }
        let renewal = tokio::spawn(renew(Arc::clone(&answers), request.clone(), holder.clone()));
        Ok(Once::Act(Acting {
            answers,
            key: request.key,
            holder,
            renewal,
        }))
    }
}

impl Acting {
    /// Keeps the answer. If that fails, the request may be acted on again.
    pub async fn finish(self, answer: &str, shade_id: Option<u64>) {
        self.renewal.abort();
        let kept = self
            .answers
            .finish(&self.key, &self.holder, answer, shade_id)
            .await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the answer to a request is not kept for when it is sent again");
        }
    }

    /// Nothing was done, so the request can be sent again.
    pub async fn undone(self) {
        self.renewal.abort();
        if let Err(error) = self.answers.forget(&self.key, &self.holder).await {
            tracing::warn!(%error, "a request that failed can be sent again only later");
        }
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

async fn renew(answers: Arc<dyn Answers>, request: KeyedRequest, holder: String) {
    loop {
        tokio::time::sleep(RENEW).await;
        if let Err(error) = answers.begin(&request, &holder).await {
            tracing::warn!(%error, "the hold on a request is not renewed");
        }
    }
}
