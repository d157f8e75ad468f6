//! The thread that owns the store.

use std::{
    io,
    thread::{self, JoinHandle},
};

use scarp_link::Envelope;
use tokio::sync::{mpsc, oneshot};

use super::outcome::{ServeError, Totals};
use crate::store::{Applied, Store, StoreError};

/// Batches that may wait for the disk; a drone whose batch does not fit waits with it.
const QUEUE: usize = 8;

struct Job {
    messages: Vec<Envelope>,
    refused: usize,
    reply: oneshot::Sender<Result<Applied, StoreError>>,
}

/// A way to the thread that owns the store.
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Option<JoinHandle<Result<Totals, StoreError>>>,
}

/// The store is being closed.
#[derive(Debug, thiserror::Error)]
#[error("the store is being closed")]
pub struct WriterGone;

impl Writer {
    /// Hands the store to a thread of its own.
    pub fn start(store: Store) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work(store, queue))?;
        Ok(Self {
            jobs,
            thread: Some(thread),
        })
    }

    /// Another way to the same thread. Only the first can [`finish`](Self::finish) it.
    pub fn clone_handle(&self) -> Self {
        Self {
            jobs: self.jobs.clone(),
            thread: None,
        }
    }

    /// Commits a batch; `refused` more messages of it were not understood and are only counted.
    pub async fn commit(
        &self,
        messages: Vec<Envelope>,
        refused: usize,
    ) -> Result<Result<Applied, StoreError>, WriterGone> {
        let (reply, committed) = oneshot::channel();
        let job = Job {
            messages,
            refused,
            reply,
        };
        self.jobs.send(job).await.map_err(|_| WriterGone)?;
        committed.await.map_err(|_| WriterGone)
    }

    /// Lets the thread commit what waits and close the store. Every other handle must be gone.
    pub fn finish(self) -> Result<Totals, ServeError> {
        drop(self.jobs);
        let Some(thread) = self.thread else {
            return Ok(Totals::default());
        };
        Ok(thread.join().map_err(|_| ServeError::Panicked)??)
    }
}

fn work(mut store: Store, mut queue: mpsc::Receiver<Job>) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    while let Some(job) = queue.blocking_recv() {
        totals.refused += job.refused as u64;
        let outcome = if job.messages.is_empty() {
            Ok(Applied::default())
        } else {
            store.apply(&job.messages)
        };
        if let Ok(applied) = &outcome {
            totals.stored += applied.new as u64;
            totals.repeated += applied.repeated as u64;
        }
        // The drone may have gone meanwhile; what is committed stays.
        job.reply.send(outcome).ok();
    }
    store.close()?;
    Ok(totals)
}
