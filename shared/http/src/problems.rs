//! What can go wrong, for the OpenAPI document: groups of problems that routes have in common.

use crate::error::RETRY_AFTER_SECONDS;
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// Declares groups: the status, the code, when it is answered, and an example of `detail`. Where a route has two groups with the
/// same status, the later one counts.
macro_rules! groups {
    ($($(#[$doc:meta])* $group:ident { $($status:literal $code:ident $when:literal $detail:literal)+ })+) => {$(
        $(#[$doc])*
        pub struct $group;

        $(#[$doc])*
        impl IntoResponses for $group {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(problem($status, stringify!($code), $when, $detail)),+])
            }
        }
    )+};
}

groups! {
    /// Routes that add to the library or change it.
    Written {
        507 disk_full "No room on the disk of the library, or its quota is reached"
            "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there."
    }
    /// Routes that read or write the library.
    Stored {
        500 internal "Strand failed; its log has the reason under `request_id`"
            "Strand failed to do this; its log has the reason."
        503 store_unavailable "The library cannot be reached just now; see Retry-After"
            "The library cannot be reached just now; try again in a few seconds."
    }
    /// `/ready` where something is missing.
    Unready {
        503 not_ready "The model, the store, or the disk does not work; see Retry-After"
            "The library's disk is full, so nothing can be added; delete what is not needed, or free some space there."
    }
    /// Routes that ask for the API key where one is set.
    Guarded {
        401 key_missing "An API key is set and none was sent"
            "This route needs the API key; send it as the header x-api-key or as a bearer token."
        403 key_wrong "Wrong or expired API key, one of another scope, or a ticket that does not count"
            "Wrong API key; check the value of x-api-key or the bearer token."
        429 too_many_requests "Too many requests, or too many wrong keys; see Retry-After"
            "Too many requests came from here; try again in 1 s."
    }
    /// Routes that take an `Idempotency-Key`.
    Keyed {
        400 malformed_request "Malformed idempotency-key"
            "The idempotency-key has 0 characters; use 1 to 255 printable ASCII characters."
        409 idempotency_key_in_use "The first request with this key is not answered yet"
            "The first request with this idempotency key is not answered yet; send it again in a few seconds."
        422 idempotency_key_reused "The key was used for another request"
            "This idempotency key was used for another request; use a new key for each new request."
    }
    /// Routes with an id in their path.
    ById {
        400 malformed_request "Malformed id" "The path does not fit this route; ids are positive whole numbers."
        404 not_found "Unknown id" "There is no shade with the ID 7."
    }
    /// Ending a job.
    Ending {
        409 job_over "The job has succeeded or failed already" "The job 1 is over, so it cannot be cancelled."
    }
    /// Routes with a query.
    Asking {
        400 malformed_request "Malformed query" "The limit \"many\" is not a number from 1 to 1000."
    }
    /// Routes with a body of JSON.
    TakesJson {
        400 malformed_json "Malformed id, or not JSON" "The JSON body does not fit this route: expected value at line 1 column 1."
        413 body_too_large "The body is too large" "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads."
        415 not_json "No JSON content type" "The body must be JSON, with the header content-type: application/json."
        422 invalid_value "Invalid values" "Enter a name (up to 120 characters)."
    }
    /// Routes that name a shade.
    Naming {
        409 name_taken "Another color has the name"
            "A shade named \"Ash\" exists already; choose another name (upper and lower case count as the same)."
    }
    /// Routes that take photos.
    TakesPhotos {
        400 malformed_multipart "Malformed path, query or body, or a damaged photo"
            "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary."
        413 photo_too_large "Too many bytes or pixels"
            "The file \"a.jpg\" is larger than 20 MB; send a smaller photo, 1280 pixels on the long side are plenty."
        415 not_an_image "Not a supported image" "The file is not an image that can be read; send a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or JPEG XL."
        422 missing_photo "No photo, more than one, or a file in a field of another name"
            "There is no photo; send one photo as a file in the field \"image\"."
        503 overloaded "Busy with other photos, or the library cannot be reached; see Retry-After"
            "Strand is busy with other photos; try again in a few seconds."
    }
    /// Routes that answer photos with a row each.
    ReadsPhotos {
        400 malformed_multipart "Malformed query or body"
            "The multipart body breaks off or is malformed; send it again, with every part closed by the boundary."
        413 body_too_large "The whole body is too large"
            "The JSON body is larger than 256 kB, which no request here needs; send a photo as a file (multipart/form-data), or through POST /uploads."
        415 encoding_unsupported "Another encoding than gzip, or text in another than UTF-8"
            "The encoding \"br\" is not supported; send the body as it is or with gzip, and text in UTF-8."
        422 missing_photo "No photo, too many, or a file in a field of another name"
            "There is no photo; send 1 to 5 as files in \"images\", or name uploads in \"uploads\"."
    }
    /// Routes that take photos by the names of uploads, too.
    TakesUploads {
        404 upload_not_found "Unknown id or upload"
            "There is no upload with the key \"9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d\"; ask POST /uploads for one."
        409 upload_empty "Nothing was sent to the upload yet"
            "Nothing has been sent to the upload \"9b2c6f0e8d3a4f5b9c1d2e3f4a5b6c7d\" yet; PUT the photo to its url first."
    }
    /// Asking for an upload, besides the JSON.
    AsksForUpload {
        413 upload_too_large "Larger than a photo may be, or the body is too large"
            "A photo of 30000000 bytes is too large; the limit is 20 MB."
        415 upload_type_unsupported "No JSON content type, or a type that no photo has"
            "\"text/plain\" is not an image type; use that of the file, such as image/jpeg, or application/octet-stream."
        422 invalid_value "Invalid values" "The size is 0 bytes; state the size of the photo in bytes."
    }
    /// Sending an upload.
    SendsUpload {
        400 body_interrupted "The body breaks off" "The body breaks off or stalls; send the file again."
        404 upload_not_found "Unknown or expired" "There is no upload with the key \"0\"; ask POST /uploads for one."
        413 body_too_large "Longer than agreed on"
            "The body is longer than the 1000 bytes that the upload was asked for; ask POST /uploads for one of its size."
        415 upload_type_mismatch "Another type than agreed on"
            "The upload was announced as image/jpeg, but was sent as another type; send it with the headers that POST /uploads gave."
        422 upload_size_mismatch "Shorter than agreed on"
            "The upload has 10 bytes, but was announced with 1000; ask POST /uploads for one of the right size."
        503 overloaded "Busy with other photos, or the library cannot be reached; see Retry-After"
            "Strand is busy with other uploads; try again in a few seconds."
    }
    /// Routes that look for hair.
    FindsHair {
        503 overloaded "Busy, or a network is not installed; see Retry-After"
            "Strand is busy with other photos; try again in a few seconds."
    }
    /// Routes that train a shade and wait for it.
    Trains {
        400 no_images "No image to train on, or malformed id"
            "The shade \"Ash\" has no photos yet; add at least one photo of it, then train it."
        422 no_hair "No hair in any image, or a stored image is damaged"
            "No hair was found in any of the 2 photos of \"Ash\"; add photos in which the hair is well lit and fills a good part of the picture."
        503 runtime_missing "A network is not installed, or the library cannot be reached; see Retry-After"
            "ONNX Runtime is not installed on this server; run `models/fetch-onnxruntime` there."
    }
    /// The import of a library.
    #[cfg(feature = "archive")]
    Imports {
        400 body_interrupted "The body broke off or stalled" "The body breaks off or stalls; send the file again."
        409 import_running "Another import is running" "Another import is running; wait until it ends, then send this one."
        413 body_too_large "The file is too large"
            "The library file is larger than 8 GB; import it with `strand-server import` instead."
        415 archive_wrong_type "Another content type"
            "The body must be the bytes of a library file, with the header content-type: application/x-tar."
        422 archive_damaged "Not a library file, a damaged one, or one of a newer version; nothing of it was imported"
            "The library file is cut short, so nothing of it was imported; copy or export it again."
        507 disk_full "No room on the disk"
            "The server's disk has no room for this file; free some there, then send it again."
    }
    /// `/metrics` where none are collected.
    #[cfg(feature = "metrics")]
    Uncollected {
        404 no_route "Metrics are not available in this deployment" "There is no route /metrics; see /docs."
    }
}

fn problem(status: u16, name: &str, when: &str, detail: &str) -> (String, RefOr<Response>) {
    let code = StatusCode::from_u16(status).unwrap_or_default();
    let mut example = json!({
        "type": format!("../docs/errors#{name}"),
        "title": code.canonical_reason(),
        "status": status,
        "code": name,
        "detail": detail,
    });
    if code.is_server_error() {
        example["request_id"] = json!("2f1c6f0e-4c63-4d0e-9a55-1f8f3c0d7a11");
    }
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(Some(example))
        .build();
    let mut response = ResponseBuilder::new()
        .description(when)
        .content("application/problem+json", content);
    if matches!(
        code,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        let description = format!("Seconds until it is worth trying again, such as {RETRY_AFTER_SECONDS}");
        let header = HeaderBuilder::new().description(Some(description)).build();
        response = response.header("retry-after", header);
    }
    (status.to_string(), response.build().into())
}
