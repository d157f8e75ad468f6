//! What the thread that follows the store tells those that serve browsers.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use axum::body::Bytes;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use uuid::Uuid;

/// Events that wait for a browser. One that falls further behind is shut out, and comes back for the whole.
const MAX_WAITING: usize = 64;

/// An event as browsers read it (`text/event-stream`), made once for all of them.
pub type Event = Bytes;

/// An event of the stream. JSON as it is written here has no line ends, which would end the event's data.
pub fn event(kind: &str, data: &Value) -> Event {
    Bytes::from(format!("event: {kind}\ndata: {data}\n\n"))
}

/// The place where events are told and heard.
pub struct Hub {
    /// Counts the changes told. A document of this number holds at least what was told up to it.
    number: AtomicU64,
    events: broadcast::Sender<Event>,
    heard: Mutex<HashMap<Uuid, SystemTime>>,
}

impl Hub {
    pub fn new() -> Self {
        Self {
            number: AtomicU64::new(1),
            events: broadcast::channel(MAX_WAITING).0,
            heard: Mutex::default(),
        }
    }

    /// The number of the last change told.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }

    /// Tells all browsers what the store holds already: `change`, or where there is none that they are to fetch the whole.
    pub fn tell(&self, change: Option<Event>) {
        // First, so that whoever subscribes between the two fetches a document that holds it.
        let number = self.number.fetch_add(1, Ordering::SeqCst) + 1;
        let reload = || event("reload", &json!({ "number": number }));
        // Fails where nobody listens.
        self.events.send(change.unwrap_or_else(reload)).ok();
    }

    /// The events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Notes that something of these runs was stored just now.
    pub fn heard(&self, runs: impl IntoIterator<Item = Uuid>) {
        let now = SystemTime::now();
        let mut heard = self.heard.lock();
        heard.extend(runs.into_iter().map(|run| (run, now)));
    }

    /// When something of a run was last stored; none since before this program was started.
    pub fn last_heard(&self, run: Uuid) -> Option<SystemTime> {
        self.heard.lock().get(&run).copied()
    }
}
