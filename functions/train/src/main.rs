//! Lambda function: `/train`, `/jobs`, and, started as `strand-train worker`, the worker of the queue.
//!
//! Two functions of one image: the worker has limits, rights and alarms of its own.

mod worker;

use lambda_http::Error;
use strand::http::Resource;
use strand::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let settings = Settings::from_env()?;
    match std::env::args().nth(1).as_deref() {
        None => strand_lambda::serve(&[Resource::Training], settings.start().await?).await,
        Some("worker") => worker::work(settings.start().await?.library).await,
        Some(other) => {
            Err(format!("\"{other}\" is no command of strand-train; it takes none, or worker.").into())
        }
    }
}
