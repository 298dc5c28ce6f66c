//! Requests that clients send again, because they did not get the answer: each is acted on once.

use crate::hold::{Hold, holder};
use crate::ports::{Answers, Begun, KeyedRequest};
use crate::{Library, LibraryError, hex_digest};
use std::sync::Arc;

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
    hold: Hold,
}

impl Library {
    /// Begins a request that its client can send again.
    ///
    /// # Errors
    /// [`LibraryError::RequestHeld`] while another caller acts on it; [`LibraryError::KeyReused`] if its key names another
    /// request.
    pub async fn begin(&self, request: KeyedRequest) -> Result<Once, LibraryError> {
        let answers = Arc::clone(&self.stores.answers);
        let holder = holder();
        match answers.begin(&request, &holder).await? {
            Begun::Act => {}
            Begun::Held => return Err(LibraryError::RequestHeld),
            Begun::Different => return Err(LibraryError::KeyReused),
            Begun::Answered(answer) => return Ok(Once::Answered(answer)),
        }
        let hold = Hold::renewed("a request".to_owned(), {
            let (answers, request, holder) = (Arc::clone(&answers), request.clone(), holder.clone());
            move || {
                let (answers, request, holder) = (Arc::clone(&answers), request.clone(), holder.clone());
                async move { answers.begin(&request, &holder).await }
            }
        });
        Ok(Once::Act(Acting {
            answers,
            key: request.key,
            holder,
            hold,
        }))
    }
}

impl Library {
    /// Whether something that may happen once happens for the first time in a day.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn is_first_time(&self, what: &str) -> Result<bool, LibraryError> {
        let digest = hex_digest(what.as_bytes());
        let (answers, holder) = (&self.stores.answers, holder());
        let request = KeyedRequest {
            key: digest.clone(),
            fingerprint: digest,
        };
        if answers.begin(&request, &holder).await? != Begun::Act {
            return Ok(false);
        }
        answers.finish(&request.key, &holder, "", None).await?;
        Ok(true)
    }
}

impl Acting {
    /// Keeps the answer. If that fails, the request may be acted on again.
    pub async fn finish(self, answer: &str, shade_id: Option<u64>) {
        drop(self.hold);
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
        drop(self.hold);
        if let Err(error) = self.answers.forget(&self.key, &self.holder).await {
            tracing::warn!(%error, "a request that failed can be sent again only later");
        }
    }
}
