//! `/export` and `/import`: the whole library as one file.

use super::Shared;
use super::body::{ARCHIVE_LIMIT, BodyError, DRAIN_LIMIT, STALL, announced};
use super::error::ApiError;
use super::problems::{Guarded, Imports, Stored};
use super::views::FileBytes;
use crate::library::{Imported, LibraryError, PhotoLeftOut};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::IntoResponse;
use futures_util::StreamExt;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use std::fs::File;
use std::io::{self, ErrorKind, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MEDIA_TYPE: &str = "application/x-tar";
/// Two imports at once would take twice the disk and no less time.
static IMPORTING: Semaphore = Semaphore::const_new(1);

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(import))
        // The reader below counts for itself.
        .layer(DefaultBodyLimit::disable())
}

/// The whole library as one file: shades, photos, features and models, as a tar archive.
///
/// It is what `POST /import` and `strand-server import` take, on this or another deployment. A connection that breaks
/// leaves a file that no import takes. Where an API key is set and a link cannot send headers, the query takes it as
/// `api_key`.
#[utoipa::path(get, path = "/export", tag = "library",
    responses(
        (status = 200, description = "The file", body = FileBytes, content_type = "application/x-tar",
            headers(("content-disposition" = String, description = "A name for the file"),
                ("x-strand-photos" = u64, description = "How many photos are in it"))),
        Guarded, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn export(State(app): State<Shared>) -> Result<impl IntoResponse, ApiError> {
    let export = app.library.export().await?;
    let name = format!(
        "strand-library-{}.tar",
        Timestamp::now().to_zoned(TimeZone::UTC).date()
    );
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (
            HeaderName::from_static("x-strand-photos"),
            export.photos.to_string(),
        ),
    ];
    let bytes = export.pieces.map(|piece| piece.map(|piece| piece.bytes));
    Ok((headers, Body::from_stream(bytes)))
}

/// What an import has done.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "message": "Imported 12 shade(s), 10 of them new, with 42 photo(s), 40 of them new; 12 shade(s) are ready \
        without training.",
    "shades": 12, "shades_created": 10, "photos": 42, "photos_added": 40, "models_added": 12, "left_out": []
}))]
struct ImportView {
    /// All of it in a sentence.
    message: String,
    /// Shades in the file.
    shades: u64,
    /// Those that the library did not have; the others went into the shade of that name.
    shades_created: u64,
    /// Photos in the file.
    photos: u64,
    /// Those that their shade did not have.
    photos_added: u64,
    /// Shades that need no training thanks to their model in the file.
    models_added: u64,
    /// Photos that could not be taken over.
    left_out: Vec<LeftOutView>,
}

/// A photo that an import left out.
#[derive(Serialize, ToSchema)]
struct LeftOutView {
    /// The name of its shade.
    color: String,
    /// Its name in the file.
    photo: String,
    /// Why, in one sentence.
    reason: String,
}

impl From<Imported> for ImportView {
    fn from(imported: Imported) -> Self {
        let left_out = |PhotoLeftOut { color, photo, reason }| LeftOutView { color, photo, reason };
        Self {
            message: imported.to_string(),
            shades: imported.shades,
            shades_created: imported.shades_created,
            photos: imported.photos,
            photos_added: imported.photos_added,
            models_added: imported.models_added,
            left_out: imported.left_out.into_iter().map(left_out).collect(),
        }
    }
}

/// Import a library file.
///
/// The body is the file itself. It is checked whole before anything of it is imported. Shades go into those of the same
/// name, and photos that a shade has are not doubled: the same file sent again goes on where an import stopped.
#[utoipa::path(post, path = "/import", tag = "library",
    request_body(content = FileBytes, content_type = "application/x-tar", description = "A file of `GET /export`"),
    responses(
        (status = 200, body = ImportView, description = "It is imported"),
        Guarded, Stored, Imports,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn import(State(app): State<Shared>, request: Request) -> Result<Json<ImportView>, ApiError> {
    let (parts, body) = request.into_parts();
    let turn = if is_archive(&parts.headers) {
        IMPORTING.try_acquire().map_err(|_| ApiError::Importing)
    } else {
        Err(BodyError::NotArchive.into())
    };
    let _turn = match turn {
        Ok(_) if announced(&parts.headers) as u64 > ARCHIVE_LIMIT => {
            return Err(BodyError::LargeArchive.into());
        }
        Ok(turn) => turn,
        Err(error) => {
            drain(body).await;
            return Err(error);
        }
    };
    let file = spool(body, &app.config.spool_dir).await?;
    let imported = app.library.import(file, Arc::new(|_| {})).await?;
    Ok(Json(imported.into()))
}

fn is_archive(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim();
    [MEDIA_TYPE, "application/octet-stream"]
        .iter()
        .any(|taken| essence.eq_ignore_ascii_case(taken))
}

/// Reads a body that is not wanted, so that the client, still sending, gets to read the answer.
async fn drain(body: Body) {
    let (mut chunks, mut length) = (body.into_data_stream(), 0);
    while let Ok(Some(Ok(chunk))) = timeout(STALL, chunks.next()).await {
        length += chunk.len();
        if length > DRAIN_LIMIT {
            return;
        }
    }
}

/// The body in a file without a name, which is gone when it is closed, and so after a crash, too.
async fn spool(body: Body, directory: &Path) -> Result<File, ApiError> {
    let mut file = tempfile::tempfile_in(directory).map_err(|error| unwritable(&error))?;
    let (sender, mut received) = mpsc::channel::<Bytes>(8);
    let writing = tokio::task::spawn_blocking(move || -> io::Result<File> {
        while let Some(chunk) = received.blocking_recv() {
            file.write_all(&chunk)?;
        }
        file.rewind()?;
        Ok(file)
    });
    let (mut chunks, mut length) = (body.into_data_stream(), 0);
    loop {
        let Ok(next) = timeout(STALL, chunks.next()).await else {
            return Err(BodyError::BrokenOff.into());
        };
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|_| BodyError::BrokenOff)?;
        length += chunk.len() as u64;
        if length > ARCHIVE_LIMIT {
            return Err(BodyError::LargeArchive.into());
        }
        if sender.send(chunk).await.is_err() {
            // Writing has failed; its result says why.
            break;
        }
    }
    drop(sender);
    let written = writing
        .await
        .map_err(|error| LibraryError::Internal(error.to_string()))?;
    written.map_err(|error| unwritable(&error))
}

fn unwritable(error: &io::Error) -> ApiError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BodyError::NoRoom.into(),
        _ => LibraryError::Internal(format!("the file to import cannot be kept: {error}")).into(),
    }
}
