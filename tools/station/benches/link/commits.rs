//! Sees what the station has committed, from outside: another connection to its store. SQLite shows a transaction in its
//! write-ahead log to others only once the log is synced (`sqlite3WalFrames`: `sqlite3OsSync`, then `walIndexWriteHdr`).

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

/// Between two looks, by which a delay may seem too long.
const INTERVAL: Duration = Duration::from_millis(1);

/// When each message was first seen committed.
pub type Seen = HashMap<Uuid, Instant>;

/// A thread that looks all the time.
pub struct Observer {
    count: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Seen>>,
}

impl Observer {
    pub fn start(store: &Path) -> Result<Self> {
        let db = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // From here on the write-ahead log and its index exist, as long as this connection does.
        db.query_row("SELECT count(*) FROM messages", [], |_| Ok(()))?;
        let count = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (counted, stopped) = (Arc::clone(&count), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("observer".to_owned())
            .spawn(move || watch(&db, &counted, &stopped))?;
        Ok(Self {
            count,
            stop,
            thread,
        })
    }

    /// Messages seen so far.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Looks a last time.
    pub fn finish(self) -> Result<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.map_err(|_| anyhow!("the observer panicked"))?
    }
}

fn watch(db: &Connection, count: &AtomicUsize, stop: &AtomicBool) -> Result<Seen> {
    let mut select = db.prepare("SELECT fid, id FROM messages WHERE fid > ?1 ORDER BY fid")?;
    let mut seen = Seen::new();
    let mut last = 0;
    loop {
        let is_last = stop.load(Ordering::Relaxed);
        let new = select
            .query_map([last], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let now = Instant::now();
        for (fid, id) in new {
            last = fid;
            seen.insert(id.parse()?, now);
        }
        count.store(seen.len(), Ordering::Relaxed);
        if is_last {
            return Ok(seen);
        }
        thread::sleep(INTERVAL);
    }
}
