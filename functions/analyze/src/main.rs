//! Lambda function: `/analyze`, `/analyze-legacy`, and the cache of measured photos.

use lambda_http::Error;
use strand::compose::Service;
use strand::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut settings = Settings::from_env()?;
    // This function may read the snapshot of the library, but not write it.
    settings.store.limit_snapshot(0);
    let mut service = Service::start(settings).await?;
    let analyzer = service.analyzer()?;
    let base = service.http.base_path.clone();
    strand_lambda::serve(base, service.routes().analysis(analyzer.matching).build()).await
}
