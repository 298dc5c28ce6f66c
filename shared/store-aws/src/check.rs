//! What the store must be able to do, tried before it is relied on: emulators and other makes of S3 and DynamoDB may lack it.

use crate::AwsStore;
use crate::bucket::When;
use crate::rows::random;
use crate::write::{Key, Refused, Write};
use strand_library::ports::StoreError;

impl AwsStore {
    /// Tries conditional writes to the table and the bucket, and a deletion with a checksum; once it has worked, not again.
    pub(crate) async fn check_conditions(&self) -> Result<(), StoreError> {
        let tried = self.conditions.get_or_try_init(|| async {
            self.check_conditional_rows().await?;
            self.check_conditional_objects().await
        });
        tried.await.copied()
    }

    async fn check_conditional_rows(&self) -> Result<(), StoreError> {
        let key = Key::new(format!("PROBE#{}", random()), "PROBE");
        let create = Write::put(&key)?.when("attribute_not_exists(#pk)");
        self.table.write(create.clone()).await?;
        let again = self.table.write(create).await;
        self.table.write(Write::delete(key)).await?;
        match again {
            Err(Refused::Condition(_)) => Ok(()),
            Ok(_) => Err(StoreError::Failed(
                "the table ignores the conditions of writes, which keep two writers apart; use DynamoDB"
                    .into(),
            )),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn check_conditional_objects(&self) -> Result<(), StoreError> {
        // A lifecycle rule deletes what a crash leaves here.
        let key = format!("uploads/probe-{}", random());
        let put = async || {
            self.bucket
                .put(&key, b"probe".to_vec(), "text/plain", When::Absent)
                .await
        };
        let lacks = |what: &str, error: StoreError| {
            StoreError::Failed(format!(
                "the bucket does not take {what} ({error}); use S3, or a newer version of what stands in for it"
            ))
        };
        let condition = "a write with If-None-Match";
        put().await.map_err(|error| lacks(condition, error))?;
        let again = put().await.map_err(|error| lacks(condition, error))?;
        let deleted = self.bucket.delete(std::slice::from_ref(&key)).await;
        deleted.map_err(|error| lacks("a deletion with a checksum", error))?;
        if again {
            return Err(StoreError::Failed(
                "the bucket ignores If-None-Match, which keeps two writers apart; use S3, or a newer version of what \
                 stands in for it"
                    .into(),
            ));
        }
        Ok(())
    }
}
