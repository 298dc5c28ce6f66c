//! Several servers on one store on AWS, and what they do when AWS is away, slow, throttling or failing.
//!
//! `tests/aws/run` starts an emulator and runs these; without one they say by name that they did not run.

#[path = "../acceptance/fixtures.rs"]
#[expect(dead_code, reason = "the acceptance suite uses the rest")]
mod fixtures;

mod faults;
mod processes;

use std::process::Command;

use strand_tests::server::{Server, binary, not_run};

/// A table and a bucket of a test's own.
pub struct Place {
    table: String,
    bucket: String,
    endpoint: String,
}

impl Place {
    /// Creates them in the emulator, or says that the test was left out.
    ///
    /// # Panics
    /// Where the emulator refuses them.
    pub fn create(test: &str) -> Option<Self> {
        let endpoint = std::env::var("AWS_ENDPOINT_URL").ok();
        if std::env::var_os("STRAND_TEST_AWS").is_none_or(|value| value != "1") || endpoint.is_none() {
            not_run(test, "it needs an emulator of AWS; run tests/aws/run");
            return None;
        }
        let name = fixtures::unique("strand").replace(' ', "-");
        let place = Self {
            table: name.clone(),
            bucket: name,
            endpoint: endpoint.unwrap_or_default(),
        };
        let created = Command::new(binary())
            .args(["store", "create"])
            .env("STRAND_TABLE", &place.table)
            .env("STRAND_BUCKET", &place.bucket)
            .output()
            .expect("it runs");
        assert!(
            created.status.success(),
            "{}",
            String::from_utf8_lossy(&created.stderr)
        );
        Some(place)
    }

    /// Starts a server on the store, which speaks to AWS at `endpoint`.
    pub fn server_at(&self, endpoint: &str) -> Server {
        Server::start(&[
            ("STRAND_STORE", "aws"),
            ("STRAND_TABLE", &self.table),
            ("STRAND_BUCKET", &self.bucket),
            ("AWS_ENDPOINT_URL", endpoint),
        ])
    }

    /// Starts a server on the store.
    pub fn server(&self) -> Server {
        self.server_at(&self.endpoint)
    }

    /// Where the emulator is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}
