//! Several servers on one store on AWS, and their behavior when AWS is unreachable, slow, throttling, or failing.
//!
//! `make test-aws` starts an emulator and runs these tests. Other runs ignore them.

#[path = "../acceptance/fixtures.rs"]
#[expect(dead_code, reason = "the acceptance suite uses the rest")]
mod fixtures;

mod faults;
mod processes;

use std::process::Command;

use strand_tests::server::{Server, binary};

/// A table and a bucket that only one test uses.
#[derive(Clone)]
pub struct Place {
    table: String,
    bucket: String,
    endpoint: String,
}

impl Place {
    /// Creates them in the emulator.
    ///
    /// # Panics
    /// If no emulator is configured, or it returns an error.
    pub fn create() -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL").ok();
        let endpoint =
            endpoint.expect("AWS_ENDPOINT_URL is not set; run make test-aws, which starts an emulator");
        let name = fixtures::unique("strand").replace(' ', "-");
        let place = Self {
            table: name.clone(),
            bucket: name,
            endpoint,
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
        place
    }

    /// Starts a server on the store. The server reaches AWS at `endpoint`.
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

    /// Makes the claim on a color lapse, which otherwise happens some time after its process has died.
    ///
    /// # Panics
    /// If there is no such claim.
    pub async fn lapse_claim(&self, color: u64) {
        let update = serde_json::json!({
            "TableName": self.table,
            "Key": { "pk": { "S": "COLORS" }, "sk": { "S": format!("{color:020}") } },
            "UpdateExpression": "SET claimed_until = :past",
            "ConditionExpression": "attribute_exists(claimed_until)",
            "ExpressionAttributeValues": { ":past": { "N": "1" } },
        });
        // The emulator takes the region from the signature and does not check it.
        let signature = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, \
            SignedHeaders=host, Signature=0";
        let answer = reqwest::Client::new()
            .post(&self.endpoint)
            .header("x-amz-target", "DynamoDB_20120810.UpdateItem")
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", signature)
            .body(update.to_string())
            .send()
            .await
            .expect("the emulator answers");
        let status = answer.status();
        assert!(status.is_success(), "{status} {:?}", answer.text().await);
    }

    /// The URL of the emulator.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}
