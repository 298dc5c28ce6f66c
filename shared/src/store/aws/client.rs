//! How AWS is spoken to: HTTPS over ring, a few tries with jitter, and no call longer than a request may take.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::time::Duration;

/// Tries of a call, the first included; the waits between them double from a second at most, with full jitter.
const TRIES: u32 = 4;
/// A server that does not take a connection within this time is away.
const CONNECT: Duration = Duration::from_secs(2);
/// A call that is not answered within this time is tried again.
const TRY: Duration = Duration::from_secs(4);
/// With all its tries, a call ends within this time.
const CALL: Duration = Duration::from_secs(9);

/// The configuration of all clients, from the environment as every AWS tool reads it.
pub async fn sdk_config() -> SdkConfig {
    let https = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(TRY)
        .operation_timeout(CALL);
    let retries = RetryConfig::standard()
        .with_max_attempts(TRIES)
        .with_initial_backoff(Duration::from_millis(300))
        .with_max_backoff(Duration::from_secs(2));
    // Pinned, so that an update of the SDK changes no default.
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(https)
        .timeout_config(timeouts.build())
        .retry_config(retries)
        .load()
        .await
}

/// Emulators and other makers of S3 know buckets by path, not as a host name of their own.
pub fn s3_config(config: &SdkConfig) -> aws_sdk_s3::Config {
    let elsewhere = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    aws_sdk_s3::config::Builder::from(config)
        .force_path_style(elsewhere)
        .build()
}
