//! HTTP over the protocols of Lambda, the same for each function behind API Gateway.

use lambda_http::Error;
use strand::http::{Resource, router_of};
use strand::settings::Service;

/// Serves the routes of some resources to API Gateway until Lambda ends the process.
///
/// Answers are streamed, all of them: a function that streams any answer must stream every one, because API Gateway
/// expects one protocol per integration. So progress arrives as it happens, photos are not bound to the 6 MB of
/// buffered answers, and a training may take longer than the 29 s that a buffered integration waits.
///
/// # Errors
/// Only those of the Runtime API, which end the process. An event that is not of API Gateway ends its invocation with
/// an error that says so.
pub async fn serve(resources: &[Resource], Service { library, http }: Service) -> Result<(), Error> {
    let routes = router_of(resources, library, http);
    if only_buffers() {
        lambda_http::run(routes).await
    } else {
        lambda_http::run_with_streaming_response(routes).await
    }
}

/// `sam local start-api` takes the bytes of a streamed answer for one JSON object and fails on them.
fn only_buffers() -> bool {
    std::env::var_os("AWS_SAM_LOCAL").is_some()
}
