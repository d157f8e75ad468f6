//! The thread that brings the journal to the ground station.
//!
//! It sends the oldest waiting messages as one batch on a QUIC stream of its own, waits for the receipt, removes what
//! the receipt names and goes on. When the link breaks it connects anew, waiting longer each time up to a cap. All
//! that the rest of the firmware sees is [`Uplink::submit`], which returns once the messages are on the disk.

use std::{
    collections::{HashMap, HashSet},
    io::ErrorKind,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use parking_lot::{Condvar, Mutex};
use quinn::{ClientConfig, Connection, Endpoint};
use thiserror::Error;
use tokio::sync::Notify;

use super::{
    codec::{self, MAX_BATCH_MESSAGES, MAX_RECEIPT_BYTES, Receipt},
    connection_fault::Fault,
    fault_log::FaultLog,
    journal::{Entry, Held, Journal, JournalError},
    message::Envelope,
    tls::{Identity, SERVER_NAME, TlsError},
};

/// Longest pause before connecting anew, chance left out: a drone that comes into range must not waste the pass.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Pauses before connecting anew: the first, doubled each time up to the longest, and each made longer by chance, at most twice as
/// long, so that many drones that lost one ground station do not come back at the same moment.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times()
    .with_jitter();
/// A name that is looked up for longer is given up.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(8);
/// A handshake that takes longer is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// A receipt that takes longer, on a connection that lives, means that the ground station hangs.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(120);
/// Bytes of one batch: small, so that a slow link confirms often and a broken one repeats little.
const BATCH_BYTES: usize = 32 << 10;
/// How long the farewell may take when the uplink stops.
const FAREWELL: Duration = Duration::from_millis(300);

/// What the uplink must be told. The journal has its own path and limit, see [`Journal::open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address of the ground station, `host:port`. Names are looked up anew at each attempt to connect.
    pub station: String,
    /// The folder `drone/` that `scarp-station keys` wrote.
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

/// How the link does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    /// Whether the ground station has answered on the present connection.
    pub connected: bool,
    /// What waits in the journal.
    pub held: Held,
    /// Messages confirmed since the start.
    pub confirmed: u64,
    /// Messages that the ground station has refused since the start.
    pub refused: u64,
    /// Messages left out since the start because they say what no message can.
    pub unsendable: u64,
    /// Time since the ground station last confirmed a message, `None` before the first.
    pub last_confirmed: Option<Duration>,
    /// Why the link last broke or a message was refused, in one line.
    pub last_error: Option<String>,
}

/// The link to the ground station. Dropping it stops the thread at once; what is unconfirmed stays in the journal.
pub struct Uplink {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    unsendable: AtomicU64,
}

struct Shared {
    journal: Journal,
    progress: Mutex<Progress>,
    changed: Condvar,
    work: Notify,
    stop: Notify,
}

#[derive(Default)]
struct Progress {
    connected: bool,
    confirmed: u64,
    refused: u64,
    last_confirmed: Option<Instant>,
    last_error: Option<String>,
}

impl Uplink {
    /// Starts sending what `journal` holds. A ground station that cannot be reached is no error: the link keeps
    /// trying.
    ///
    /// # Errors
    /// When the keys cannot be used or the system gives no thread.
    pub fn start(config: &Config, journal: Journal) -> Result<Self, LinkError> {
        let identity = Identity::load(&config.keys)?;
        identity.require_drone()?;
        let tls = identity.client_config()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(LinkError::Thread)?;
        let shared = Arc::new(Shared {
            journal,
            progress: Mutex::default(),
            changed: Condvar::new(),
            work: Notify::new(),
            stop: Notify::new(),
        });
        let worker = Worker {
            shared: Arc::clone(&shared),
            station: config.station.clone(),
            tls,
        };
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
            thread: Some(thread),
            unsendable: AtomicU64::new(0),
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
        self.unsendable
            .fetch_add(faults.len() as u64, Ordering::Relaxed);
        for (body, fault) in faults {
            log::error!("link: {body} is not sent: {fault}; please report this");
        }
        Ok(())
    }

