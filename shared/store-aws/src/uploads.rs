//! Uploads: presigned `PUT` requests to the bucket. A lifecycle rule of the bucket deletes everything under `uploads/`.

use crate::AwsStore;
use crate::error::{broken, failed};
use crate::rows::{PhotoRow, UploadRow, random};
use crate::write::Write;
use async_trait::async_trait;
use aws_sdk_s3::presigning::PresigningConfig;
use strand_library::ports::{Shades, StoreError, UPLOAD_LASTS, Upkeep, Uploads};
use strand_library::{NewUpload, Received, Upload, UploadTarget, UploadTerms, Usage};

fn object(key: &str) -> String {
    format!("uploads/{key}")
}

/// The scheme and authority of a URL.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    Some(format!("{scheme}://{authority}"))
}

impl AwsStore {
    /// The web origin to which clients send uploads, such as `https://bucket.s3.eu-central-1.amazonaws.com`. Nothing is
    /// sent to AWS; `None` without credentials, with which no upload can be signed either.
    pub async fn upload_origin(&self) -> Option<String> {
        let put = self.bucket.client().put_object();
        let put = put.bucket(self.bucket.name()).key(object("origin"));
        let lasts = PresigningConfig::expires_in(UPLOAD_LASTS).ok()?;
        let signed = put.presigned(lasts).await.ok()?;
        origin_of(signed.uri())
    }
}

#[async_trait]
impl Uploads for AwsStore {
    /// The signature covers size and type, so S3 rejects any other.
    async fn create_upload(&self, new: NewUpload) -> Result<Upload, StoreError> {
        let key = random();
        let put = self
            .bucket
            .client()
            .put_object()
            .bucket(self.bucket.name())
            .key(object(&key));
        let put = put
            .content_type(&new.content_type)
            .content_length(new.size as i64);
        let lasts = PresigningConfig::expires_in(UPLOAD_LASTS).map_err(broken)?;
        let signed = put.presigned(lasts).await.map_err(failed("signing an upload"))?;
        let content_type = new.content_type.clone();
        let terms = UploadTerms::new(new);
        let expires_at = terms.expires_at;
        self.table
            .write(Write::put(&UploadRow::new(&key, terms))?)
            .await?;
        // Browsers set the length themselves and do not allow scripts to.
        let headers = signed
            .headers()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Upload {
            key,
            content_type,
            target: Some(UploadTarget {
                url: signed.uri().to_owned(),
                headers,
            }),
            expires_at,
        })
    }

    async fn upload_terms(&self, key: &str) -> Result<UploadTerms, StoreError> {
        let row: Option<UploadRow> = self.table.get(&UploadRow::key(key)).await?;
        row.map(|row| row.terms.into()).ok_or(StoreError::NotFound)
    }

    async fn received(&self, key: &str, size: u64) -> Result<Received, StoreError> {
        Ok(match self.bucket.get_within(&object(key), size).await? {
            None => Received::Nothing,
            Some(Err(larger)) => Received::OtherSize(larger),
            Some(Ok(object)) if object.bytes.len() as u64 == size => Received::Bytes(object.bytes),
            Some(Ok(object)) => Received::OtherSize(object.bytes.len() as u64),
        })
    }
}

#[async_trait]
impl Upkeep for AwsStore {
    /// Reads the rows of all shades and photos, so it is only asked for where there is a quota.
    async fn usage(&self) -> Result<Usage, StoreError> {
        let shades = self.shades(None, usize::MAX).await?;
        let mut usage = Usage {
            shades: shades.len() as u64,
            ..Usage::default()
        };
        for shade in shades {
            let rows = self.photo_rows::<PhotoRow>(shade.id).await?;
            usage.photos += rows.len() as u64;
            usage.bytes += rows.iter().map(|row| row.bytes).sum::<u64>();
        }
        Ok(usage)
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.sweep().await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.check_table().await?;
        self.check_bucket().await?;
        self.check_conditions().await
    }
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_origin_has_neither_path_nor_query() {
        for (url, origin) in [
            (
                "https://b.s3.eu-central-1.amazonaws.com/uploads/k?X-Amz-Date=1",
                Some("https://b.s3.eu-central-1.amazonaws.com"),
            ),
            ("http://localhost:5000/b/uploads/k", Some("http://localhost:5000")),
            ("localhost", None),
        ] {
            assert_eq!(origin_of(url).as_deref(), origin, "{url}");
        }
    }
}
