//! Answers to requests that clients may send again.

use super::StoreError;
use async_trait::async_trait;
use std::time::Duration;

/// How long an answer is kept.
pub const ANSWER_LASTS: Duration = Duration::from_hours(24);

/// A request that its client can send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// What the client calls it: a SHA-256 in hex.
    pub key: String,
    /// What it asks for: a SHA-256 in hex.
    pub fingerprint: String,
}

/// What is known of a request that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: the caller acts on it, and holds it for [`CLAIM_LASTS`](super::CLAIM_LASTS).
    Act,
    /// Someone acts on it now.
    Held,
    /// Its key names another request.
    Different,
    /// It was acted on, and this is the answer.
    Answered(String),
}

/// Keeps the answers to requests, each for [`ANSWER_LASTS`], so that none is acted on twice.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Begins a request for `holder`, or renews its hold.
    async fn begin(&self, request: &KeyedRequest, holder: &str) -> Result<Begun, StoreError>;
    /// Keeps the answer to a request that `holder` holds. `shade_id` is the shade that the answer is about, if any: the
    /// answer goes when the shade does, at the latest when it expires.
    async fn finish(
        &self,
        key: &str,
        holder: &str,
        answer: &str,
        shade_id: Option<u64>,
    ) -> Result<(), StoreError>;
    /// Forgets a request that `holder` holds, so that it can be sent again.
    async fn forget(&self, key: &str, holder: &str) -> Result<(), StoreError>;
}
