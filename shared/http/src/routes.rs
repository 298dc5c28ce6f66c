//! The routes of a process. Routes that it does not add are not linked.

use crate::analysis::{self, AnalysisState};
#[cfg(feature = "archive")]
use crate::archive::{self, ArchiveState};
use crate::limits::{self, Limits};
use crate::training::{self, TrainingState};
use crate::{
    Access, AllowedOrigins, ApiError, App, BasePath, Shared, TrustedProxies, auth, body, confusions,
    document, drain, error, near, observe, origin, palette, photos, place, ready, secure, service, shades,
    tickets, uploads,
};
use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
#[cfg(feature = "archive")]
use std::sync::atomic::Ordering;
use std::time::Instant;
use strand_library::{JobQueue, Library, Matching, Training};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa_axum::router::OpenApiRouter;

/// What the routes need in addition to the library.
#[derive(Clone)]
pub struct HttpConfig {
    /// Web origins that may call the API.
    pub origins: AllowedOrigins,
    /// Which keys there are, and what is open without one.
    pub access: Access,
    /// Whether this process listens on this machine only. Then nobody may find it under another name.
    pub loopback: bool,
    /// How many requests a second a key or an address may send in the long run; any number if there is no rate.
    pub rate: Option<NonZeroU32>,
    /// The maximum body size of the gateway in front of this process, in bytes, if there is one.
    pub body_limit: Option<u64>,
    /// The path before ours, unless a proxy says another.
    pub base_path: BasePath,
    /// Whose `X-Forwarded-*` headers are believed.
    pub trusted: TrustedProxies,
    /// The name of the store in `/health`.
    pub store: &'static str,
    /// The id of the hair parser, for `/health`.
    pub parser: String,
    /// The id of the backbone, for `/health`, if there is one.
    pub backbone: Option<String>,
    /// Returns the ids of the models in memory; `None` if this process never loads any.
    pub loaded: Option<Arc<dyn Fn() -> Vec<String> + Send + Sync>>,
    /// Returns which model is not installed, in a sentence; `None` if this process never loads any.
    pub missing: Option<Arc<dyn Fn() -> Option<String> + Send + Sync>>,
    /// The web origin to which clients send uploads, if it is not this service's own. The page may connect to it.
    pub upload_origin: Option<String>,
}

/// Builds the router of a process, resource by resource.
pub struct Routes {
    app: Shared,
    routes: Router,
}

impl Routes {
    /// Starts with `/health` and `/openapi.json`, which every process serves.
    pub fn new(library: Arc<Library>, config: HttpConfig) -> Self {
        let app = Arc::new(App {
            library,
            limits: Limits::new(config.rate),
            config,
            has_archive: AtomicBool::new(false),
            started: Instant::now(),
        });
        let service = service::routes().merge(ready::routes());
        let routes = plain(service.with_state(Arc::clone(&app)));
        Self {
            app,
            routes: routes.merge(document::routes()),
        }
    }

    /// Adds shades, their photos, uploads, and the palette.
    #[must_use]
    pub fn shades(self) -> Self {
        let resource = shade_routes().with_state(Arc::clone(&self.app));
        self.and(plain(resource))
    }

    /// Adds matching and the cache of measured photos.
    #[must_use]
    pub fn analysis(self, matching: Arc<Matching>) -> Self {
        let library = Arc::clone(&self.app.library);
        let state = AnalysisState { library, matching };
        self.and(plain(analysis_routes().with_state(state)))
    }

    /// Adds training and jobs.
    #[must_use]
    pub fn training(self, training: Arc<Training>, jobs: Arc<JobQueue>) -> Self {
        let library = Arc::clone(&self.app.library);
        let state = TrainingState {
            library,
            training,
            jobs,
        };
        self.and(plain(training::routes().with_state(state)))
    }

    /// Adds export and import of the library; `spool_dir` has enough space for an uploaded library file. Only for
    /// processes that may stream for minutes and have a disk.
    #[cfg(feature = "archive")]
    #[must_use]
    pub fn archive(self, archive: Arc<strand_archive::Archive>, spool_dir: std::path::PathBuf) -> Self {
        self.app.has_archive.store(true, Ordering::Relaxed);
        let state = ArchiveState { archive, spool_dir };
        self.and(plain(archive::routes().with_state(state)))
    }

    /// Adds `/metrics`, read from `handle`.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn metrics(
        self,
        handle: metrics_exporter_prometheus::PrometheusHandle,
        matching: Arc<Matching>,
    ) -> Self {
        let state = service::MetricsState { handle, matching };
        self.and(plain(service::metrics_routes().with_state(state)))
    }

    /// Adds the web page, the page for trying the API, and the documentation of errors.
    #[cfg(feature = "page")]
    #[must_use]
    pub fn page(self) -> Self {
        let page = crate::page::routes(self.app.config.upload_origin.as_deref());
        self.and(page)
            .and(crate::error_pages::routes())
            .and(document::pages())
    }

    fn and(mut self, resource: Router) -> Self {
        self.routes = self.routes.merge(resource);
        self
    }

    /// Builds the router, with what all routes share: limits, the key, CORS, request ids, and the log.
    pub fn build(self) -> Router {
        let Self { app, routes } = self;
        let cors = app.config.origins.layer();
        let base = app.config.base_path.clone();
        let routes = routes
            .fallback(|uri: Uri| async move { ApiError::NoRoute(uri.path().to_owned()) })
            .method_not_allowed_fallback(|method: Method| async move { ApiError::Method(method) })
            // From the inside out: a request passes through these layers from last to first.
            .layer(RequestDecompressionLayer::new())
            .layer(from_fn(body::known_encoding))
            .layer(from_fn_with_state(Arc::clone(&app), body::limit_body))
            .layer(from_fn_with_state(Arc::clone(&app), auth::require_key))
            .layer(from_fn_with_state(Arc::clone(&app), origin::check))
            .layer(from_fn_with_state(Arc::clone(&app), limits::check))
            .layer(from_fn(near::redirect))
            .layer(CatchPanicLayer::custom(error::panicked))
            .layer(cors)
            .layer(from_fn_with_state(app, place::locate))
            .layer(from_fn(secure::add_headers))
            .layer(map_request(drain::read_on))
            .layer(from_fn(observe::observe))
            .layer(PropagateRequestIdLayer::new(observe::HEADER.clone()))
            .layer(SetRequestIdLayer::new(observe::HEADER.clone(), MakeRequestUuid))
            .layer(from_fn(observe::sane_id));
        if base.as_str().is_empty() {
            return routes;
        }
        // Another router around this one, because the path has to change before it chooses the route.
        Router::new()
            .fallback_service(routes)
            .layer(from_fn_with_state(base, place::strip))
    }
}

/// The routes of a resource without their description, which is in [`document`].
fn plain(resource: OpenApiRouter) -> Router {
    resource.split_for_parts().0
}

pub(crate) fn shade_routes() -> OpenApiRouter<Shared> {
    shades::routes()
        .merge(photos::routes())
        .merge(palette::routes())
        .merge(uploads::routes())
        .merge(tickets::routes())
}

pub(crate) fn analysis_routes() -> OpenApiRouter<AnalysisState> {
    analysis::routes()
        .merge(confusions::routes())
        .merge(service::cache_routes())
}
