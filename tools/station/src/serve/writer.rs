//! The thread that owns the store.

use std::{
    io, mem,
    thread::{self, JoinHandle},
};

use scarp_link::Envelope;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::outcome::{ServeError, Totals};
use crate::{
    feeds::Commit,
    store::{Applied, Store, StoreError},
};

/// Batches that may wait for the disk, decoded: each takes up to about 20 MiB then, 1 MiB as it comes. A drone whose batch does not fit
/// waits with it.
const QUEUE: usize = 8;

struct Job {
    aircraft: String,
    messages: Vec<Envelope>,
    refused: usize,
    reply: oneshot::Sender<Result<Applied, StoreError>>,
}

/// The thread that owns the store.
pub struct Writer {
    handle: WriterHandle,
    thread: JoinHandle<(Store, Totals)>,
}

/// A way to the thread that owns the store.
#[derive(Clone)]
pub struct WriterHandle {
    jobs: mpsc::Sender<Job>,
}

/// The store is being closed.
#[derive(Debug, thiserror::Error)]
#[error("the store is being closed")]
pub struct WriterGone;

impl Writer {
    /// Hands the store to a thread of its own, which publishes each commit that changed something on `commits`.
    pub fn start(store: Store, commits: broadcast::Sender<Commit>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work(store, queue, &commits))?;
        Ok(Self {
            handle: WriterHandle { jobs },
            thread,
        })
    }

    /// A way to the thread.
    pub fn handle(&self) -> WriterHandle {
        self.handle.clone()
    }

    /// Lets the thread commit what waits, and takes the store back. Every handle must be gone.
    pub fn finish(self) -> Result<(Store, Totals), ServeError> {
        drop(self.handle);
        self.thread.join().map_err(|_| ServeError::Panicked)
    }
}

impl WriterHandle {
    /// Waits until the thread has ended.
    pub async fn closed(&self) {
        self.jobs.closed().await;
    }

    /// Waits for a turn. Batches are decoded within their turn, so that however many aircraft send at once, no more are in memory
    /// decoded than wait for the disk.
    pub async fn turn(&self) -> Result<Turn<'_>, WriterGone> {
        let place = self.jobs.reserve().await;
        place.map(Turn).map_err(|_| WriterGone)
    }
}

/// The right to have one batch committed.
pub struct Turn<'a>(mpsc::Permit<'a, Job>);

impl Turn<'_> {
    /// Commits a batch of `aircraft` and returns what came of it; `refused` more of its messages were not understood and are only counted.
    pub async fn commit(
        self,
        aircraft: &str,
        messages: Vec<Envelope>,
        refused: usize,
    ) -> Result<Result<Applied, StoreError>, WriterGone> {
        let (reply, committed) = oneshot::channel();
        self.0.send(Job {
            aircraft: aircraft.to_owned(),
            messages,
            refused,
            reply,
        });
        committed.await.map_err(|_| WriterGone)
    }
}

fn work(
    mut store: Store,
    mut queue: mpsc::Receiver<Job>,
    commits: &broadcast::Sender<Commit>,
) -> (Store, Totals) {
    let mut totals = Totals::default();
    while let Some(job) = queue.blocking_recv() {
        totals.refused += job.refused as u64;
        let outcome = if job.messages.is_empty() {
            Ok(Applied::default())
        } else {
            store.apply(&job.aircraft, job.messages).map(|mut applied| {
                totals.stored += applied.new as u64;
                totals.repeated += applied.repeated as u64;
                totals.refused += applied.refused.len() as u64;
                if !applied.changes.is_empty() {
                    // Waits for nobody, and fails where nobody listens.
                    commits.send(mem::take(&mut applied.changes).into()).ok();
                }
                applied
            })
        };
        // The drone may have gone meanwhile; what is committed stays.
        job.reply.send(outcome).ok();
    }
    (store, totals)
}
