//! `/uploads`: photos that exceed a gateway's limit for request bodies.

use crate::Shared;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::extract::InPath;
use crate::multipart::read_file;
use crate::once::{KeyHeader, RequestKey};
use crate::place;
use crate::problems::{AsksForUpload, Guarded, Keyed, SendsUpload, Stored, TakesJson, Written};
use crate::views::FileBytes;
use axum::Json;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use strand_library::{LibraryError, NewUpload, UploadTarget};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(put))
        // The reader below enforces its own limit.
        .layer(DefaultBodyLimit::disable())
}

/// A photo to send.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "filename": "IMG_2041.jpg", "content_type": "image/jpeg", "size": 6_120_448 }))]
struct CreateUpload {
    /// The client's file name, 1 to 255 characters.
    #[schema(example = "IMG_2041.jpg", min_length = 1, max_length = 255)]
    filename: String,
    /// An image type, or application/octet-stream if it is unknown; the content decides.
    #[serde(default)]
    #[schema(
        example = "image/jpeg",
        max_length = 100,
        default = "application/octet-stream"
    )]
    content_type: String,
    /// Its size in bytes.
    #[schema(example = 6_120_448, minimum = 1, maximum = 20_971_520)]
    size: u64,
}

/// Where and how to send a photo.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "key": "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d",
    "method": "PUT",
    "url": "https://strand.example/uploads/9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d",
    "headers": { "content-type": "image/jpeg" },
    "expires_at": "2026-11-23T06:15:00Z",
}))]
struct UploadView {
    /// The key that names the photo afterwards, in `/analyze` and `/colors/{id}/images`.
    #[schema(example = "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d")]
    key: String,
    /// The method to send it with.
    #[schema(example = "PUT")]
    method: &'static str,
    /// The URL to send it to.
    #[schema(example = "https://strand.example/uploads/9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d")]
    url: String,
    /// The headers to send with it.
    #[schema(example = json!({ "content-type": "image/jpeg" }))]
    headers: BTreeMap<String, String>,
    /// Send and use it before this time. RFC 3339, UTC.
    #[schema(format = DateTime, example = "2026-11-23T06:15:00Z")]
    expires_at: String,
}

/// Create an upload for one photo.
///
/// For photos that are too large for one request. Send the bytes to the URL with the method and headers in the
/// response. Then name the key in `/analyze` or `/colors/{id}/images` within 15 minutes.
#[utoipa::path(post, path = "/uploads", operation_id = "create_upload", tag = "uploads",
    params(KeyHeader), request_body = CreateUpload,
    responses(
        (status = 201, body = UploadView, description = "Where to send it"),
        Guarded, Written, Stored, Keyed, TakesJson, AsksForUpload,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn create(
    State(app): State<Shared>,
    key: RequestKey,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateUpload>,
) -> Result<Response, ApiError> {
    let library = Arc::clone(&app.library);
    let asked = serde_json::to_value(&body).map_err(LibraryError::internal)?;
    key.once(&library, "POST /uploads", &asked, add(app, headers, body))
        .await
}

async fn add(app: Shared, headers: HeaderMap, body: CreateUpload) -> Result<Response, ApiError> {
    let new = NewUpload {
        filename: body.filename,
        content_type: body.content_type,
        size: body.size,
    };
    let upload = app.library.create_upload(new).await?;
    let target = upload.target.unwrap_or_else(|| UploadTarget {
        url: here(&headers, &format!("/uploads/{}", upload.key)),
        headers: vec![("content-type".into(), upload.content_type)],
    });
    let view = UploadView {
        key: upload.key,
        method: "PUT",
        url: target.url,
        headers: target.headers.into_iter().collect(),
        expires_at: upload.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// The URL of a path of this service, as the client sees it. Trusted proxies add headers with the original scheme, host,
/// and prefix.
fn here(headers: &HeaderMap, path: &str) -> String {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let first = |name: &str| value(name).and_then(|list| list.split(',').next()).map(str::trim);
    let Some(host) = first("x-forwarded-host").or_else(|| value(header::HOST.as_str())) else {
        return place::relative(path);
    };
    let scheme = first("x-forwarded-proto")
        .filter(|scheme| *scheme == "https")
        .unwrap_or("http");
    let path = place::prefixed(path).unwrap_or_else(|| path.to_owned());
    format!("{scheme}://{host}{path}")
}

/// Send a photo to its upload.
///
/// Use this only if `POST /uploads` returned this URL. The key in the path authorizes the request; no API key is
/// needed.
#[utoipa::path(put, path = "/uploads/{key}", operation_id = "send_upload", tag = "uploads",
    params(("key" = String, Path, description = "As POST /uploads gave it", example = "9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d")),
    request_body(content((FileBytes = "application/octet-stream"), (FileBytes = "image/*"))),
    responses((status = 204, description = "It is there"), Written, Stored, SendsUpload))]
async fn put(
    State(app): State<Shared>,
    InPath(key): InPath<String>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let terms = app.library.upload_terms(&key).await?;
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let (bytes, _memory) = read_file(request, terms.size as usize).await?;
    app.library.put_upload(&key, &content_type, bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_the_host_that_the_client_used() {
        let headers = |pairs: &[(&'static str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        let host = ("host", "10.0.0.7:8000");
        assert_eq!(here(&headers(&[]), "/a"), "./a");
        assert_eq!(here(&headers(&[host]), "/a"), "http://10.0.0.7:8000/a");
        let proxied = [
            host,
            ("x-forwarded-host", "shop.example"),
            ("x-forwarded-proto", "https,http"),
        ];
        assert_eq!(here(&headers(&proxied), "/a"), "https://shop.example/a");
    }
}
