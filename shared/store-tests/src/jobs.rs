//! The contract of jobs: who creates them, holds them, and ends them.

use crate::TestStore;
use futures_util::future::join_all;
use strand_library::ports::StoreError;
use strand_library::{JobState, Joins, NewJob};

/// A job that trains these shades unless one that is not over does.
pub fn new_job(shade_ids: &[u64]) -> NewJob {
    NewJob {
        shade_ids: shade_ids.to_vec(),
        joins: Joins::AllOf,
        again: false,
    }
}

pub async fn jobs_wait_for_their_worker(store: &impl TestStore) {
    let store = store.stores();
    let first = store.jobs.create_job(new_job(&[1, 2])).await.unwrap();
    let second = store.jobs.create_job(new_job(&[])).await.unwrap();
    assert!(second.id > first.id);
    assert_eq!(store.jobs.job(first.id).await.unwrap(), first);
    let mut next = store.jobs.next_job("here").await.unwrap().unwrap();
    assert_eq!(next, first);
    (next.state, next.done) = (JobState::Running, 1);
    assert!(store.jobs.put_job(&next, "here").await.unwrap());
    assert_eq!(store.jobs.job(first.id).await.unwrap(), next);
    assert_eq!(
        store.jobs.open_jobs().await.unwrap(),
        [next.clone(), second.clone()]
    );
    next.state = JobState::Succeeded;
    assert!(store.jobs.put_job(&next, "here").await.unwrap());
    assert_eq!(
        store.jobs.open_jobs().await.unwrap(),
        std::slice::from_ref(&second)
    );
    assert_eq!(store.jobs.next_job("here").await.unwrap().unwrap().id, second.id);
    assert_eq!(store.jobs.job(first.id).await.unwrap().state, JobState::Succeeded);
    assert!(matches!(store.jobs.job(999).await, Err(StoreError::NotFound)));
    let unknown = store.jobs.take_job(999, "here").await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    let unknown = store.jobs.cancel_job(999).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    next.id = 999;
    assert!(matches!(
        store.jobs.put_job(&next, "here").await,
        Err(StoreError::NotFound)
    ));
}

pub async fn a_job_for_the_same_shades_is_joined(store: &impl TestStore) {
    let jobs = &store.stores().jobs;
    let at_once = join_all((0..8).map(|_| jobs.create_job(new_job(&[1, 2])))).await;
    let first = at_once[0].as_ref().unwrap().clone();
    for created in at_once {
        assert_eq!(created.unwrap().id, first.id);
    }
    let mut job = jobs.next_job("here").await.unwrap().unwrap();
    (job.state, job.done) = (JobState::Running, 1);
    assert!(jobs.put_job(&job, "here").await.unwrap());
    assert_eq!(jobs.create_job(new_job(&[2])).await.unwrap(), job);
    // Shade 1 is trained already, so it has changed since.
    let other = jobs.create_job(new_job(&[1, 2])).await.unwrap();
    assert!(other.id > job.id);
    let alone = NewJob {
        joins: Joins::Exactly,
        again: true,
        ..new_job(&[2])
    };
    let alone_id = jobs.create_job(alone.clone()).await.unwrap().id;
    assert!(alone_id > other.id);
    assert_eq!(jobs.create_job(alone).await.unwrap().id, alone_id);
}

pub async fn one_of_two_workers_has_a_job(store: &impl TestStore) {
    let jobs = &store.stores().jobs;
    let job = jobs.create_job(new_job(&[1])).await.unwrap();
    let names: Vec<String> = (0..8).map(|k| format!("worker {k}")).collect();
    let taken = join_all(names.iter().map(|name| jobs.take_job(job.id, name))).await;
    let holders: Vec<&String> = names
        .iter()
        .zip(&taken)
        .filter(|(_, taken)| taken.as_ref().unwrap().is_some())
        .map(|(name, _)| name)
        .collect();
    assert_eq!(holders.len(), 1, "{taken:?}");
    assert_eq!(jobs.next_job("another").await.unwrap(), None);
    assert_eq!(
        jobs.take_job(job.id, holders[0]).await.unwrap(),
        Some(job.clone())
    );
    let mut done = job.clone();
    (done.state, done.done) = (JobState::Succeeded, 1);
    assert!(!jobs.put_job(&done, "another").await.unwrap());
    assert_eq!(jobs.job(job.id).await.unwrap(), job);
    assert!(jobs.put_job(&done, holders[0]).await.unwrap());
    // What is over stays so.
    assert!(!jobs.put_job(&job, holders[0]).await.unwrap());
    assert_eq!(jobs.take_job(job.id, holders[0]).await.unwrap(), None);
    assert_eq!(jobs.job(job.id).await.unwrap(), done);
    assert_eq!(jobs.cancel_job(job.id).await.unwrap(), done);
}

pub async fn a_cancelled_job_stays_cancelled(store: &impl TestStore) {
    let jobs = &store.stores().jobs;
    let waiting = jobs.create_job(new_job(&[1])).await.unwrap();
    assert_eq!(
        jobs.cancel_job(waiting.id).await.unwrap().state,
        JobState::Cancelled
    );
    let running = jobs.create_job(new_job(&[1, 2, 3])).await.unwrap();
    assert!(running.id > waiting.id, "a cancelled job is not joined");
    let mut job = jobs.next_job("here").await.unwrap().unwrap();
    assert_eq!(job.id, running.id);
    (job.state, job.done) = (JobState::Running, 1);
    assert!(jobs.put_job(&job, "here").await.unwrap());
    let cancelled = jobs.cancel_job(job.id).await.unwrap();
    assert_eq!((cancelled.state, cancelled.done), (JobState::Cancelled, 1));
    assert!(cancelled.updated_at >= job.updated_at);
    job.done = 2;
    assert!(!jobs.put_job(&job, "here").await.unwrap());
    assert_eq!(jobs.cancel_job(job.id).await.unwrap(), cancelled);
    assert_eq!(jobs.job(job.id).await.unwrap(), cancelled);
    assert_eq!(jobs.next_job("here").await.unwrap(), None);
}

pub async fn jobs_are_listed_from_newest_to_oldest(store: &impl TestStore) {
    let jobs = &store.stores().jobs;
    assert!(jobs.jobs(None, 5).await.unwrap().is_empty());
    let mut ids = Vec::new();
    for shade_id in 1..=5 {
        ids.insert(0, jobs.create_job(new_job(&[shade_id])).await.unwrap().id);
    }
    let listed = async |before, limit| -> Vec<u64> {
        let page = jobs.jobs(before, limit).await.unwrap();
        page.iter().map(|job| job.id).collect()
    };
    assert_eq!(listed(None, 2).await, ids[..2]);
    assert_eq!(listed(Some(ids[1]), usize::MAX).await, ids[2..]);
    assert!(listed(Some(ids[4]), 7).await.is_empty());
}
