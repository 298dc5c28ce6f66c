//! Creates the table and the bucket as `template.yaml` does, for emulators and other kinds of deployment.

use crate::error::{broken, failed};
use crate::{AwsConfig, AwsStore, client};
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint,
    BucketVersioningStatus, CorsConfiguration, CorsRule, CreateBucketConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use std::time::Duration;
use strand_library::ports::StoreError;

/// How long to wait for a new table to become active.
const TABLE_LIMIT: Duration = Duration::from_mins(2);
/// How many days old versions are kept, by prefix. Photos are kept longest, so that a mistaken deletion can be undone;
/// objects that every change rewrites are kept for less, uploads only briefly.
const OLD_VERSIONS: [(&str, i32); 5] = [
    ("photos/", 30),
    ("features/", 7),
    ("models/", 7),
    ("library/", 7),
    ("uploads/", 1),
];
/// How many days uploads are kept.
const UPLOADS: i32 = 1;

/// Creates the configured table and bucket if they do not exist, and sets the bucket's rules.
///
/// # Errors
/// The error that AWS returned.
pub async fn create(config: &AwsConfig) -> Result<(), StoreError> {
    let sdk = client::sdk_config().await;
    let store = AwsStore::over(&sdk, config.clone());
    create_table(&store).await?;
    create_bucket(&store, sdk.region().map(AsRef::as_ref)).await
}

async fn create_table(store: &AwsStore) -> Result<(), StoreError> {
    let (table, name) = (store.table.client(), store.table.name());
    let attribute = |name| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(broken)
    };
    let key = |name, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .map_err(broken)
    };
    let request = table
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    let request = request
        .attribute_definitions(attribute("pk")?)
        .attribute_definitions(attribute("sk")?);
    let request = request
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?);
    match request.send().await {
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(()),
        created => created.map_err(failed("CreateTable"))?,
    };
    let active = table
        .wait_until_table_exists()
        .table_name(name)
        .wait(TABLE_LIMIT)
        .await;
    active.map_err(broken)?;
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name("expires_at")
        .enabled(true);
    let ttl = table
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl.build().map_err(broken)?);
    ttl.send().await.map_err(failed("UpdateTimeToLive"))?;
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
    let recovery = recovery.build().map_err(broken)?;
    let backups = table.update_continuous_backups().table_name(name);
    let backups = backups
        .point_in_time_recovery_specification(recovery)
        .send()
        .await;
    backups.map(|_| ()).map_err(failed("UpdateContinuousBackups"))
}

async fn create_bucket(store: &AwsStore, region: Option<&str>) -> Result<(), StoreError> {
    let (bucket, name) = (store.bucket.client(), store.bucket.name());
    // us-east-1, the oldest region, is the only one that must not be named.
    let place = region.filter(|region| *region != "us-east-1").map(|region| {
        let constraint = BucketLocationConstraint::from(region);
        CreateBucketConfiguration::builder()
            .location_constraint(constraint)
            .build()
    });
    match bucket
        .create_bucket()
        .bucket(name)
        .set_create_bucket_configuration(place)
        .send()
        .await
    {
        Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
        created => {
            created.map_err(failed("CreateBucket"))?;
        }
    }
    let encryption = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(encryption.build().map_err(broken)?);
    let rules = ServerSideEncryptionConfiguration::builder()
        .rules(rule.build())
        .build()
        .map_err(broken)?;
    let request = bucket
        .put_bucket_encryption()
        .bucket(name)
        .server_side_encryption_configuration(rules);
    request.send().await.map_err(failed("PutBucketEncryption"))?;
    let versions = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    let request = bucket
        .put_bucket_versioning()
        .bucket(name)
        .versioning_configuration(versions);
    request.send().await.map_err(failed("PutBucketVersioning"))?;
    let request = bucket
        .put_bucket_lifecycle_configuration()
        .bucket(name)
        .lifecycle_configuration(lifecycle()?);
    request
        .send()
        .await
        .map_err(failed("PutBucketLifecycleConfiguration"))?;
    let browsers = CorsRule::builder()
        .allowed_origins("*")
        .allowed_methods("PUT")
        .allowed_headers("content-type")
        .max_age_seconds(3600);
    let cors = CorsConfiguration::builder()
        .cors_rules(browsers.build().map_err(broken)?)
        .build()
        .map_err(broken)?;
    let request = bucket.put_bucket_cors().bucket(name).cors_configuration(cors);
    request.send().await.map(|_| ()).map_err(failed("PutBucketCors"))
}

fn lifecycle() -> Result<BucketLifecycleConfiguration, StoreError> {
    let mut rules = BucketLifecycleConfiguration::builder();
    for (prefix, days) in OLD_VERSIONS {
        let old = NoncurrentVersionExpiration::builder()
            .noncurrent_days(days)
            .build();
        let rule = LifecycleRule::builder()
            .id(format!("old-{}", prefix.trim_end_matches('/')))
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
            .noncurrent_version_expiration(old);
        let expiration = LifecycleExpiration::builder();
        let expiration = match prefix {
            "uploads/" => expiration.days(UPLOADS),
            _ => expiration.expired_object_delete_marker(true),
        };
        rules = rules.rules(rule.expiration(expiration.build()).build().map_err(broken)?);
    }
    let abort = AbortIncompleteMultipartUpload::builder()
        .days_after_initiation(1)
        .build();
    let rule = LifecycleRule::builder()
        .id("broken-uploads")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .abort_incomplete_multipart_upload(abort);
    rules.rules(rule.build().map_err(broken)?).build().map_err(broken)
}
