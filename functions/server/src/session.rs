//! The library of the environment, for one command.

use std::sync::Arc;
use strand::library::Library;
use strand::settings::{Settings, port};
use strand::store::embedded::Embedded;

/// Runs `work` on the library that the environment names. Where a server uses it, the error says what to ask the server
/// `instead`: a command line with `{}` for its address.
pub fn with_library<T>(
    instead: &str,
    work: impl AsyncFnOnce(Arc<Library>) -> Result<T, String>,
) -> Result<T, String> {
    let settings = Settings::from_env()?.quiet();
    if let Some(data_dir) = settings.store.data_dir()
        && Embedded::is_in_use(data_dir)
    {
        let address = format!("http://localhost:{}", port()?);
        return Err(format!(
            "the library in \"{}\" is in use by a running server; stop it, or ask it: {}",
            data_dir.display(),
            instead.replace("{}", &address)
        ));
    }
    with_settings(settings, work)
}

/// The same for a library that is known to be free.
pub fn with_settings<T>(
    settings: Settings,
    work: impl AsyncFnOnce(Arc<Library>) -> Result<T, String>,
) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.vision.threads.clamp(1, 4))
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime does not start: {error}"))?;
    runtime.block_on(async {
        let service = settings.start().await?;
        work(service.library).await
    })
}
