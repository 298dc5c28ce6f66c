//! The worker of the queue: each SQS message names a job. On a schedule it clears away what deletions left.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_http::Error;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use strand::library::Library;

/// Left to answer in before Lambda ends an invocation.
const MARGIN: Duration = Duration::from_secs(5);

/// Works on the jobs of the queue until Lambda ends the process.
pub async fn work(library: Arc<Library>) -> Result<(), Error> {
    let handle = |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let library = Arc::clone(&library);
        async move {
            if payload == json!({ "tidy": true }) {
                library.tidy().await?;
                return Ok(SqsBatchResponse::default());
            }
            let event: SqsEvent = serde_json::from_value(payload).map_err(|error| {
                format!("the worker takes events of SQS, or {{\"tidy\": true}}, and nothing else ({error})")
            })?;
            Ok::<_, Error>(batch(&library, event, &context).await)
        }
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// Works on one batch. Messages that are not done are named in the answer, so that the queue delivers just those again,
/// and moves them to the dead letter queue after their tries. Working on a job that is over does nothing.
async fn batch(library: &Arc<Library>, event: SqsEvent, context: &Context) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        if let Err(error) = in_time(library, &message, context).await {
            let (id, body) = (message.message_id.unwrap_or_default(), message.body);
            tracing::error!(message_id = %id, body, error, "a message goes back to the queue");
            response.add_failure(id);
        }
    }
    response
}

/// A job that takes longer than this invocation may is tried again from where it stands.
async fn in_time(library: &Arc<Library>, message: &SqsMessage, context: &Context) -> Result<(), String> {
    let job_id = message.body.as_deref().and_then(|body| body.parse().ok());
    let job_id = job_id.ok_or("the message is not the id of a job")?;
    let left = context.deadline().duration_since(SystemTime::now());
    let left = left.unwrap_or_default().saturating_sub(MARGIN);
    tokio::time::timeout(left, library.work_on_job(job_id))
        .await
        .map_err(|_| "the job takes longer than this invocation may")?
        .map_err(|error| error.to_string())
}
