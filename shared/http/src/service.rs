//! `/health`, `/metrics`, and the cache of measured photos.

use crate::Shared;
use crate::analysis::AnalysisState;
use crate::problems::Guarded;
#[cfg(feature = "metrics")]
use crate::problems::Uncollected;
use crate::views::rounded;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use strand_library::CacheStats;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(health))
}

pub fn cache_routes() -> OpenApiRouter<AnalysisState> {
    OpenApiRouter::new()
        .routes(routes!(cache_stats))
        .routes(routes!(clear_cache))
}

/// The state of the service.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "status": "healthy", "service": "Hair Color Analyzer API", "version": "0.1.0", "store": "embedded",
    "models": {
        "parser": "hair-parser-ea442195", "backbone": null, "loaded": ["hair-parser-ea442195"],
        "feature_space": "shade6+hair-parser-ea442195"
    },
    "memory": {"resident_bytes": 103_809_024, "peak_bytes": 110_100_480}, "uptime_seconds": 3_600
}))]
struct Health {
    #[schema(example = "healthy")]
    status: &'static str,
    #[schema(example = "Hair Color Analyzer API")]
    service: &'static str,
    /// The version of Strand.
    version: &'static str,
    /// The store that holds the library.
    #[schema(example = "embedded")]
    store: &'static str,
    /// The models of this process.
    models: ModelsHealth,
    memory: MemoryHealth,
    uptime_seconds: u64,
}

/// The models of this process.
#[derive(Serialize, ToSchema)]
struct ModelsHealth {
    /// The hair parser.
    #[schema(example = "hair-parser-ea442195")]
    parser: String,
    /// The backbone, if one is configured.
    backbone: Option<String>,
    /// The models in memory now; each loads at first use.
    loaded: Vec<String>,
    /// The feature space of models and features.
    feature_space: String,
}

/// Memory use of this process.
#[derive(Serialize, ToSchema)]
struct MemoryHealth {
    /// Resident bytes now; null if the system does not report them.
    resident_bytes: Option<u64>,
    /// Peak resident bytes; null if the system does not report them.
    peak_bytes: Option<u64>,
}

/// Check whether the service is up. This never loads a model.
#[utoipa::path(get, path = "/health", operation_id = "read_health", tag = "service", responses((status = 200, body = Health, description = "It is")))]
async fn health(State(app): State<Shared>) -> Json<Health> {
    let config = &app.config;
    Json(Health {
        status: "healthy",
        service: "Hair Color Analyzer API",
        version: env!("CARGO_PKG_VERSION"),
        store: config.store,
        models: ModelsHealth {
            parser: config.parser.clone(),
            backbone: config.backbone.clone(),
            loaded: config.loaded.as_ref().map(|loaded| loaded()).unwrap_or_default(),
            feature_space: app.library.space().to_owned(),
        },
        memory: memory(),
        uptime_seconds: app.started.elapsed().as_secs(),
    })
}

/// Reads Linux's memory figures, which are in kB.
fn memory() -> MemoryHealth {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim()
            .strip_suffix(" kB")?
            .parse::<u64>()
            .ok()
            .map(|kilobytes| 1024 * kilobytes)
    };
    MemoryHealth {
        resident_bytes: field("VmRSS:"),
        peak_bytes: field("VmHWM:"),
    }
}

/// Statistics of the cache of measured photos.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "entries": 3, "bytes": 5_400, "capacity_bytes": 16_777_216, "hits": 9, "misses": 3, "hit_rate": 0.75
}))]
struct CacheView {
    /// Number of cached photos.
    entries: u64,
    /// Approximate size in bytes.
    bytes: u64,
    /// Maximum size in bytes.
    capacity_bytes: u64,
    /// Lookups since startup that found their photo.
    hits: u64,
    /// Lookups since startup that did not.
    misses: u64,
    /// hits / (hits + misses); 0 before the first photo.
    hit_rate: f32,
}

impl From<CacheStats> for CacheView {
    fn from(stats: CacheStats) -> Self {
        let asked = stats.hits + stats.misses;
        Self {
            entries: stats.entries,
            bytes: stats.bytes,
            capacity_bytes: stats.capacity_bytes,
            hits: stats.hits,
            misses: stats.misses,
            hit_rate: rounded(stats.hits as f32 / asked.max(1) as f32, 4),
        }
    }
}

/// Read the statistics of the cache of measured photos.
#[utoipa::path(get, path = "/cache/stats", operation_id = "read_cache_stats", tag = "service",
    responses((status = 200, body = CacheView, description = "Cache statistics")))]
async fn cache_stats(State(app): State<AnalysisState>) -> Json<CacheView> {
    Json(app.matching.cache_stats().into())
}

/// The result of clearing the cache.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "Cleared 3 cached photos.", "cleared": 3}))]
struct Cleared {
    message: String,
    /// Number of photos removed.
    cleared: u64,
}

/// Clear the cache of measured photos.
#[utoipa::path(post, path = "/clear-cache", operation_id = "clear_cache", tag = "service",
    responses((status = 200, body = Cleared, description = "How many there were"),
        Guarded,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn clear_cache(State(app): State<AnalysisState>) -> Json<Cleared> {
    let cleared = app.matching.clear_cache();
    Json(Cleared {
        message: format!("Cleared {cleared} cached photos."),
        cleared,
    })
}

#[cfg(feature = "metrics")]
pub use collected::{MetricsState, metrics_routes};

#[cfg(feature = "metrics")]
mod collected {
    use super::{Guarded, Uncollected, memory};
    use axum::extract::State;
    use axum::http::header;
    use axum::response::IntoResponse;
    use metrics_exporter_prometheus::PrometheusHandle;
    use std::sync::Arc;
    use strand_library::Matching;
    use utoipa_axum::router::OpenApiRouter;
    use utoipa_axum::routes;

    /// State of the route.
    #[derive(Clone)]
    pub struct MetricsState {
        /// Source of the metrics.
        pub handle: PrometheusHandle,
        /// Source of the cache statistics.
        pub matching: Arc<Matching>,
    }

    pub fn metrics_routes() -> OpenApiRouter<MetricsState> {
        OpenApiRouter::new().routes(routes!(metrics))
    }

    /// Read counters and latencies in the Prometheus text format.
    #[utoipa::path(get, path = "/metrics", operation_id = "read_metrics", tag = "service",
        responses((status = 200, content_type = "text/plain", body = String, description = "The metrics"),
            Guarded, Uncollected,
        ), security((), ("api_key" = []), ("bearer" = [])))]
    async fn metrics(State(app): State<MetricsState>) -> impl IntoResponse {
        let stats = app.matching.cache_stats();
        metrics::gauge!("strand_cache_entries").set(stats.entries as f64);
        metrics::gauge!("strand_cache_hits").set(stats.hits as f64);
        metrics::gauge!("strand_cache_misses").set(stats.misses as f64);
        metrics::gauge!("strand_resident_bytes").set(memory().resident_bytes.unwrap_or(0) as f64);
        (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            app.handle.render(),
        )
    }
}
