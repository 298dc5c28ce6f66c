//! A thin client: it sends what a test says and holds every answer to what the contract says of all answers.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

/// Speaks to one deployment.
///
/// Each test makes its own: `reqwest` ties its connections to the runtime that opened them, and every test has one.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    asked: String,
}

/// Words that would show a server's inside to a stranger.
const INTERNALS: [&str; 12] = [
    "panicked",
    ".rs:",
    "rusqlite",
    "sqlite",
    "SELECT ",
    "INSERT ",
    "Os {",
    "Error(",
    "/tmp/",
    "amazonaws",
    "Exception",
    "GetItem",
];

impl Client {
    /// A client of the deployment at `base`, such as `http://localhost:8000`.
    ///
    /// # Panics
    /// Where the system gives no socket.
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client without TLS always builds");
        Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    /// The address of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request to be completed by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// Sends `request` and reads the answer.
    ///
    /// # Panics
    /// Where the server does not answer, or answers without a request id.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request)
            .await
            .unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }

    /// The same for tests that kill the server while they ask.
    ///
    /// # Errors
    /// Where the connection breaks before the answer is complete.
    ///
    /// # Panics
    /// Where the answer has no request id.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let request = request.build()?;
        let asked = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        let answer = Answer {
            status,
            headers,
            body,
            asked,
        };
        assert!(
            !answer.header("x-request-id").is_empty(),
            "{} has no x-request-id",
            answer.describe()
        );
        Ok(answer)
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST path` without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// `POST path` with JSON.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH path` with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `POST path` with a form.
    pub async fn post_form(&self, path: &str, form: Form) -> Answer {
        self.send(self.request(Method::POST, path).multipart(form)).await
    }

    /// Creates a color and gives its id.
    pub async fn color(&self, body: &Value) -> u64 {
        let answer = self.post_json("/colors", body).await;
        id(&answer.expect(201))
    }

    /// Uploads a training photo.
    pub async fn upload(&self, color: u64, filename: &str, bytes: &[u8]) -> Answer {
        self.post_form(
            &format!("/colors/{color}/images"),
            form("image", [(filename, bytes)]),
        )
        .await
    }

    /// Sends bytes to the place that `POST /uploads` answered with, which may be another server's.
    ///
    /// # Panics
    /// Where nobody answers there.
    pub async fn send_upload(&self, upload: &Value, bytes: &[u8]) -> reqwest::Response {
        let method = text(&upload["method"]).parse().expect("a method");
        let mut request = self.http.request(method, text(&upload["url"]));
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            request = request.header(name, text(value));
        }
        request.body(bytes.to_vec()).send().await.expect("an answer")
    }

    /// Analyzes photos.
    pub async fn analyze<'a>(&self, photos: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Answer {
        self.post_form("/analyze", form("images", photos)).await
    }

    /// Analyzes one photo and gives its row.
    pub async fn analyze_one(&self, photo: &[u8]) -> Value {
        let mut answer = self.analyze([("photo.jpg", photo)]).await.expect(200);
        answer["results"][0].take()
    }

    /// Trains a color that is expected to train.
    pub async fn train(&self, color: u64) -> Value {
        self.post(&format!("/train/{color}")).await.expect(200)
    }

    /// The color as it now is.
    pub async fn get_color(&self, color: u64) -> Value {
        self.get(&format!("/colors/{color}")).await.expect(200)
    }

    /// A color's status.
    pub async fn status(&self, color: u64) -> String {
        text(&self.get_color(color).await["status"]).to_owned()
    }

    /// A color's images.
    ///
    /// # Panics
    /// Where the answer is no array.
    pub async fn images(&self, color: u64) -> Vec<Value> {
        let mut images = self.get(&format!("/colors/{color}/images")).await.expect(200);
        images
            .as_array_mut()
            .map(std::mem::take)
            .expect("the images are an array")
    }
}

/// A multipart form of files that are all in the same field.
///
/// # Panics
/// Never: the content type is a valid one.
pub fn form<'a>(field: &str, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Form {
    files.into_iter().fold(Form::new(), |form, (filename, bytes)| {
        let part = Part::bytes(bytes.to_vec()).file_name(filename.to_owned());
        form.part(
            field.to_owned(),
            part.mime_str("image/jpeg").expect("a valid type"),
        )
    })
}

/// The `id` of an answer.
///
/// # Panics
/// Where it is not a positive integer.
pub fn id(value: &Value) -> u64 {
    value["id"]
        .as_u64()
        .filter(|id| *id > 0)
        .unwrap_or_else(|| panic!("no positive integer id: {value}"))
}

/// A string field.
///
/// # Panics
/// Where it is something else.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

/// A number field.
///
/// # Panics
/// Where it is something else.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

impl Answer {
    /// A header's value, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is not JSON in UTF-8.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.describe()))
    }

    /// The JSON body of an answer with the expected status.
    ///
    /// # Panics
    /// Where the status is another one, with the whole answer in the message.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.describe());
        assert!(
            self.header("content-type").starts_with("application/json"),
            "{}",
            self.describe()
        );
        self.json()
    }

    /// The `detail` of a problem that has the expected status and all that the contract asks of problems.
    ///
    /// # Panics
    /// Where the answer is no such problem.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        self.problem_in(&[status])
    }

    /// The same where the contract leaves more than one status open.
    ///
    /// # Panics
    /// Where the answer is no such problem.
    #[track_caller]
    pub fn problem_in(&self, statuses: &[u16]) -> String {
        let told = self.describe();
        assert!(
            statuses.contains(&self.status.as_u16()),
            "expected {statuses:?}, got {told}"
        );
        assert!(
            self.header("content-type")
                .starts_with("application/problem+json"),
            "{told}"
        );
        let problem = self.json();
        assert_eq!(
            problem["status"].as_u64(),
            Some(u64::from(self.status.as_u16())),
            "{told}"
        );
        for field in ["type", "title", "detail"] {
            assert!(
                problem[field].as_str().is_some_and(|text| !text.is_empty()),
                "no {field}: {told}"
            );
        }
        let detail = text(&problem["detail"]).to_owned();
        assert_sentence(&detail);
        detail
    }

    fn describe(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let body: String = body.chars().take(800).collect();
        format!(
            "{} -> {} {} {body}",
            self.asked,
            self.status,
            self.header("content-type")
        )
    }
}

/// A plain sentence for a person, which gives nothing of the inside away.
///
/// # Panics
/// Where it is not.
#[track_caller]
pub fn assert_sentence(detail: &str) {
    assert!(detail.ends_with('.'), "no sentence: {detail:?}");
    assert!(
        (10..=400).contains(&detail.chars().count()),
        "too short or too long: {detail:?}"
    );
    assert!(!detail.contains('\n'), "more than a sentence: {detail:?}");
    let leak = INTERNALS.iter().find(|word| detail.contains(*word));
    assert!(leak.is_none(), "{leak:?} leaks from {detail:?}");
}
