//! How the store does its work: on threads that may block, a transaction at a time.

use super::Embedded;
use super::photos::Photos;
use super::uploads::Uploads;
use crate::library::ports::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Arc, PoisonError};

impl Embedded {
    /// Runs one transaction on a thread that may block. It commits where `work` succeeds.
    pub(super) async fn transact<T, F>(&self, behavior: TransactionBehavior, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction, &Photos) -> Result<T, StoreError> + Send + 'static,
    {
        let (connection, photos) = (Arc::clone(&self.connection), Arc::clone(&self.photos));
        let run = move || {
            // A panic inside rolled its transaction back, so the connection behind a poisoned lock is sound.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(behavior)?;
            let result = work(&transaction, &photos)?;
            transaction.commit()?;
            Ok(result)
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))?
    }

    /// Runs `work` on a thread that may block.
    pub(super) async fn on_files<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Photos) -> T + Send + 'static,
    {
        let photos = Arc::clone(&self.photos);
        tokio::task::spawn_blocking(move || work(&photos))
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// Runs `work` on uploads and their rows.
    pub(super) async fn on_uploads<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Uploads, &mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (connection, uploads) = (Arc::clone(&self.connection), Arc::clone(&self.uploads));
        let run = move || {
            work(
                &uploads,
                &mut connection.lock().unwrap_or_else(PoisonError::into_inner),
            )
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))?
    }

    /// Runs `work` in a task of its own: a client that goes away must not leave a deletion half done.
    pub(super) async fn to_the_end<F, W>(&self, work: W) -> Result<(), StoreError>
    where
        W: FnOnce(Self) -> F,
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let task = tokio::spawn(work(self.clone()));
        task.await
            .map_err(|error| StoreError::Failed(error.to_string()))?
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction) -> Result<T, StoreError> + Send + 'static,
    {
        self.transact(TransactionBehavior::Deferred, |transaction, _| work(transaction))
            .await
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction, &Photos) -> Result<T, StoreError> + Send + 'static,
    {
        self.transact(TransactionBehavior::Immediate, work).await
    }
}
