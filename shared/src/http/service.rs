//! `/health`, `/metrics` and the cache.

use super::Shared;
use super::error::ApiError;
use super::problems::{Guarded, Uncollected};
use super::views::rounded;
use crate::library::CacheStats;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn cache_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(cache_stats))
        .routes(routes!(clear_cache))
}

pub fn routes(with_metrics: bool) -> OpenApiRouter<Shared> {
    let routes = OpenApiRouter::new().routes(routes!(health));
    if with_metrics {
        routes.routes(routes!(metrics))
    } else {
        routes
    }
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
    /// Of Strand.
    version: &'static str,
    /// Which store holds the library.
    #[schema(example = "embedded")]
    store: &'static str,
    /// The networks.
    models: ModelsHealth,
    memory: MemoryHealth,
    uptime_seconds: u64,
}

/// The networks of this process.
#[derive(Serialize, ToSchema)]
struct ModelsHealth {
    /// The hair parser that is used.
    #[schema(example = "hair-parser-ea442195")]
    parser: String,
    /// The backbone, where one is configured.
    backbone: Option<String>,
    /// Those that are in memory now; they load at first use.
    loaded: Vec<String>,
    /// Models and features belong to this space.
    feature_space: String,
}

/// Memory of this process.
#[derive(Serialize, ToSchema)]
struct MemoryHealth {
    /// Resident bytes now; null where the system does not tell.
    resident_bytes: Option<u64>,
    /// The most it has been.
    peak_bytes: Option<u64>,
}

/// Whether the service is up. It never loads a model.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health, description = "It is")))]
async fn health(State(app): State<Shared>) -> Json<Health> {
    let vision = app.library.vision();
    Json(Health {
        status: "healthy",
        service: "Hair Color Analyzer API",
        version: env!("CARGO_PKG_VERSION"),
        store: app.library.store_kind(),
        models: ModelsHealth {
            parser: vision.parser_id().to_owned(),
            backbone: vision.backbone_id().map(str::to_owned),
            loaded: vision.loaded(),
            feature_space: app.library.space().to_owned(),
        },
        memory: memory(),
        uptime_seconds: app.started.elapsed().as_secs(),
    })
}

/// As Linux tells it, in kB.
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

/// Counters and latencies in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, content_type = "text/plain", body = String, description = "The metrics"),
        Uncollected,
    ))]
async fn metrics(State(app): State<Shared>) -> Result<impl IntoResponse, ApiError> {
    let handle = app
        .config
        .metrics
        .as_ref()
        .ok_or_else(|| ApiError::NoRoute("/metrics".into()))?;
    let stats = app.library.cache_stats();
    metrics::gauge!("strand_cache_entries").set(stats.entries as f64);
    metrics::gauge!("strand_cache_hits").set(stats.hits as f64);
    metrics::gauge!("strand_cache_misses").set(stats.misses as f64);
    metrics::gauge!("strand_resident_bytes").set(memory().resident_bytes.unwrap_or(0) as f64);
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        handle.render(),
    ))
}

/// How the cache of answers has done.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "entries": 3, "bytes": 5_400, "capacity_bytes": 16_777_216, "hits": 9, "misses": 3, "hit_rate": 0.75
}))]
struct CacheView {
    /// Answers held.
    entries: u64,
    /// Their size, about.
    bytes: u64,
    /// The size they may reach.
    capacity_bytes: u64,
    /// Questions answered from the cache since the start.
    hits: u64,
    /// Questions that were not.
    misses: u64,
    /// hits / (hits + misses), 0 before the first question.
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

/// The cache of answers, keyed by image bytes and library version.
#[utoipa::path(get, path = "/cache/stats", tag = "service",
    responses((status = 200, body = CacheView, description = "How it has done")))]
async fn cache_stats(State(app): State<Shared>) -> Json<CacheView> {
    Json(app.library.cache_stats().into())
}

/// An emptied cache.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "Cleared 3 cached answers.", "cleared": 3}))]
struct Cleared {
    message: String,
    /// How many answers were forgotten.
    cleared: u64,
}

/// Forget all cached answers.
#[utoipa::path(post, path = "/clear-cache", tag = "service",
    responses((status = 200, body = Cleared, description = "How many there were"),
        Guarded,
    ), security((), ("api_key" = []), ("bearer" = [])))]
async fn clear_cache(State(app): State<Shared>) -> Json<Cleared> {
    let cleared = app.library.clear_cache();
    Json(Cleared {
        message: format!("Cleared {cleared} cached answers."),
        cleared,
    })
}
