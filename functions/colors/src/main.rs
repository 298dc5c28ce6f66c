//! Lambda function: `/colors`, their images, `/uploads`, and every path that no other function serves.

use lambda_http::Error;
use strand::http::Resource;
use strand::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut settings = Settings::from_env()?;
    // It measures no photo.
    settings.preload = false;
    strand_lambda::serve(&[Resource::Colors], settings.start().await?).await
}