    /// What the messages wait in.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }

    /// How the link does now.
    #[must_use]
    pub fn status(&self) -> LinkStatus {
        let progress = self.shared.progress.lock();
        LinkStatus {
            connected: progress.connected,
            held: self.shared.journal.held(),
            confirmed: progress.confirmed,
            refused: progress.refused,
            unsendable: self.unsendable.load(Ordering::Relaxed),
            last_confirmed: progress.last_confirmed.map(|at| at.elapsed()),
            last_error: progress.last_error.clone(),
        }
    }

    /// Waits until everything is confirmed, at most `timeout`. What is left stays in the journal and is sent by the next
    /// uplink that opens it. Returns how the link does then.
    #[must_use]
    pub fn drain(&self, timeout: Duration) -> LinkStatus {
        let shared = &self.shared;
        let waiting = |_: &mut Progress| shared.journal.held().messages > 0;
        shared
            .changed
            .wait_while_for(&mut shared.progress.lock(), waiting, timeout);
        self.status()
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        self.shared.stop.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("link: its thread ended in a panic; please report this");
        }
    }
}

impl Shared {
    fn report<T>(&self, change: impl FnOnce(&mut Progress) -> T) -> T {
        let result = change(&mut self.progress.lock());
        self.changed.notify_all();
        result
    }
}

struct Worker {
    shared: Arc<Shared>,
    station: String,
    tls: ClientConfig,
}

impl Worker {
    async fn run(&self) {
        let mut endpoint = None;
        tokio::select! {
            biased;
            () = self.shared.stop.notified() => {}
            () = self.keep_connecting(&mut endpoint) => {}
        }
        self.shared.report(|progress| progress.connected = false);
        // Its connection was closed as it was dropped. What says so must go out: the ground station then need not wait for silence
        // to tell that the drone has gone.
        if let Some(endpoint) = endpoint {
            tokio::time::timeout(FAREWELL, endpoint.wait_idle())
                .await
                .ok();
        }
    }

    /// Leaves in `endpoint` the one of its last attempt.
    async fn keep_connecting(&self, endpoint: &mut Option<Endpoint>) {
        let mut attempts = Attempts::new();
        loop {
            let fault = match self.connect(endpoint).await {
                Ok(session) => session.deliver(&self.shared, &mut attempts).await,
                Err(fault) => fault,
            };
            let line = fault.describe(&self.station);
            if let Some(line) = attempts.faults.met(&line, Instant::now()) {
                log::warn!("{line}");
            }
            self.shared.report(|progress| {
                progress.connected = false;
                progress.last_error = Some(line);
            });
            tokio::time::sleep(attempts.pauses.next().unwrap_or(LONGEST_PAUSE)).await;
        }
    }

