//! The worker of the queue: each SQS message names a job. On a schedule, it removes leftovers of deletions, and has
//! photos measured again that an older version measured.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_http::Error;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use strand::library::{JobQueue, Library};
use strand_lambda::unsupported;

/// The time that is reserved to respond before Lambda ends an invocation.
const MARGIN: Duration = Duration::from_secs(5);

/// Works on the jobs of the queue until Lambda ends the process.
pub async fn work(library: Arc<Library>, jobs: Arc<JobQueue>) -> Result<(), Error> {
    let handle = |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let (library, jobs) = (Arc::clone(&library), Arc::clone(&jobs));
        async move {
            if payload == json!({ "tidy": true }) {
                library.tidy().await.map_err(Error::from)?;
                jobs.measure_again().await.map_err(Error::from)?;
                return Ok(SqsBatchResponse::default());
            }
            let given = payload.to_string();
            let event = serde_json::from_value(payload).ok().filter(is_of_sqs);
            let event = event.ok_or_else(|| unsupported("messages of SQS, and {\"tidy\": true}", &given))?;
            Ok::<_, Diagnostic>(batch(&jobs, event, &context).await)
        }
    };
    lambda_runtime::run(service_fn(handle)).await
}

fn is_of_sqs(event: &SqsEvent) -> bool {
    let source = |message: &SqsMessage| message.event_source.as_deref() == Some("aws:sqs");
    event.records.iter().all(source)
}

/// Works on one batch. The response names the unfinished messages, so that the queue redelivers only those, and moves
/// them to the dead letter queue after their last attempt. A job that is already finished needs no work.
async fn batch(jobs: &JobQueue, event: SqsEvent, context: &Context) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in event.records {
        if let Err(error) = in_time(jobs, &message, context).await {
            let (id, body) = (message.message_id.unwrap_or_default(), message.body);
            tracing::error!(message_id = %id, body, error, "a message goes back to the queue");
            response.add_failure(id);
        }
    }
    response
}

/// Works on a job until this invocation's time is up. The next attempt continues an unfinished job.
async fn in_time(jobs: &JobQueue, message: &SqsMessage, context: &Context) -> Result<(), String> {
    let job_id = message.body.as_deref().and_then(|body| body.parse().ok());
    let job_id = job_id.ok_or("the message is not the id of a job")?;
    let left = context.deadline().duration_since(SystemTime::now());
    let left = left.unwrap_or_default().saturating_sub(MARGIN);
    tokio::time::timeout(left, jobs.work_on_job(job_id))
        .await
        .map_err(|_| "the job takes longer than this invocation may")?
        .map_err(|error| error.to_string())
}
