//! The HTTP contract: one router per resource, merged here; the same handlers in every deployment.

mod analysis;
mod answers;
mod archive;
mod auth;
mod body;
mod colors;
mod cors;
mod error;
mod extract;
mod files;
mod images;
mod observe;
mod page;
mod palette;
mod photos;
mod problems;
mod service;
mod training;
mod uploads;
mod views;

pub use answers::{AnalysisView, Row};
pub use auth::ApiKey;
pub use cors::{AllowedOrigins, ParseOriginsError};
pub use observe::install_metrics;

use crate::library::Library;
use auth::Security;
use axum::Router;
use error::ApiError;
use metrics_exporter_prometheus::PrometheusHandle;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

/// What the routes need besides the library.
#[derive(Clone)]
pub struct HttpConfig {
    /// Who may call from a browser.
    pub origins: AllowedOrigins,
    /// The key that changing routes ask for, where one is set.
    pub api_key: Option<ApiKey>,
    /// The largest body that passes the gateway in front of this process, in bytes, where there is one.
    pub body_limit: Option<u64>,
    /// A directory with room for a library that is sent to be imported.
    pub spool_dir: PathBuf,
    /// Where metrics are read from; without it there is no `/metrics`.
    pub metrics: Option<PrometheusHandle>,
}

/// The state of all handlers.
pub struct App {
    library: Arc<Library>,
    config: HttpConfig,
    started: Instant,
}

type Shared = Arc<App>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hair Color Analyzer API",
        description = "Teach Strand the shades of a salon or shop from a few photos each; it answers any photo of hair \
            with its dominant colors, its tone and level, and the shades that match best. Errors are RFC 9457 problems \
            whose `detail` is one plain sentence.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "colors", description = "The shade library: shades and their photos"),
        (name = "training", description = "Teaching Strand a shade"),
        (name = "analysis", description = "Matching photos"),
        (name = "uploads", description = "Photos too large for one request"),
        (name = "library", description = "The whole library as one file"),
        (name = "service", description = "Health, metrics, cache"),
    ),
    components(schemas(error::Problem, training::ProgressView)),
    modifiers(&Security),
)]
struct Document;

/// A part of the contract that a process can serve without the others. `/health`, `/openapi.json` and `/docs` belong to
/// all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Shades, their photos, and uploads.
    Colors,
    /// Trainings and jobs.
    Training,
    /// Matching photos, and the cache of answers.
    Analysis,
    /// The library as one file. Only for processes that may stream for minutes and have a disk: functions are told from
    /// the command line (`strand-server export|import` with the same store).
    Archive,
    /// The web page. A static host can serve it as well.
    Page,
}

impl Resource {
    /// All of the contract.
    pub const ALL: [Self; 5] = [
        Self::Colors,
        Self::Training,
        Self::Analysis,
        Self::Archive,
        Self::Page,
    ];

    fn routes(self) -> OpenApiRouter<Shared> {
        match self {
            Self::Colors => colors::routes()
                .merge(images::routes())
                .merge(palette::routes())
                .merge(uploads::routes()),
            Self::Training => training::routes(),
            Self::Analysis => analysis::routes().merge(service::cache_routes()),
            Self::Archive => archive::routes(),
            Self::Page => page::routes(),
        }
    }
}

/// All routes of the contract over a library.
pub fn router(library: Arc<Library>, config: HttpConfig) -> Router {
    router_of(&Resource::ALL, library, config)
}

/// The routes of some resources over a library. The OpenAPI description is that of the whole contract, whoever tells it:
/// where several processes serve it, a client still sees one service. [`Resource::Archive`] is described where it is.
pub fn router_of(resources: &[Resource], library: Arc<Library>, config: HttpConfig) -> Router {
    let (cors, with_metrics) = (config.origins.layer(), config.metrics.is_some());
    let app: Shared = Arc::new(App {
        library,
        config,
        started: Instant::now(),
    });
    let (mut routes, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(service::routes(with_metrics))
        .split_for_parts();
    for resource in Resource::ALL {
        let (part, described) = resource.routes().split_for_parts();
        let is_here = resources.contains(&resource);
        if is_here || resource != Resource::Archive {
            document.merge(described);
        }
        if is_here {
            routes = routes.merge(part);
        }
    }
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    routes
        .with_state(Arc::clone(&app))
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .fallback(|uri: axum::http::Uri| async move { ApiError::NoRoute(uri.path().to_owned()) })
        .method_not_allowed_fallback(|method: axum::http::Method| async move { ApiError::Method(method) })
        // From the inside out: a request passes these from the last to the first.
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            body::limit_body,
        ))
        .layer(axum::middleware::from_fn_with_state(app, auth::require_key))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(cors)
        .layer(axum::middleware::from_fn(observe::observe))
}
