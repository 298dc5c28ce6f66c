//! Opens the library that the environment configures, for one command.

use strand::compose::{Analyzer, Service};
use strand::settings::{Settings, port};
use strand::store::embedded::Embedded;

/// An open library and what measures photos for it.
pub struct Session {
    /// The library and its services.
    pub service: Service,
    /// Measures photos.
    pub analyzer: Analyzer,
}

/// Runs `work` on the library that the environment configures. If a server is using that library, the error says which
/// request to send to the server `instead`: a command line with `{}` for the server's address.
pub fn with_library<T>(
    instead: &str,
    work: impl AsyncFnOnce(Session) -> Result<T, String>,
) -> Result<T, String> {
    let settings = Settings::from_env()?.quiet();
    if let Some(data_dir) = settings.store.data_dir()
        && Embedded::is_in_use(data_dir)
    {
        let address = format!("http://localhost:{}", port()?);
        return Err(format!(
            "the library in \"{}\" is in use by a running server; stop it, or use its API: {}",
            data_dir.display(),
            instead.replace("{}", &address)
        ));
    }
    with_settings(settings, work)
}

/// Like [`with_library`], for a library that is known to be free.
pub fn with_settings<T>(
    settings: Settings,
    work: impl AsyncFnOnce(Session) -> Result<T, String>,
) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.threads.clamp(1, 4))
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime does not start: {error}"))?;
    runtime.block_on(async {
        let mut service = Service::start(settings).await?;
        let analyzer = service.analyzer()?;
        work(Session { service, analyzer }).await
    })
}
