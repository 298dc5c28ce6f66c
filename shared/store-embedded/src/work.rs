//! How the store runs its work: on blocking threads, one transaction at a time.

use crate::Embedded;
use crate::error::DiskError;
use crate::photo_files::PhotoFiles;
use crate::upload_files::UploadFiles;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Arc, PoisonError};
use strand_library::ports::StoreError;

impl Embedded {
    /// Runs one transaction on a blocking thread. Commits if `work` succeeds.
    pub(crate) async fn transact<T, F>(&self, behavior: TransactionBehavior, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction, &PhotoFiles) -> Result<T, DiskError> + Send + 'static,
    {
        let (connection, photos) = (Arc::clone(&self.connection), Arc::clone(&self.photos));
        let run = move || {
            // A panic rolls its transaction back, so the connection behind a poisoned lock is usable.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(behavior)?;
            let result = work(&transaction, &photos)?;
            transaction.commit()?;
            Ok::<T, DiskError>(result)
        };
        let ran = tokio::task::spawn_blocking(run).await;
        Ok(ran.map_err(|error| StoreError::Failed(error.to_string()))??)
    }

    /// Runs `work` on a blocking thread.
    pub(crate) async fn on_files<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&PhotoFiles) -> T + Send + 'static,
    {
        let photos = Arc::clone(&self.photos);
        tokio::task::spawn_blocking(move || work(&photos))
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// Runs `work` with the uploads and their rows, on a blocking thread.
    pub(crate) async fn on_uploads<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&UploadFiles, &mut Connection) -> Result<T, DiskError> + Send + 'static,
    {
        let (connection, uploads) = (Arc::clone(&self.connection), Arc::clone(&self.uploads));
        let run = move || {
            work(
                &uploads,
                &mut connection.lock().unwrap_or_else(PoisonError::into_inner),
            )
        };
        let ran = tokio::task::spawn_blocking(run).await;
        Ok(ran.map_err(|error| StoreError::Failed(error.to_string()))??)
    }

    /// Runs `work` as a separate task, so that a deletion is completed even if the client disconnects.
    pub(crate) async fn to_the_end<F, W>(&self, work: W) -> Result<(), StoreError>
    where
        W: FnOnce(Self) -> F,
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let task = tokio::spawn(work(self.clone()));
        task.await
            .map_err(|error| StoreError::Failed(error.to_string()))?
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction) -> Result<T, DiskError> + Send + 'static,
    {
        self.transact(TransactionBehavior::Deferred, |transaction, _| work(transaction))
            .await
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction, &PhotoFiles) -> Result<T, DiskError> + Send + 'static,
    {
        self.transact(TransactionBehavior::Immediate, work).await
    }
}
