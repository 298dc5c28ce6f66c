//! Lambda function: `/analyze`, `/analyze-legacy`, and the cache of answers.

use lambda_http::Error;
use strand::http::Resource;
use strand::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut settings = Settings::from_env()?;
    // It may read the snapshot of the library and not write it.
    settings.store.limit_snapshot(0);
    strand_lambda::serve(&[Resource::Analysis], settings.start().await?).await
}
