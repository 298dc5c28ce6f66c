//! Lambda function: `/colors`, their images, `/uploads`, the web page, and every path that no other function serves.

use lambda_http::Error;
use strand::http::Resource;
use strand::settings::Settings;

/// Bytes of the largest snapshot of the library that it rewrites after a change.
const SNAPSHOT_LIMIT: u64 = 8 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut settings = Settings::from_env()?;
    // It measures no photo.
    settings.preload = false;
    // The smallest function does not take a large snapshot into memory.
    settings.store.limit_snapshot(SNAPSHOT_LIMIT);
    strand_lambda::serve(&[Resource::Colors, Resource::Page], settings.start().await?).await
}
