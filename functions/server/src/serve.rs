//! Serving HTTP until the process is told to stop.

use crate::settings::Settings;
use std::io::{IsTerminal, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use strand::http::{HttpConfig, install_metrics, router};
use strand::library::{Library, LibraryConfig};
use strand::store::embedded::Embedded;
use strand::vision::Vision;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Most bytes of cached answers: some 10,000 of them.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// How long requests in flight may take to end after SIGTERM; platforms kill at 10 to 30 seconds.
const GRACE: Duration = Duration::from_secs(9);
/// How often metrics are folded.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// Threads for blocking work besides those that measure photos: database and files.
const BLOCKING_THREADS: usize = 6;

pub fn serve(settings: Settings) -> Result<(), String> {
    let threads = settings.vision.threads;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.clamp(1, 4))
        .max_blocking_threads(threads + BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime does not start: {error}"))?;
    let result = runtime.block_on(run(settings));
    // Work that blocks past the grace period must not hold the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn run(settings: Settings) -> Result<(), String> {
    log_to_stderr(settings.log);
    let threads = settings.vision.threads;
    let store = Embedded::open(&settings.data_dir).map_err(|error| {
        let directory = settings.data_dir.display();
        format!("STRAND_DATA_DIR is \"{directory}\"; it must be a directory that can be written and that no other process uses ({error}).")
    })?;
    let vision = Arc::new(Vision::new(settings.vision).map_err(|error| error.to_string())?);
    let config = LibraryConfig {
        threads,
        cache_bytes: CACHE_BYTES,
    };
    let library = Arc::new(Library::new(Arc::new(store), Arc::clone(&vision), config));
    report(&library).await?;
    if settings.preload {
        vision.preload().map_err(|error| error.to_string())?;
    }
    let metrics = install_metrics().map_err(|error| error.to_string())?;
    let upkeep = metrics.clone();
    tokio::spawn(async move {
        loop {
            // Folds the samples of histograms, which pile up where nobody reads /metrics.
            tokio::time::sleep(METRICS_UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    let http = HttpConfig {
        origins: settings.origins,
        api_key: settings.api_key,
        metrics: Some(metrics),
    };
    let routes = router(Arc::clone(&library), http);
    let address = (Ipv4Addr::UNSPECIFIED, settings.port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("port {}: {error}", settings.port))?;
    tracing::info!("Listening on http://localhost:{}", settings.port);
    tokio::spawn(library.work_on_jobs());
    let stopping = Arc::new(tokio::sync::Notify::new());
    let server = axum::serve(listener, routes).with_graceful_shutdown({
        let stopping = Arc::clone(&stopping);
        async move {
            told_to_stop().await;
            tracing::info!("Stopping: no new requests, those in flight are finished.");
            stopping.notify_one();
        }
    });
    tokio::select! {
        result = server => result.map_err(|error| error.to_string()),
        () = async { stopping.notified().await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!("Requests still in flight after {} s are cut off.", GRACE.as_secs());
            Ok(())
        }
    }
}

/// JSON for machines, plain lines for a person at a terminal.
fn log_to_stderr(filter: EnvFilter) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).init();
    } else {
        builder.json().flatten_event(true).with_span_list(false).init();
    }
}

/// Says what the process found.
async fn report(library: &Library) -> Result<(), String> {
    let colors = library
        .colors(None, usize::MAX)
        .await
        .map_err(|error| error.to_string())?;
    let trained = colors.iter().filter(|color| color.model.is_some()).count();
    if trained == 0 {
        tracing::info!("No trained models found. Skipping model loading to save memory.");
    } else {
        tracing::info!(
            colors = colors.len(),
            trained,
            "Found a library. The networks load at the first photo."
        );
    }
    tracing::info!(
        parser = library.vision().parser_id(),
        space = library.space(),
        "Measuring hair."
    );
    for missing in library.vision().missing() {
        tracing::warn!("{missing}");
    }
    Ok(())
}

async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("Signals cannot be received; stop the process with SIGKILL.");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Asks a server on this machine for its health, without an HTTP client: images have none.
pub fn check_health(port: u16) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("no healthy server on port {port}: {error}");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(3)))
        .map_err(failed)?;
    stream
        .write_all(b"GET /health HTTP/1.0\r\nhost: localhost\r\n\r\n")
        .map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    let status = answer.lines().next().unwrap_or_default();
    if status.contains(" 200 ") {
        Ok(())
    } else {
        Err(format!("/health on port {port} answered: {status}"))
    }
}
