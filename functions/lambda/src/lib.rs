//! HTTP over the protocols of Lambda, the same for each function behind API Gateway.

mod event;
mod place;

pub use event::unsupported;

use axum::Router;
use event::{HttpEvent, lost_bytes};
use lambda_http::lambda_runtime::{self, Diagnostic, FunctionResponse, LambdaEvent, service_fn};
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Error, StreamAdapter};
use strand_http::BasePath;

/// Responses for paths below these use Lambda's streaming protocol. All others use the buffered one.
///
/// API Gateway expects one protocol per route, so template.yaml has to name the same paths (`ResponseTransferMode`),
/// and `make test-containers` compares the two. Streaming delivers progress as it happens, allows responses larger than
/// 6 MB, and allows them to take longer than 29 seconds. But the Runtime API receives a streamed response in at least
/// three writes, on a connection without `TCP_NODELAY`, so each write may wait 40 ms for the acknowledgment of the one
/// before. That is too slow for a response that fits into one write.
const STREAMED: [&str; 2] = ["/train/", "/training_data/"];

/// Serves routes to API Gateway until Lambda ends the process. `base` is the path before them, if the settings name one;
/// otherwise each event tells it.
///
/// # Errors
/// Only errors of the Runtime API, which end the process. An event of another kind ends its invocation with an error that
/// says what is taken.
pub async fn serve(base: BasePath, routes: Router) -> Result<(), Error> {
    let streams = !only_buffers();
    let handle = |LambdaEvent { payload, context }: LambdaEvent<HttpEvent>| {
        let routes = routes.clone();
        let located = payload.0.map(|mut request| {
            place::locate(&mut request, &base);
            request
        });
        async move {
            let request = located?;
            if lost_bytes(&request) {
                tracing::error!(
                    "A binary body arrived as text and lost bytes: let the API pass all media types (*/*) as binary."
                );
            }
            let streamed = streams && is_streamed(&request);
            let event = LambdaEvent::new(request, context);
            if streamed {
                let answer = StreamAdapter::from(routes).oneshot(event).await?;
                Ok::<_, Diagnostic>(FunctionResponse::StreamingResponse(answer))
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

/// `sam local start-api` parses the bytes of a streamed response as one JSON object and fails.
fn only_buffers() -> bool {
    std::env::var_os("AWS_SAM_LOCAL").is_some()
}
