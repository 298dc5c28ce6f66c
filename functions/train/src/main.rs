//! Lambda function: `/train`, `/jobs` and, started as `strand-train worker`, the worker of the queue.
//!
//! Both functions use the same image. The worker has its own limits, permissions and alarms.

mod worker;

use lambda_http::Error;
use strand::compose::Service;
use strand::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let command = std::env::args().nth(1);
    let mut service = Service::start(Settings::from_env()?).await?;
    let analyzer = service.analyzer()?;
    let (training, jobs) = service.training(&analyzer);
    match command.as_deref() {
        None => {
            let base = service.http.base_path.clone();
            strand_lambda::serve(base, service.routes().training(training, jobs).build()).await
        }
        Some("worker") => worker::work(service.library, jobs).await,
        Some(other) => {
            Err(format!("\"{other}\" is not a command of strand-train; it takes none, or worker.").into())
        }
    }
}
