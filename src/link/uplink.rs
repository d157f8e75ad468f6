//! The thread that brings the journal to the ground station.
//!
//! It sends the oldest waiting messages as one batch on a QUIC stream of its own, waits for the receipt, removes what
//! the receipt names and goes on. When the link breaks it connects anew, waiting longer each time up to a cap. What it does when, the
//! state machine `delivery` decides. All that the rest of the firmware sees is [`Uplink::submit`], which returns once the messages are
//! on the disk.

mod line;
mod reachability;
mod session;
mod shared;
mod worker;

use std::{
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::Mutex;
use thiserror::Error;

use super::{
    journal::{Journal, JournalError},
    message::Envelope,
    tls::TlsError,
    trust::Trust,
};
pub use shared::LinkStatus;
use shared::Shared;
use worker::Worker;

/// What the uplink must be told. The journal has its own path and limit, see [`Journal::open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address of the ground station, `host:port`. Names are looked up anew at each attempt to connect.
    pub station: String,
    /// The folder `aircraft/NAME/` that `scarp-station keys` wrote.
    pub keys: PathBuf,
}

/// An uplink that cannot start, or messages that could not be taken.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The journal did not take the messages.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The system gave no thread.
    #[error("link: cannot start its thread: {0}; close other programs")]
    Thread(std::io::Error),
}

/// The link to the ground station. Dropping it stops the thread at once; what is unconfirmed stays in the journal.
pub struct Uplink {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Uplink {
    /// Starts sending what `journal` holds. A ground station that cannot be reached is no error: the link keeps
    /// trying.
    ///
    /// # Errors
    /// When the keys cannot be used or the system gives no thread.
    pub fn start(config: &Config, journal: Journal) -> Result<Self, LinkError> {
        let trust = Trust::load(&config.keys, journal.path())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(LinkError::Thread)?;
        let shared = Arc::new(Shared::new(journal));
        let worker = Worker::new(Arc::clone(&shared), config.station.clone(), trust);
        let thread = thread::Builder::new()
            .name("uplink".to_owned())
            .spawn(move || {
                runtime.block_on(worker.run());
                // A name look-up that hangs must not hold up the end.
                runtime.shutdown_background();
            })
            .map_err(LinkError::Thread)?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Takes `envelopes`, all or none; only what cannot be sent at all is left out and counted. They are on the disk when this
    /// returns, and are sent as soon as can be.
    ///
    /// # Errors
    /// When the journal is full or the disk fails.
    pub fn submit(&self, envelopes: &[Envelope]) -> Result<(), LinkError> {
        match self.shared.journal.append(envelopes) {
            Err(JournalError::Message(_)) => self.submit_sendable(envelopes)?,
            taken => taken?,
        }
        self.shared.work.notify_one();
        Ok(())
    }

    fn submit_sendable(&self, envelopes: &[Envelope]) -> Result<(), LinkError> {
        let mut sendable = Vec::with_capacity(envelopes.len());
        let mut faults = Vec::new();
        for envelope in envelopes {
            match envelope.encode() {
                Ok(_) => sendable.push(envelope.clone()),
                Err(fault) => faults.push((envelope.body(), fault)),
            }
        }
        self.shared.journal.append(&sendable)?;
        // Not before: who submits tries again when the disk was full.
        self.shared.left_out(faults.len() as u64);
        for (body, fault) in faults {
            log::error!("link: {body} is not sent: {fault}; please report this");
        }
        Ok(())
    }

    /// So many messages found room neither in the journal nor in the memory of who submits them, and are lost.
    pub fn crowded_out(&self, messages: u64) {
        self.shared.crowded_out(messages);
    }

    /// What the messages wait in.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }

    /// How the link does now.
    #[must_use]
    pub fn status(&self) -> LinkStatus {
        self.shared.status()
    }

    /// Waits until everything is confirmed, at most `timeout`. What is left stays in the journal and is sent by the next
    /// uplink that opens it. Returns how the link does then.
    #[must_use]
    pub fn drain(&self, timeout: Duration) -> LinkStatus {
        self.shared.wait_until_empty(timeout);
        self.status()
    }

    /// As [`drain`](Self::drain), for the last time: nothing is sent any more then, and what is in memory only is lost with this process,
    /// see [`LinkStatus::lost`].
    #[must_use]
    pub fn finish(&self, timeout: Duration) -> LinkStatus {
        self.shared.wait_until_empty(timeout);
        self.stop();
        self.shared.finish();
        self.status()
    }

    fn stop(&self) {
        self.shared.stop.notify_one();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            log::error!("link: its thread ended in a panic; please report this");
        }
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        self.stop();
    }
}
