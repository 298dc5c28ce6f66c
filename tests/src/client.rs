//! A thin client that checks every response against the rules of the contract that apply to all responses.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

/// Sends requests to one deployment.
///
/// Each test makes its own client: `reqwest` ties its connections to the runtime that opened them, and every test has
/// its own runtime.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, complete.
    pub body: Vec<u8>,
    asked: String,
}

/// Words that would reveal a server's internals.
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
    /// If the operating system provides no socket.
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

    /// The URL of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request for the test to complete.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// Sends `request` and reads the response.
    ///
    /// # Panics
    /// If the server does not respond, or responds without a request id.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request)
            .await
            .unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }

    /// Like [`send`](Self::send), for tests that kill the server during a request.
    ///
    /// # Errors
    /// If the connection breaks before the response is complete.
    ///
    /// # Panics
    /// If the response has no request id.
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

    /// Sends `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Sends `POST path` without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// Sends `POST path` with JSON.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends `PATCH path` with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// Sends `POST path` with a form.
    pub async fn post_form(&self, path: &str, form: Form) -> Answer {
        self.send(self.request(Method::POST, path).multipart(form)).await
    }

    /// Creates a color and returns its id.
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

    /// Sends bytes to the target in the response of `POST /uploads`, which may be on another server.
    ///
    /// # Panics
    /// If there is no response.
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

    /// Analyzes one photo and returns its row.
    pub async fn analyze_one(&self, photo: &[u8]) -> Value {
        let mut answer = self.analyze([("photo.jpg", photo)]).await.expect(200);
        answer["results"][0].take()
    }

    /// Analyzes one photo with which something is wrong, and returns the code and the error of its row.
    ///
    /// # Panics
    /// If the photo is found to be good, or if the error is not a sentence.
    pub async fn bad_row(&self, photo: &[u8]) -> (String, String) {
        let row = self.analyze_one(photo).await;
        assert_eq!(row["status"], "failed", "{row}");
        let error = text(&row["error"]).to_owned();
        assert_sentence(&error);
        (text(&row["code"]).to_owned(), error)
    }

    /// Trains a color and expects that to succeed.
    pub async fn train(&self, color: u64) -> Value {
        self.post(&format!("/train/{color}")).await.expect(200)
    }

    /// The color in its current state.
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
    /// If the response is not an array.
    pub async fn images(&self, color: u64) -> Vec<Value> {
        let mut images = self.get(&format!("/colors/{color}/images")).await.expect(200);
        images
            .as_array_mut()
            .map(std::mem::take)
            .expect("the images are an array")
    }
}

/// A multipart form with all files in the same field.
///
/// # Panics
/// Never: the content type is valid.
pub fn form<'a>(field: &str, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Form {
    files.into_iter().fold(Form::new(), |form, (filename, bytes)| {
        let part = Part::bytes(bytes.to_vec()).file_name(filename.to_owned());
        form.part(
            field.to_owned(),
            part.mime_str("image/jpeg").expect("a valid type"),
        )
    })
}

/// The `id` of a response.
///
/// # Panics
/// If it is not a positive integer.
pub fn id(value: &Value) -> u64 {
    value["id"]
        .as_u64()
        .filter(|id| *id > 0)
        .unwrap_or_else(|| panic!("no positive integer id: {value}"))
}

/// The value of a string field.
///
/// # Panics
/// If it is not a string.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

/// The value of a number field.
///
/// # Panics
/// If it is not a number.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

impl Answer {
    /// A header's value; empty if the response lacks it.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON in UTF-8.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.describe()))
    }

    /// The JSON body of a response with the expected status.
    ///
    /// # Panics
    /// If the status is different. The message shows the whole response.
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

    /// The `detail` of a problem with the expected status and everything that the contract requires of problems.
    ///
    /// # Panics
    /// If the response is not such a problem.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let described = self.describe();
        assert_eq!(self.status.as_u16(), status, "{described}");
        assert!(
            self.header("content-type")
                .starts_with("application/problem+json"),
            "{described}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], status, "{described}");
        for field in ["type", "title", "detail"] {
            assert!(
                problem[field].as_str().is_some_and(|text| !text.is_empty()),
                "no {field}: {described}"
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

/// Asserts that a text is a plain sentence for a person that reveals no internals.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn assert_sentence(detail: &str) {
    assert!(detail.ends_with('.'), "not a sentence: {detail:?}");
    assert!(
        (10..=400).contains(&detail.chars().count()),
        "too short or too long: {detail:?}"
    );
    assert!(!detail.contains('\n'), "more than a sentence: {detail:?}");
    let leak = INTERNALS.iter().find(|word| detail.contains(*word));
    assert!(leak.is_none(), "{leak:?} leaks from {detail:?}");
}
