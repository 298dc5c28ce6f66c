//! Answers to requests that are sent again: one row each. DynamoDB deletes it some time after it has expired.

use crate::AwsStore;
use crate::rows::{AnswerRow, after};
use crate::write::{Refused, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use strand_library::ports::{Answers, Begun, CLAIM_LASTS, KeyedRequest, StoreError};

#[async_trait]
impl Answers for AwsStore {
    async fn begin(&self, request: &KeyedRequest, holder: &str) -> Result<Begun, StoreError> {
        let now = Timestamp::now();
        let until = after(now, CLAIM_LASTS).as_millisecond();
        let row = AnswerRow::new(request, holder, until);
        let begin = Write::put(&row)?
            .when(
                "attribute_not_exists(#pk) OR #expires_at <= :seconds OR (attribute_not_exists(#answer) AND \
                 (#held_until <= :now OR #holder = :holder AND #fingerprint = :fingerprint))",
            )
            .with(":seconds", now.as_second())?
            .with(":fingerprint", &request.fingerprint)?
            .with(":holder", holder)?
            .with(":now", now.as_millisecond())?;
        match self.table.write(begin).await {
            Ok(_) => return Ok(Begun::Act),
            Err(Refused::Condition(_)) => {}
            Err(refused) => return Err(refused.into()),
        }
        let known: Option<AnswerRow> = self.table.get(&AnswerRow::key(&request.key)).await?;
        Ok(match known {
            Some(known) if known.fingerprint != request.fingerprint => Begun::Different,
            Some(AnswerRow {
                answer: Some(answer), ..
            }) => Begun::Answered(answer),
            // It may just have been forgotten: then the client sends it again.
            _ => Begun::Held,
        })
    }

    async fn finish(
        &self,
        key: &str,
        holder: &str,
        answer: &str,
        _shade_id: Option<u64>,
    ) -> Result<(), StoreError> {
        let finish = Write::update(AnswerRow::key(key), "SET #answer = :answer")
            .when("#holder = :holder")
            .with(":answer", answer)?
            .with(":holder", holder)?;
        held(self.table.write(finish).await.map(|_| ()))
    }

    async fn forget(&self, key: &str, holder: &str) -> Result<(), StoreError> {
        let forget = Write::delete(AnswerRow::key(key))
            .when("#holder = :holder AND attribute_not_exists(#answer)")
            .with(":holder", holder)?;
        held(self.table.write(forget).await.map(|_| ()))
    }
}

/// Another has taken the request over, which is no failure.
fn held(written: Result<(), Refused>) -> Result<(), StoreError> {
    match written {
        Ok(()) | Err(Refused::Condition(_)) => Ok(()),
        Err(refused) => Err(refused.into()),
    }
}