    async fn connect(&self, endpoint: &mut Option<Endpoint>) -> Result<Session, Fault> {
        let address = tokio::time::timeout(LOOK_UP_TIMEOUT, tokio::net::lookup_host(&self.station))
            .await
            .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
            .map_err(Fault::LookUp)?
            .next()
            .ok_or(Fault::NoAddress)?;
        let local = if address.is_ipv6() {
            (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
        } else {
            (std::net::Ipv4Addr::UNSPECIFIED, 0).into()
        };
        // A new socket each time: the old one may belong to a network that is gone.
        let endpoint = endpoint.insert(Endpoint::client(local).map_err(Fault::Socket)?);
        let attempt = async {
            let connection = endpoint
                .connect_with(self.tls.clone(), address, SERVER_NAME)?
                .await?;
            let session = Session { connection };
            // An empty batch: only an answer shows that the ground station accepts our certificate.
            session.exchange(&[]).await?;
            Ok(session)
        };
        tokio::time::timeout(CONNECT_TIMEOUT, attempt)
            .await
            .unwrap_or(Err(Fault::NoAnswer))
    }
}

/// What attempts to connect have in common until all goes well.
struct Attempts {
    pauses: ExponentialBackoff,
    faults: FaultLog,
}

impl Attempts {
    fn new() -> Self {
        Self {
            pauses: PAUSES.build(),
            faults: FaultLog::default(),
        }
    }
}

/// A connection on which the ground station has answered.
struct Session {
    connection: Connection,
}

impl Session {
    /// Sends what the journal holds and whatever is added to it, until something fails.
    async fn deliver(&self, shared: &Shared, attempts: &mut Attempts) -> Fault {
        log::info!("link: connected to {}", self.connection.remote_address());
        shared.report(|progress| progress.connected = true);
        loop {
            let sent = match shared.journal.pending(MAX_BATCH_MESSAGES, BATCH_BYTES) {
                Ok(sent) => sent,
                Err(e) => return e.into(),
            };
            if sent.is_empty() {
                *attempts = Attempts::new();
                tokio::select! {
                    () = shared.work.notified() => continue,
                    lost = self.connection.closed() => return lost.into(),
                }
            }
            let receipt = match tokio::time::timeout(RECEIPT_TIMEOUT, self.exchange(&sent)).await {
                Ok(Ok(receipt)) => receipt,
                Ok(Err(fault)) => return fault,
                Err(_) => return Fault::NoReceipt,
            };
            if let Err(fault) = apply_receipt(shared, &sent, &receipt) {
                return fault;
            }
            // Not before: a ground station that answers but cannot store must not be pestered.
            *attempts = Attempts::new();
        }
    }

    /// Sends one batch on a stream of its own and returns the ground station's receipt.
    async fn exchange(&self, entries: &[Entry]) -> Result<Receipt, Fault> {
        let messages = entries.iter().map(|entry| entry.message.clone()).collect();
        let batch = codec::encode_batch(messages);
        let (mut send, mut receive) = self.connection.open_bi().await?;
        send.write_all(&batch).await?;
        // Cannot fail on a stream that was just written, and if it did the receipt would not come.
        send.finish().ok();
        Ok(Receipt::decode(
            &receive.read_to_end(MAX_RECEIPT_BYTES).await?,
        )?)
    }
}

/// Removes from the journal what the receipt confirms or refuses.
fn apply_receipt(shared: &Shared, sent: &[Entry], receipt: &Receipt) -> Result<(), Fault> {
    let stored: HashSet<_> = receipt.stored.iter().collect();
    let confirmed = sent.iter().filter(|entry| stored.contains(&entry.id));
    let confirmed: Vec<i64> = confirmed.map(|entry| entry.number).collect();
    let reasons: HashMap<_, _> = receipt.refused.iter().map(|(id, r)| (id, r)).collect();
    let refused: Vec<(i64, &str)> = sent
        .iter()
        .filter_map(|entry| Some((entry.number, reasons.get(&entry.id)?.as_str())))
        .collect();
    if confirmed.is_empty() && refused.is_empty() {
        return Err(Fault::EmptyReceipt);
    }
    // Under one lock, so that nobody sees the journal empty and the messages not yet counted.
    shared.report(|progress| {
        shared.journal.remove(&confirmed)?;
        progress.confirmed += confirmed.len() as u64;
        if !confirmed.is_empty() {
            progress.last_confirmed = Some(Instant::now());
        }
        shared.journal.set_aside(&refused)?;
        progress.refused += refused.len() as u64;
        if let Some((_, reason)) = refused.last() {
            let line = format!(
                "link: the ground station refused {} messages, the last: {reason}",
                refused.len()
            );
            log::error!("{line}");
            progress.last_error = Some(line);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_chance_makes_them_longer_but_never_more_than_ten_seconds() {
        let mut pauses = PAUSES.build();
        for least_ms in [250, 500, 1000, 2000, 4000, 5000, 5000] {
            let pause = pauses.next().unwrap().as_millis();
            assert!((least_ms..=2 * least_ms).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn a_link_that_is_gone_for_days_is_still_tried() {
        let pause = PAUSES.build().nth(100_000).unwrap();
        assert!((5..=10).contains(&pause.as_secs()), "{pause:?}");
    }
}
