//! The OpenAPI document, compared with the routes and with what a reader expects of it. `make test-api` also checks
//! every response against the document.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use strand_tests::client::{Client, text};
use strand_tests::server::{emulated_functions, private, shared};

/// An id that no shade, photo, or job has.
const UNKNOWN: &str = "987654321";

pub struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    pub body: &'a Value,
}

impl Operation<'_> {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn answers(&self) -> BTreeSet<&str> {
        let answers = self.body["responses"].as_object().expect("responses");
        answers.keys().map(String::as_str).collect()
    }

    /// Whether the deployment under test has it.
    fn is_here(&self) -> bool {
        let deployment = if emulated_functions() {
            "functions"
        } else {
            "server"
        };
        let named = self.body["x-strand-deployments"].as_array();
        named.is_none_or(|named| named.iter().any(|name| name == deployment))
    }

    /// The path, with unknown ids.
    fn url(&self) -> String {
        let part = |part: &str| match part {
            "{file}" => format!("{UNKNOWN}.jpg"),
            part if part.starts_with('{') => UNKNOWN.to_owned(),
            part => part.to_owned(),
        };
        let parts: Vec<String> = self.path.split('/').map(part).collect();
        parts.join("/")
    }
}

pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, body) in operations.as_object().expect("operations") {
            all.push(Operation { method, path, body });
        }
    }
    all
}

fn method(name: &str) -> Method {
    name.to_uppercase().parse().expect("a method")
}

pub async fn document(client: &Client) -> Value {
    client.get("/openapi.json").await.expect(200)
}

#[tokio::test]
#[cfg_attr(feature = "deployment", ignore = "needs a server process of its own")]
async fn every_documented_operation_exists() {
    let server = private();
    let client = server.client();
    let document = document(&client).await;
    for operation in operations(&document) {
        let answer = client
            .send(client.request(method(operation.method), &operation.url()))
            .await;
        let body = String::from_utf8_lossy(&answer.body);
        assert_ne!(answer.status, 405, "{}", operation.name());
        assert!(
            !body.contains("There is no route"),
            "{} is documented but does not exist: {body}",
            operation.name()
        );
        let status = answer.status.as_str().to_owned();
        assert!(
            operation.answers().contains(status.as_str()),
            "{} answers {status}, which is not documented",
            operation.name()
        );
    }
}

#[tokio::test]
async fn every_method_of_a_documented_path_is_documented() {
    let client = shared().client();
    let document = document(&client).await;
    let all = operations(&document);
    for operation in &all {
        // Use a method that the path does not support, so that the response lists those that it does. API Gateway
        // rejects TRACE.
        let puts = all
            .iter()
            .any(|other| other.path == operation.path && other.method == "put");
        let untaken = if puts { Method::PATCH } else { Method::PUT };
        let answer = client.send(client.request(untaken, &operation.url())).await;
        if !operation.is_here() {
            answer.problem(404);
            continue;
        }
        answer.problem(405);
        let allowed: BTreeSet<String> = answer
            .header("allow")
            .split(',')
            .map(|method| method.trim().to_lowercase())
            .filter(|method| method != "head" && !method.is_empty())
            .collect();
        let documented: BTreeSet<String> = all
            .iter()
            .filter(|other| other.path == operation.path)
            .map(|other| other.method.to_owned())
            .collect();
        assert_eq!(allowed, documented, "{}", operation.path);
    }
}

#[tokio::test]
async fn every_error_is_documented_as_a_problem_with_an_example() {
    let document = document(&shared().client()).await;
    for operation in operations(&document) {
        let name = operation.name();
        let answers = operation.answers();
        let needs = |statuses: &[&str]| {
            for status in statuses {
                assert!(answers.contains(status), "{name} does not document {status}");
            }
        };
        assert!(
            answers.iter().any(|status| status.starts_with('2')),
            "{name} documents no success"
        );
        if operation.path.contains("{id}") {
            needs(&["400", "404", "500", "503"]);
        }
        if operation.body["security"].is_array() {
            needs(&["401", "403"]);
        }
        if operation.body["requestBody"].is_object() {
            needs(&["400", "413", "415", "422", "503"]);
        }
        for (status, answer) in operation.body["responses"].as_object().expect("responses") {
            assert!(!text(&answer["description"]).is_empty(), "{name} {status}");
            if status.starts_with('2') {
                continue;
            }
            let problem = &answer["content"]["application/problem+json"];
            assert_eq!(
                problem["schema"]["$ref"], "#/components/schemas/Problem",
                "{name} {status}"
            );
            assert_eq!(problem["example"]["status"].to_string(), *status, "{name}");
            strand_tests::client::assert_sentence(text(&problem["example"]["detail"]));
            if status == "503" {
                assert!(answer["headers"]["retry-after"].is_object(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn every_json_body_has_an_example() {
    let document = document(&shared().client()).await;
    let has_example = |content: &Value| {
        let schema = &content["schema"];
        let reference = schema["$ref"]
            .as_str()
            .or_else(|| schema["items"]["$ref"].as_str());
        let named = reference.and_then(|target| document.pointer(target.strip_prefix('#')?));
        content["example"] != Value::Null || named.is_some_and(|schema| schema["example"] != Value::Null)
    };
    let mut bodies = 0;
    for operation in operations(&document) {
        let responses = operation.body["responses"].as_object().expect("responses");
        let request = [&operation.body["requestBody"]];
        for body in responses.values().chain(request) {
            let content = &body["content"]["application/json"];
            if content.is_object() {
                bodies += 1;
                assert!(has_example(content), "{}: {content}", operation.name());
            }
        }
    }
    assert!(bodies > 15, "only {bodies} bodies were found");
}
