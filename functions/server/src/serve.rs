//! Serves HTTP until the process receives a signal to stop.

use crate::listen::Listener;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use strand::compose::{Analyzer, Service};
use strand::http::install_metrics;
use strand::settings::{Settings, listen, port};
use strand::vision::VisionError;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long requests in flight may take to finish after SIGTERM. Platforms kill the process after 10 to 30 seconds.
const GRACE: Duration = Duration::from_secs(9);
/// How long to wait for a server that still uses the library: where a new one starts before the old one has stopped, the old
/// one finishes its requests first.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often samples of histograms are folded.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// Threads for blocking work on the database and files, in addition to those that measure photos.
const BLOCKING_THREADS: usize = 6;

pub fn serve() -> Result<(), String> {
    let (port, listen, settings) = (port()?, listen()?, Settings::from_env()?);
    let threads = settings.threads;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.clamp(1, 4))
        .max_blocking_threads(threads + BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime does not start: {error}"))?;
    let result = runtime.block_on(run(port, listen, settings));
    // Blocking work that outlasts the grace period must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn run(port: u16, listen: Option<IpAddr>, settings: Settings) -> Result<(), String> {
    let has_key = settings.access.keys.are_set();
    let mut service = Service::start_within(settings, PATIENCE).await?;
    let address = address(listen, has_key);
    service.http.loopback = address.is_loopback();
    let analyzer = service.analyzer()?;
    report(&service, &analyzer).await?;
    let metrics = install_metrics().map_err(|error| error.to_string())?;
    let upkeep = metrics.clone();
    tokio::spawn(async move {
        loop {
            // Folds the samples of histograms, which accumulate if nothing reads /metrics.
            tokio::time::sleep(METRICS_UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    let (training, jobs) = service.training(&analyzer);
    let archive = service.archive(&analyzer);
    let matching = analyzer.matching;
    let routes = service
        .routes()
        .shades()
        .analysis(Arc::clone(&matching))
        .training(training, Arc::clone(&jobs))
        .archive(archive, service.spool_dir)
        .metrics(metrics, matching)
        .page()
        .build();
    let listener = TcpListener::bind((address, port))
        .await
        .map_err(|error| format!("port {port} of {address}: {error}"))?;
    // With PORT=0 the operating system has chosen the port.
    let port = listener.local_addr().map_or(port, |address| address.port());
    tracing::info!("Listening on http://localhost:{port}");
    if let Some(job) = jobs.measure_again().await.map_err(|error| error.to_string())? {
        tracing::info!(
            shades = job.shade_ids.len(),
            "Measuring again what an older version measured."
        );
    }
    tokio::spawn(jobs.work());
    tokio::spawn(service.library.keep_tidy());
    let stopping = Arc::new(tokio::sync::Notify::new());
    let server = Listener::new(routes);
    tokio::spawn({
        let (server, stopping) = (Arc::clone(&server), Arc::clone(&stopping));
        async move {
            told_to_stop().await;
            tracing::info!("Stopping: no new requests, those in flight are finished.");
            server.stop();
            stopping.notify_one();
        }
    });
    tokio::select! {
        () = server.serve(listener) => Ok(()),
        () = async { stopping.notified().await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!("Requests still in flight after {} s are cut off.", GRACE.as_secs());
            Ok(())
        }
    }
}

/// Where to listen, with a warning where there is no key. Without one, only this machine may change the library, unless the
/// settings say otherwise.
fn address(listen: Option<IpAddr>, has_key: bool) -> IpAddr {
    let all = IpAddr::from(Ipv4Addr::UNSPECIFIED);
    match listen {
        Some(address) if has_key || address.is_loopback() => address,
        Some(address) => {
            tracing::warn!(
                "No key is set, so everyone who reaches this server can change the library. Set STRAND_API_KEY."
            );
            address
        }
        None if has_key => all,
        None => {
            tracing::warn!(
                "No key is set, so only this machine can reach the server. Set STRAND_API_KEY to open it to others."
            );
            Ipv4Addr::LOCALHOST.into()
        }
    }
}

/// The startup log counts at most this many shades, newest first.
const REPORTED: usize = 1_000;

/// Logs what the process found at startup.
async fn report(service: &Service, analyzer: &Analyzer) -> Result<(), String> {
    let shades = service.library.shades(None, REPORTED).await;
    let shades = shades.map_err(|error| error.to_string())?;
    let trained = shades.iter().filter(|shade| shade.model.is_some()).count();
    if trained == 0 {
        tracing::info!("No trained models found. Skipping model loading to save memory.");
    } else {
        tracing::info!(
            shades = shades.len(),
            trained,
            "Found a library. The networks load at the first photo."
        );
    }
    // The store is tried beside the first requests; the log says what is wrong with it.
    let library = Arc::clone(&service.library);
    tokio::spawn(async move { drop(library.ready().await) });
    let parser = service.selection.parser_id();
    tracing::info!(parser, space = service.library.space(), "Measuring hair.");
    if let Some(preferred) = service.selection.preferred_parser() {
        tracing::info!(
            "The hair parser \"{preferred}\" is preferred but not installed; run `strand-server models fetch \
             {preferred}`."
        );
    }
    for missing in analyzer.vision.missing() {
        tracing::warn!("{missing} {}", remedy(&missing));
    }
    Ok(())
}

/// What to do about a missing model or runtime.
pub fn remedy(error: &VisionError) -> String {
    match error {
        VisionError::MissingModel { name, path } => {
            let directory = path.parent().unwrap_or(path).display();
            format!("Fetch it with `STRAND_MODELS_DIR={directory} strand-server models fetch {name}`.")
        }
        VisionError::RuntimeMissing { .. } => {
            "Run `make setup` or `models/fetch-onnxruntime`, or set ORT_DYLIB_PATH to a libonnxruntime."
                .into()
        }
        VisionError::RuntimeBroken { .. } => {
            "Run `models/fetch-onnxruntime` to replace it, or set ORT_DYLIB_PATH to another.".into()
        }
        _ => String::new(),
    }
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

/// Checks the health of a server on this machine. It needs no HTTP client, which images do not have.
pub fn check_health(port: u16) -> Result<(), String> {
    let (status, _) = ask(port, "/health")?;
    if status.contains(" 200 ") {
        Ok(())
    } else {
        Err(format!("/health on port {port} answered: {status}"))
    }
}

/// Asks a server on this machine. Returns the first line of its answer, and the body.
pub fn ask(port: u16, path: &str) -> Result<(String, String), String> {
    let failed = |error: std::io::Error| format!("no healthy server on port {port}: {error}");
    let address = listen()?.filter(|address| !address.is_unspecified());
    let address = address.unwrap_or(Ipv4Addr::LOCALHOST.into());
    let mut stream = TcpStream::connect((address, port)).map_err(failed)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(3)))
        .map_err(failed)?;
    stream
        .write_all(format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").as_bytes())
        .map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok((
        head.lines().next().unwrap_or_default().to_owned(),
        body.to_owned(),
    ))
}
