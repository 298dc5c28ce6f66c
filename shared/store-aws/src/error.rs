//! AWS errors, and their conversion to errors of the ports.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;
use strand_library::ports::StoreError;

/// Temporary errors that have no status of their own: throttling and write conflicts.
const PASSING: [&str; 10] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Converts an error. A temporary one becomes [`StoreError::Unavailable`]; the SDK has already retried it.
pub fn failed<E>(doing: &str) -> impl Fn(SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| {
        let text = format!("{doing}: {}", told(&error));
        if passes(&error) {
            StoreError::Unavailable(text)
        } else {
            StoreError::Failed(text)
        }
    }
}

fn passes<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            status == 429 || status >= 500 || answer.err().code().is_some_and(|code| PASSING.contains(&code))
        }
        SdkError::ConstructionFailure(_) => false,
        // No response, a late one, or an incomplete one.
        _ => true,
    }
}

/// The message of AWS, or the reason why there is none, on one line.
fn told<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let (Some(code), Some(message)) = (error.code(), error.message()) {
        return format!("{code}: {message}");
    }
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let status = status(error)
        .map(|status| format!(" (HTTP {status})"))
        .unwrap_or_default();
    format!("{}{status}", causes.join(": "))
}

/// The HTTP status of the response, if there was one.
pub fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

/// An inconsistent request of our own, which the SDK refused to build.
pub fn broken(error: impl Error) -> StoreError {
    StoreError::Failed(error.to_string())
}
