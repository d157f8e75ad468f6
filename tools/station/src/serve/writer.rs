//! The thread that owns the store.

use std::{
    io, mem,
    thread::{self, JoinHandle},
    time::Duration,
};

use scarp_link::Envelope;
use tokio::{
    runtime,
    sync::{broadcast, mpsc, oneshot},
    time::timeout,
};

use super::outcome::{ServeError, Totals};
use crate::{
    feeds::{Published, published},
    store::{Applied, Store, StoreError},
};

/// Batches that may wait for the disk, decoded: each takes up to about 20 MiB then, 1 MiB as it comes. A drone whose batch does not fit
/// waits with it.
const QUEUE: usize = 8;
/// How often the store's files are looked for while nothing is stored.
const INTERVAL: Duration = Duration::from_secs(1);

struct Job {
    batch: Batch,
    reply: oneshot::Sender<Result<Applied, StoreError>>,
}

struct Batch {
    aircraft: String,
    messages: Vec<Envelope>,
    /// Messages of it that were not understood.
    refused: usize,
}

/// The thread that owns the store.
pub struct Writer {
    handle: WriterHandle,
    thread: JoinHandle<Outcome>,
}

/// What the thread leaves.
type Outcome = Result<(Store, Totals), StoreError>;

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
    pub fn start(store: Store, commits: broadcast::Sender<Published>) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        Self::spawn(move |queue| runtime.block_on(work(store, queue, &commits)))
    }

    /// One whose thread dies of the first batch.
    #[cfg(test)]
    pub fn that_dies() -> Self {
        let dies = |mut queue: mpsc::Receiver<Job>| {
            queue.blocking_recv();
            panic!("this is what the test is about")
        };
        Self::spawn(dies).unwrap()
    }

    fn spawn(
        work: impl FnOnce(mpsc::Receiver<Job>) -> Outcome + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work(queue))?;
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
    ///
    /// # Errors
    /// When the store was lost, or the thread has died.
    pub fn finish(self) -> Result<(Store, Totals), ServeError> {
        drop(self.handle);
        let ended = self.thread.join().map_err(|_| ServeError::Panicked)?;
        Ok(ended?)
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
        let batch = Batch {
            aircraft: aircraft.to_owned(),
            messages,
            refused,
        };
        self.0.send(Job { batch, reply });
        committed.await.map_err(|_| WriterGone)
    }
}

/// Commits what comes until nobody is left who could bring something, or the store's files are gone.
async fn work(
    mut store: Store,
    mut queue: mpsc::Receiver<Job>,
    commits: &broadcast::Sender<Published>,
) -> Outcome {
    let mut totals = Totals::default();
    loop {
        let next = timeout(INTERVAL, queue.recv()).await;
        if next.is_err()
            && let Err(e) = store.rest()
        {
            log::warn!("{e}");
        }
        let is_last = matches!(next, Ok(None));
        let done = next.ok().flatten().map(|Job { reply, batch }| {
            let outcome = commit(&mut store, batch, &mut totals, commits);
            (reply, outcome)
        });
        // Between the commit and its confirmation: what was just committed to a file that nobody finds is not confirmed.
        let place = store.moved();
        if let Ok(Some(moved)) = place {
            return Err(store.rescue(moved));
        }
        if let Some((reply, outcome)) = done {
            // The drone may have gone meanwhile; what is committed stays.
            reply.send(place.and(outcome)).ok();
        }
        if is_last {
            return Ok((store, totals));
        }
    }
}

fn commit(
    store: &mut Store,
    batch: Batch,
    totals: &mut Totals,
    commits: &broadcast::Sender<Published>,
) -> Result<Applied, StoreError> {
    totals.refused += batch.refused as u64;
    if batch.messages.is_empty() {
        return Ok(Applied::default());
    }
    let mut applied = store.apply(&batch.aircraft, batch.messages)?;
    totals.stored += applied.new as u64;
    totals.repeated += applied.repeated as u64;
    totals.refused += applied.refused.len() as u64;
    if !applied.changes.is_empty() {
        // Waits for nobody, and fails where nobody listens.
        commits
            .send(published(mem::take(&mut applied.changes)))
            .ok();
    }
    Ok(applied)
}
