//! Serving HTTP until the process is told to stop.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use strand::http::{HttpConfig, install_metrics, router};
use strand::library::Library;
use strand::settings::{Service, Settings, port};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long requests in flight may take to end after SIGTERM; platforms kill at 10 to 30 seconds.
const GRACE: Duration = Duration::from_secs(9);
/// How often metrics are folded.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// Threads for blocking work besides those that measure photos: database and files.
const BLOCKING_THREADS: usize = 6;

pub fn serve() -> Result<(), String> {
    let (port, settings) = (port()?, Settings::from_env()?);
    let threads = settings.vision.threads;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.clamp(1, 4))
        .max_blocking_threads(threads + BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime does not start: {error}"))?;
    let result = runtime.block_on(run(port, settings));
    // Work that blocks past the grace period must not hold the process.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn run(port: u16, settings: Settings) -> Result<(), String> {
    let Service { library, http } = settings.start().await?;
    report(&library).await?;
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
        metrics: Some(metrics),
        ..http
    };
    let routes = router(Arc::clone(&library), http);
    let address = (Ipv4Addr::UNSPECIFIED, port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("port {port}: {error}"))?;
    tracing::info!("Listening on http://localhost:{port}");
    tokio::spawn(Arc::clone(&library).work_on_jobs());
    tokio::spawn(library.keep_tidy());
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

/// So many of the newest colors are looked at to say what the process found.
const REPORTED: usize = 1_000;

/// Says what the process found.
async fn report(library: &Library) -> Result<(), String> {
    let colors = library
        .colors(None, REPORTED)
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
