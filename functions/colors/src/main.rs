//! Lambda function: `/colors`, their images, `/uploads`, the web page, and every path that no other function serves.

use lambda_http::Error;
use strand::compose::Service;
use strand::settings::Settings;

/// The largest snapshot of the library, in bytes, that this function rewrites after a change. It has the least memory
/// of all functions, so it does not load a large one.
const SNAPSHOT_LIMIT: u64 = 8 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut settings = Settings::from_env()?;
    settings.store.limit_snapshot(SNAPSHOT_LIMIT);
    let service = Service::start(settings).await?;
    let base = service.http.base_path.clone();
    strand_lambda::serve(base, service.routes().shades().page().build()).await
}
