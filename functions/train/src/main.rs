//! Lambda function: `/train` and `/jobs`.

use lambda_http::Error;
use strand::http::Resource;
use strand::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let service = Settings::from_env()?.start().await?;
    strand_lambda::serve(&[Resource::Training], service).await
}
