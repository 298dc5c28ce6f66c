//! `Idempotency-Key`: a request that is sent again is not acted on again, but gets the same answer
//! (draft-ietf-httpapi-idempotency-key-header-07).
//!
//! Only success is kept. After an error nothing was created, so the request may be sent again, changed or not. A key is
//! one of an operation: `POST /colors` and `POST /train` may use the same one.

use crate::{ApiError, observe, place};
use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::panic::resume_unwind;
use strand_library::ports::KeyedRequest;
use strand_library::{Acting, Library, LibraryError, Once, hex_digest};
use tracing::Instrument;
use utoipa::IntoParams;

/// Longest key, in characters.
const KEY_LIMIT: usize = 255;
/// Largest answer that is kept, in bytes: a row of DynamoDB has at most 400 kB.
const ANSWER_LIMIT: usize = 300 * 1024;

/// The header, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only documents the header")]
pub struct KeyHeader {
    /// A text of the client's choice, new for each new request, such as a UUID. For a day, the same request with the same
    /// key gets the same answer, and nothing is created again.
    #[param(
        rename = "idempotency-key", required = false, value_type = String, min_length = 1, max_length = 255,
        pattern = "^[\\x21-\\x7e]+$"
    )]
    idempotency_key: String,
}

/// The key that the client gave a request, if it gave one.
pub struct RequestKey(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for RequestKey {
    type Rejection = ApiError;

    /// Reads a key with quotes, as in the draft, or without.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        let text = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or(text);
        if !(1..=KEY_LIMIT).contains(&text.len()) {
            return Err(ApiError::Malformed(format!(
                "The idempotency-key has {} characters; use 1 to {KEY_LIMIT} printable ASCII characters.",
                text.len()
            )));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

impl RequestKey {
    /// Whether there is a key.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Acts on a request, or gives the answer that it got before. `operation` is its method and path, `asked` the rest of
    /// what it asks for. Once begun, it is acted on to the end, even if the client disconnects.
    pub async fn once<A>(
        self,
        library: &Library,
        operation: &str,
        asked: &(impl Serialize + ?Sized),
        act: A,
    ) -> Result<Response, ApiError>
    where
        A: Future<Output = Result<Response, ApiError>> + Send + 'static,
    {
        let Some(key) = self.0 else {
            return act.await;
        };
        let asked = serde_json::to_vec(asked).map_err(LibraryError::internal)?;
        let request = KeyedRequest {
            key: hex_digest(format!("{operation}\n{key}").as_bytes()),
            fingerprint: hex_digest(&asked),
        };
        let acting = match library.begin(request).await? {
            Once::Answered(kept) => {
                let kept: Kept = serde_json::from_str(&kept).map_err(LibraryError::internal)?;
                return if kept.holds(library).await? {
                    kept.read()
                } else {
                    act.await
                };
            }
            Once::Act(acting) => acting,
        };
        let task = place::carried(observe::carried(keep(acting, act)));
        match tokio::spawn(task.in_current_span()).await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(error) => Err(LibraryError::internal(error).into()),
        }
    }
}

/// Acts on a request, and keeps the answer if it was a success.
async fn keep(
    acting: Acting,
    act: impl Future<Output = Result<Response, ApiError>>,
) -> Result<Response, ApiError> {
    let answer = match act.await {
        Ok(answer) if answer.status().is_success() => answer,
        other => {
            acting.undone().await;
            return other;
        }
    };
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(LibraryError::internal)?;
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let kept = Kept {
        status: parts.status.as_u16(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let text = serde_json::to_string(&kept).map_err(LibraryError::internal)?;
    if text.len() > ANSWER_LIMIT {
        tracing::warn!(bytes = text.len(), "an answer is too large to be kept");
    } else {
        acting.finish(&text, kept.shade_id()).await;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// An answer that is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Kept {
    fn read(self) -> Result<Response, ApiError> {
        let status = StatusCode::from_u16(self.status).map_err(LibraryError::internal)?;
        let mut answer = (status, self.body).into_response();
        answer.headers_mut().clear();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(LibraryError::internal)?;
            let value: HeaderValue = value.parse().map_err(LibraryError::internal)?;
            answer.headers_mut().append(name, value);
        }
        Ok(answer)
    }

    /// Whether what the answer is about is still there: an upload until it expires, a shade and an image until they are
    /// deleted.
    async fn holds(&self, library: &Library) -> Result<bool, ApiError> {
        let body = self.value();
        if let Some(until) = body["expires_at"].as_str().and_then(|until| until.parse().ok()) {
            return Ok(jiff::Timestamp::now() < until);
        }
        let Some(shade_id) = self.shade_id() else {
            return Ok(true);
        };
        let image = body["image_path"].as_str().and_then(|_| body["id"].as_u64());
        let found = match image {
            Some(image) => library.has_photo(shade_id, image).await,
            None => library.shade(shade_id).await.map(|_| true),
        };
        match found {
            Err(LibraryError::Unknown { .. }) => Ok(false),
            found => Ok(found?),
        }
    }

    fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The shade that the answer is about: of an image or a training it names it, else it is the shade itself.
    fn shade_id(&self) -> Option<u64> {
        let body = self.value();
        let image_of = |path: &str| path.split('/').nth(2)?.parse().ok();
        match (&body["color_id"], &body["image_path"]) {
            (serde_json::Value::Number(id), _) => id.as_u64(),
            (_, serde_json::Value::String(path)) => image_of(path),
            _ if body["name"].is_string() => body["id"].as_u64(),
            _ => None,
        }
    }
}
