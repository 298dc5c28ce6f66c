//! The connection to AWS: HTTPS over ring, a few attempts with jitter, and a time limit below that of a request.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::time::Duration;

/// Maximum attempts of a call, including the first. The waits between attempts double, with full jitter.
const TRIES: u32 = 4;
/// Connect timeout. A server that takes longer counts as unreachable.
const CONNECT: Duration = Duration::from_secs(2);
/// Timeout of one attempt.
const TRY: Duration = Duration::from_secs(4);
/// Timeout of a call with all its attempts.
const CALL: Duration = Duration::from_secs(9);

/// The configuration of all clients, read from the environment as all AWS tools do.
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
    // Pinned, so that an SDK update changes no defaults.
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(https)
        .timeout_config(timeouts.build())
        .retry_config(retries)
        .load()
        .await
}

/// Emulators and other S3 implementations address buckets by path, not by host name.
pub fn s3_config(config: &SdkConfig) -> aws_sdk_s3::Config {
    let elsewhere = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    aws_sdk_s3::config::Builder::from(config)
        .force_path_style(elsewhere)
        .build()
}
