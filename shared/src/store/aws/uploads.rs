//! Uploads: signed `PUT`s into the bucket. A lifecycle rule of the bucket deletes what lies under `uploads/`.

use super::Aws;
use super::error::{broken, failed};
use super::rows::{UploadRow, after, random};
use super::write::Write;
use crate::library::ports::{
    NewUpload, StoreError, UPLOAD_LASTS, Upload, UploadPlace, UploadTerms, Uploaded,
};
use aws_sdk_s3::presigning::PresigningConfig;
use jiff::Timestamp;

fn object(key: &str) -> String {
    format!("uploads/{key}")
}

impl Aws {
    /// Size and type are part of what is signed, so that S3 takes no other.
    pub(super) async fn new_upload(&self, new: NewUpload) -> Result<Upload, StoreError> {
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
        let expires_at = after(Timestamp::now(), UPLOAD_LASTS);
        let terms = UploadTerms {
            filename: new.filename,
            content_type: new.content_type,
            size: new.size,
            expires_at,
        };
        self.table
            .write(Write::put(&UploadRow::new(&key, terms))?)
            .await?;
        // Browsers set the length themselves and refuse to be told.
        let headers = signed
            .headers()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        let headers = headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Upload {
            key,
            place: Some(UploadPlace {
                url: signed.uri().to_owned(),
                headers,
            }),
            expires_at,
        })
    }

    pub(super) async fn upload_terms(&self, key: &str) -> Result<UploadTerms, StoreError> {
        let row: Option<UploadRow> = self.table.get(&UploadRow::key(key)).await?;
        row.map(|row| row.terms).ok_or(StoreError::NotFound)
    }

    pub(super) async fn uploaded_bytes(&self, key: &str, size: u64) -> Result<Uploaded, StoreError> {
        Ok(match self.bucket.get_within(&object(key), size).await? {
            None => Uploaded::Nothing,
            Some(Err(larger)) => Uploaded::OtherSize(larger),
            Some(Ok(object)) if object.bytes.len() as u64 == size => Uploaded::Bytes(object.bytes),
            Some(Ok(object)) => Uploaded::OtherSize(object.bytes.len() as u64),
        })
    }
}
