//! HTTP over the protocols of Lambda, the same for each function behind API Gateway.

use lambda_http::lambda_runtime::{self, FunctionResponse, LambdaEvent, service_fn};
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Error, StreamAdapter};
use strand::http::{Resource, router_of};
use strand::settings::Service;

/// Paths below these are answered in Lambda's streaming protocol, all others in the buffered one.
///
/// API Gateway expects one protocol per route, so template.yaml has to name the same paths (`ResponseTransferMode`), and
/// `make test-containers` holds the two against each other. Streamed, progress arrives as it happens, an answer may be
/// larger than 6 MB and take longer than 29 seconds. But the Runtime API is handed a streamed answer in three writes at
/// least, on a connection without `TCP_NODELAY`, so that each may wait 40 ms for the acknowledgement of the one before:
/// too much for what fits into one.
const STREAMED: [&str; 2] = ["/train/", "/training_data/"];

/// Serves the routes of some resources to API Gateway until Lambda ends the process.
///
/// # Errors
/// Only those of the Runtime API, which end the process. An event that is not of API Gateway ends its invocation with
/// an error that says so.
pub async fn serve(resources: &[Resource], Service { library, http }: Service) -> Result<(), Error> {
    let routes = router_of(resources, library, http);
    let streams = !only_buffers();
    let handle = |event: LambdaEvent<LambdaRequest>| {
        let routes = routes.clone();
        let streamed = streams && is_streamed(&event.payload);
        async move {
            if streamed {
                let answer = StreamAdapter::from(routes).oneshot(event).await?;
                Ok::<_, Error>(FunctionResponse::StreamingResponse(answer))
            } else {
                let answer = Adapter::from(routes).oneshot(event).await?;
                Ok(FunctionResponse::BufferedResponse(answer))
            }
        }
    };
    lambda_runtime::run(service_fn(handle)).await
}

fn is_streamed(request: &LambdaRequest) -> bool {
    let LambdaRequest::ApiGatewayV1(request) = request else {
        return false;
    };
    let path = request.path.as_deref().unwrap_or_default();
    STREAMED.iter().any(|prefix| path.starts_with(prefix))
}

/// `sam local start-api` takes the bytes of a streamed answer for one JSON object and fails on them.
fn only_buffers() -> bool {
    std::env::var_os("AWS_SAM_LOCAL").is_some()
}
