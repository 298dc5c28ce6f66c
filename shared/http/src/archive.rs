//! `/export` and `/import`: the whole library as one file.

use crate::ApiError;
use crate::body::{ARCHIVE_LIMIT, BodyError, DRAIN_LIMIT, announced};
use crate::pace::paced;
use crate::problems::{Guarded, Imports, Stored, Written};
use crate::tickets::Ticket;
use crate::views::FileBytes;
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
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use strand_archive::{Archive, Imported, PhotoLeftOut};
use strand_library::LibraryError;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MEDIA_TYPE: &str = "application/x-tar";
/// Two concurrent imports would save no time.
static IMPORTING: Semaphore = Semaphore::const_new(1);
/// So many libraries may be exported at a time. Each has a photo in memory.
static EXPORTING: Semaphore = Semaphore::const_new(2);
/// How long an export waits for others. An unread one ends after half a minute.
const PATIENCE: Duration = Duration::from_secs(45);
/// So many library files may arrive at a time, each of which takes disk space.
static RECEIVING: Semaphore = Semaphore::const_new(2);

/// State of the routes.
#[derive(Clone)]
pub struct ArchiveState {
    /// Exports and imports the library.
    pub archive: Arc<Archive>,
    /// A directory with enough space for an uploaded library file.
    pub spool_dir: PathBuf,
}

pub fn routes() -> OpenApiRouter<ArchiveState> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(import))
        // The reader below enforces its own limit.
        .layer(DefaultBodyLimit::disable())
}

/// Export the library as one file: colors, images, features, and models, as a tar archive.
///
/// Import the file with `POST /import` or `strand-server import`, on this or another deployment. If the connection
/// breaks, the file is incomplete and every import rejects it. If an API key is set and the client cannot send headers,
/// as with a download link, ask `POST /tickets` for a ticket and send it in the query as `ticket`.
#[utoipa::path(get, path = "/export", operation_id = "export_library", tag = "library", params(Ticket),
    responses(
        (status = 200, description = "The file", body = FileBytes, content_type = "application/x-tar",
            headers(("content-disposition" = String, description = "A name for the file"),
                ("x-strand-photos" = u64, description = "How many photos are in it"))),
        Guarded, Stored,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn export(State(app): State<ArchiveState>) -> Result<impl IntoResponse, ApiError> {
    let turn = timeout(PATIENCE, EXPORTING.acquire()).await.ok();
    let turn = turn.and_then(Result::ok).ok_or(LibraryError::Overloaded)?;
    let export = app.archive.export().await?;
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
    let bytes = export.pieces.map(move |piece| {
        let _turn = &turn;
        piece.map(|piece| piece.bytes)
    });
    Ok((headers, Body::from_stream(bytes)))
}

/// The result of an import.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "message": "Imported 12 shades (10 new) with 42 photos (40 new); ready without training: 12 shades.",
    "shades": 12, "shades_created": 10, "photos": 42, "photos_added": 40, "models_added": 12, "left_out": []
}))]
struct ImportView {
    /// A summary in one sentence.
    message: String,
    /// Number of colors in the file.
    shades: u64,
    /// Colors that did not exist; the others were merged into the color of the same name.
    shades_created: u64,
    /// Number of images in the file.
    photos: u64,
    /// Images that their color did not have.
    photos_added: u64,
    /// Colors that need no training because the file has their model.
    models_added: u64,
    /// Images that could not be imported.
    left_out: Vec<LeftOutView>,
}

/// An image that an import left out.
#[derive(Serialize, ToSchema)]
struct LeftOutView {
    /// The name of its color.
    color: String,
    /// Its file name in the library file.
    photo: String,
    /// The reason, in one sentence.
    reason: String,
}

impl From<Imported> for ImportView {
    fn from(imported: Imported) -> Self {
        let left_out = |PhotoLeftOut { shade, photo, reason }| LeftOutView {
            color: shade,
            photo,
            reason,
        };
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
/// Send the file itself as the body. It is checked completely before anything is imported. A color is merged into an
/// existing one of the same name, and images that it already has are not added again. To continue an interrupted
/// import, send the same file again.
#[utoipa::path(post, path = "/import", operation_id = "import_library", tag = "library",
    request_body(content = FileBytes, content_type = "application/x-tar", description = "A file of `GET /export`"),
    responses(
        (status = 200, body = ImportView, description = "It is imported"),
        Guarded, Written, Stored, Imports,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn import(State(app): State<ArchiveState>, request: Request) -> Result<Json<ImportView>, ApiError> {
    let (parts, body) = request.into_parts();
    if !is_archive(&parts.headers) {
        drain(body).await;
        return Err(BodyError::NotArchive.into());
    }
    let announced = announced(&parts.headers) as u64;
    if announced > ARCHIVE_LIMIT {
        return Err(BodyError::LargeArchive.into());
    }
    let Ok(_turn) = RECEIVING.try_acquire() else {
        drain(body).await;
        return Err(ApiError::Importing);
    };
    has_room(announced, &app.spool_dir)?;
    let most = if announced > 0 { announced } else { ARCHIVE_LIMIT };
    let file = spool(body, most, &app.spool_dir).await?;
    // Only who has sent all keeps others from importing.
    let _turn = IMPORTING.try_acquire().map_err(|_| ApiError::Importing)?;
    let imported = app.archive.import(file, Arc::new(|_| {})).await?;
    Ok(Json(imported.into()))
}

/// Whether the disk has room for the file that is announced, and for its photos again.
fn has_room(announced: u64, directory: &Path) -> Result<(), BodyError> {
    let free =
        rustix::fs::statvfs(directory).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    if announced.saturating_mul(2) > free {
        return Err(BodyError::NoRoom);
    }
    Ok(())
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

/// Reads a rejected body to its end. A client that is still sending then gets to read the response.
async fn drain(body: Body) {
    let (mut chunks, mut length) = (paced(body, DRAIN_LIMIT as u64), 0);
    while let Some(Ok(chunk)) = chunks.next().await {
        length += chunk.len();
        if length > DRAIN_LIMIT {
            return;
        }
    }
}

/// Writes the body to an unnamed file. The system deletes it when it is closed, and so also after a crash.
async fn spool(body: Body, most: u64, directory: &Path) -> Result<File, ApiError> {
    let mut file = tempfile::tempfile_in(directory).map_err(|error| unwritable(&error))?;
    let (sender, mut received) = mpsc::channel::<Bytes>(8);
    let writing = tokio::task::spawn_blocking(move || -> io::Result<File> {
        while let Some(chunk) = received.blocking_recv() {
            file.write_all(&chunk)?;
        }
        file.rewind()?;
        Ok(file)
    });
    let (mut chunks, mut length) = (paced(body, most), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::BrokenOff)?;
        length += chunk.len() as u64;
        if length > ARCHIVE_LIMIT {
            return Err(BodyError::LargeArchive.into());
        }
        if sender.send(chunk).await.is_err() {
            // A write has failed; its result says why.
            break;
        }
    }
    drop(sender);
    let written = writing.await.map_err(LibraryError::internal)?;
    written.map_err(|error| unwritable(&error))
}

fn unwritable(error: &io::Error) -> ApiError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BodyError::NoRoom.into(),
        _ => LibraryError::internal(format!("the file to import cannot be kept: {error}")).into(),
    }
}
