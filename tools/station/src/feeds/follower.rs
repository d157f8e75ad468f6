//! The thread that keeps a feed up to date. Nobody waits for it: a feed that falls behind loses commits and is given a
//! snapshot instead, and one that fails is tried again while drones go on reporting.

use std::{
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{Commit, Feed, FeedError, Published};
use crate::store::Store;

/// Commits that wait for a feed, each of a batch from a drone. One that falls further behind is given a snapshot.
pub const MAX_COMMITS_WAITING: usize = 16;

/// A feed with the thread that keeps it up to date.
pub struct Follower {
    thread: JoinHandle<Result<(), FeedError>>,
}

impl Follower {
    /// Has the feed show what stands in `store`, then keeps it up to date with `commits`, of which none may be missing since,
    /// every [`interval`](Feed::interval), until their sender is gone.
    ///
    /// # Errors
    /// When the feed cannot show what stands, or the system gives no thread.
    pub fn start(
        mut feed: Box<dyn Feed>,
        store: Store,
        commits: Receiver<Published>,
    ) -> Result<Self, FeedError> {
        feed.snapshot(&store)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(FeedError::Thread)?;
        let thread = thread::Builder::new()
            .name("feed".to_owned())
            .spawn(move || runtime.block_on(follow(feed, store, commits)))
            .map_err(FeedError::Thread)?;
        Ok(Self { thread })
    }

    /// Waits until the feed has shown the last commit; call it when the sender is gone.
    ///
    /// # Errors
    /// When the feed does not show what stands.
    pub fn finish(self) -> Result<(), FeedError> {
        self.thread.join().map_err(|_| FeedError::Panicked)?
    }
}

async fn follow(
    mut feed: Box<dyn Feed>,
    store: Store,
    mut commits: Receiver<Published>,
) -> Result<(), FeedError> {
    let interval = feed.interval();
    let mut fault = None;
    loop {
        let waiting = gather(&mut commits, interval).await;
        let shown = if waiting.missed || fault.is_some() {
            feed.snapshot(&store)
        } else if waiting.commits.is_empty() {
            Ok(())
        } else {
            feed.update(&store, &waiting.commits)
        };
        if waiting.last {
            return shown;
        }
        let error = shown.err().map(|e| e.to_string());
        match &error {
            Some(line) if fault.as_ref() != Some(line) => log::error!("{line}"),
            None if fault.is_some() => log::info!("what was not shown is shown now"),
            _ => {}
        }
        fault = error;
    }
}

/// What was committed during one interval.
#[derive(Default)]
struct Waiting {
    commits: Vec<Commit>,
    /// There were more, or larger ones, than are kept.
    missed: bool,
    /// Nothing more will be committed.
    last: bool,
}

async fn gather(commits: &mut Receiver<Published>, interval: Duration) -> Waiting {
    let due = Instant::now() + interval;
    let mut waiting = Waiting::default();
    loop {
        match timeout_at(due, commits.recv()).await {
            Ok(Ok(Some(commit))) if waiting.commits.len() < MAX_COMMITS_WAITING => {
                waiting.commits.push(commit);
            }
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => waiting.missed = true,
            Ok(Err(RecvError::Closed)) => {
                waiting.last = true;
                return waiting;
            }
            Err(_) => return waiting,
        }
    }
}

#[cfg(test)]
mod tests;
