//! How the store runs its work: on blocking threads, one transaction at a time.

use crate::Embedded;
use crate::deletion::{self, Deletion};
use crate::error::DiskError;
use crate::files::Files;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Arc, PoisonError};
use strand_library::ports::StoreError;

impl Embedded {
    /// Runs `work` with the files and the database, on a blocking thread.
    pub(crate) async fn on_all<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Files, &mut Connection) -> Result<T, DiskError> + Send + 'static,
    {
        let (connection, files) = (Arc::clone(&self.connection), Arc::clone(&self.files));
        let run = move || {
            // A panic rolls its transaction back, so the connection behind a poisoned lock is usable.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&files, &mut connection).map_err(|error| files.told(error))
        };
        let ran = tokio::task::spawn_blocking(run).await;
        Ok(ran.map_err(|error| StoreError::Failed(error.to_string()))??)
    }

    /// Runs `work` on a blocking thread.
    pub(crate) async fn on_files<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Files) -> T + Send + 'static,
    {
        let files = Arc::clone(&self.files);
        tokio::task::spawn_blocking(move || work(&files))
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// Deletes what `plan` finds, as a separate task, so that the deletion is completed even if the client disconnects.
    pub(crate) async fn delete<F>(&self, plan: F) -> Result<(), StoreError>
    where
        F: Fn(&Connection) -> Result<Deletion, DiskError> + Send + 'static,
    {
        let store = self.clone();
        let work = async move {
            store
                .on_all(move |files, db| deletion::delete(files, db, plan))
                .await
        };
        let done = tokio::spawn(work).await;
        done.map_err(|error| StoreError::Failed(error.to_string()))?
    }

    /// Runs one transaction. Commits if `work` succeeds.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction) -> Result<T, DiskError> + Send + 'static,
    {
        self.on_all(|_, db| {
            let transaction = db.transaction_with_behavior(TransactionBehavior::Deferred)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// Runs one transaction that writes. Commits if `work` succeeds.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction, &Files) -> Result<T, DiskError> + Send + 'static,
    {
        self.write_and_then(work, |_, _, _| ()).await
    }

    /// Like [`write`](Self::write), and runs `then` on the result when it is committed.
    pub(crate) async fn write_and_then<T, F, G>(&self, work: F, then: G) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction, &Files) -> Result<T, DiskError> + Send + 'static,
        G: FnOnce(&Files, &Connection, &T) + Send + 'static,
    {
        self.on_all(|files, db| {
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction, files)?;
            files.commit(transaction)?;
            then(files, db, &result);
            Ok(result)
        })
        .await
    }
}
