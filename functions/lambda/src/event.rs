//! What Lambda invokes a function with: events of many services come as JSON, and each function takes one kind.

use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use lambda_http::lambda_runtime::Diagnostic;
use lambda_http::request::LambdaRequest;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A request of a REST API, or why the event is none.
pub struct HttpEvent(pub Result<LambdaRequest, Diagnostic>);

impl<'de> Deserialize<'de> for HttpEvent {
    // Never an error: the one of the runtime would stand before ours.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        let request = serde_json::from_str::<ApiGatewayProxyRequest>(event.get());
        let refused = |_| {
            unsupported(
                "requests of a REST API of API Gateway (payload format 1.0)",
                event.get(),
            )
        };
        Ok(Self(request.map(LambdaRequest::ApiGatewayV1).map_err(refused)))
    }
}

/// The fields that tell where an event comes from.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Origin {
    version: String,
    source: String,
    #[serde(alias = "Records")]
    records: Vec<Record>,
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestContext {
    elb: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(alias = "eventSource", alias = "EventSource")]
    source: String,
}

/// The error for an event of another kind than what the function `takes`.
pub fn unsupported(takes: &str, event: &str) -> Diagnostic {
    let origin: Origin = serde_json::from_str(event).unwrap_or_default();
    let kind = match &origin.records[..] {
        [Record { source }, ..] => format!("comes from {source}"),
        [] if origin.version == "2.0" => {
            "is a request of an HTTP API or a function URL (payload format 2.0)".to_owned()
        }
        [] if origin.request_context.elb.is_some() => "is a request of a load balancer".to_owned(),
        [] if !origin.source.is_empty() => format!("comes from {}", origin.source),
        [] => "is of another kind".to_owned(),
    };
    Diagnostic {
        error_type: "UnsupportedEvent".to_owned(),
        error_message: format!("This function takes {takes}; this event {kind}."),
    }
}

/// Whether the body was binary and arrived as text: API Gateway put characters in place of the bytes that are none.
pub fn lost_bytes(request: &LambdaRequest) -> bool {
    let LambdaRequest::ApiGatewayV1(request) = request else {
        return false;
    };
    let body = request.body.as_deref().unwrap_or_default();
    !request.is_base64_encoded && body.contains(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(event: &Value) -> Result<LambdaRequest, Diagnostic> {
        serde_json::from_value::<HttpEvent>(event.clone()).unwrap().0
    }

    #[test]
    fn an_event_of_another_kind_is_one_sentence_that_names_what_is_taken() {
        for (event, kind) in [
            (
                json!({"Records": [{"eventSource": "aws:sqs", "body": "1"}]}),
                "comes from aws:sqs",
            ),
            (
                json!({"Records": [{"EventSource": "aws:sns"}]}),
                "comes from aws:sns",
            ),
            (
                json!({"source": "aws.events", "detail": {}}),
                "comes from aws.events",
            ),
            (
                json!({"version": "2.0", "rawPath": "/colors", "requestContext": {"http": {"method": "GET"}}}),
                "is a request of an HTTP API or a function URL (payload format 2.0)",
            ),
            (
                json!({"path": "/colors", "httpMethod": "GET", "requestContext": {"elb": {"targetGroupArn": "arn"}}}),
                "is a request of a load balancer",
            ),
            (json!({"tidy": true}), "is of another kind"),
            (json!([1]), "is of another kind"),
            (json!(null), "is of another kind"),
        ] {
            let said = read(&event).unwrap_err();
            let wanted =
                "This function takes requests of a REST API of API Gateway (payload format 1.0); this event";
            assert_eq!(said.error_message, format!("{wanted} {kind}."));
            assert_eq!(said.error_type, "UnsupportedEvent");
        }
    }

    #[test]
    fn a_body_that_lost_bytes_is_told() {
        let lost = |body: &str, is_base64: bool| {
            let event = json!({
                "path": "/analyze", "httpMethod": "POST", "requestContext": {"httpMethod": "POST"}, "body": body,
                "isBase64Encoded": is_base64,
            });
            lost_bytes(&read(&event).unwrap())
        };
        assert!(lost("\u{fffd}\u{fffd}\u{fffd}\u{fffd}\0\u{10}JFIF", false));
        assert!(!lost("{\"name\": \"Br\u{e4}un\"}", false));
        assert!(!lost("/9j/4AAQSkZJRg==", true));
    }
}
