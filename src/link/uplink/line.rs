//! What happens between this aircraft and the ground station, one thing at a time: connecting, or the exchange of a batch.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinSet,
};

use super::session::Session;
use crate::{codec::Receipt, connection_fault::Fault, delivery::End, happy_eyeballs, trust::Trust};

/// A name that is looked up for longer is given up: a little before the attempt is, whose 8 s begin anew with the addresses.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(7);
/// How long the reason of a connection's end may come after the end of its streams: longer than the keep-alive takes to ask for it again.
const REASON_TIMEOUT: Duration = Duration::from_secs(5);

/// What has happened.
pub enum Event {
    /// The station's name has been looked up.
    LookedUp,
    /// A handshake is over at this end.
    ShookHands,
    /// One address of the station failed; another may answer.
    AddressFailed(Fault),
    /// All addresses of the station failed.
    NoneLeft,
    /// The ground station has answered.
    Connected(Session),
    /// The batch has arrived.
    Arrived,
    /// The batch is answered.
    Receipt(Receipt),
    /// The look-up, the exchange or the connection failed.
    Failed(Fault),
}

/// The way to the ground station.
pub struct Line {
    station: String,
    trust: Arc<Trust>,
    session: Option<Arc<Session>>,
    /// Ends with what tells its events.
    under_way: JoinSet<()>,
    events: UnboundedReceiver<Event>,
}

impl Line {
    /// A line to the station at `station`, `host:port`, on which nothing happens yet.
    pub fn new(station: String, trust: Arc<Trust>) -> Self {
        Self {
            station,
            trust,
            session: None,
            under_way: JoinSet::new(),
            events: mpsc::unbounded_channel().1,
        }
    }

    /// Begins to connect to whichever of the station's addresses answers first.
    pub fn connect(&mut self) {
        let (station, trust) = (self.station.clone(), Arc::clone(&self.trust));
        self.begin(|events| async move {
            let addresses = match look_up(&station).await {
                Ok(addresses) => addresses,
                Err(fault) => return Event::Failed(fault),
            };
            events.send(Event::LookedUp).ok();
            let attempt = |address| Session::shake_hands(address, Arc::clone(&trust));
            let failed = |fault| drop(events.send(Event::AddressFailed(fault)));
            let Some(mut session) = happy_eyeballs::race(addresses, attempt, failed).await else {
                return Event::NoneLeft;
            };
            // Only the winner goes on: of two that were let in, the station would close the earlier for the later.
            events.send(Event::ShookHands).ok();
            match session.greet(&trust).await {
                Ok(()) => Event::Connected(session),
                Err(fault) => {
                    failed(fault);
                    Event::NoneLeft
                }
            }
        });
    }

    /// Takes this connection for the present one.
    pub fn hold(&mut self, session: Session) {
        self.session = Some(Arc::new(session));
    }

    /// Begins to send one batch.
    pub fn exchange(&mut self, messages: Vec<Vec<u8>>) {
        let Some(session) = self.session.clone() else {
            return;
        };
        self.begin(|events| async move {
            let arrived = || drop(events.send(Event::Arrived));
            match session.exchange(messages, arrived).await {
                Ok(receipt) => Event::Receipt(receipt),
                Err(fault) => Event::Failed(fault),
            }
        });
    }

    /// Waits for what happens next.
    pub async fn event(&mut self) -> Event {
        let closed = async {
            match &self.session {
                Some(session) => session.closed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(event) = self.events.recv() => event,
            error = closed => Event::Failed(Fault::Lost(error)),
        }
    }

    /// Why the connection really failed. The streams of a connection may end before it, and without the reason that it ends with.
    pub async fn cause(&self, fault: Fault) -> Fault {
        if let (End::BadBatch(_), Some(session)) = (fault.end(), &self.session)
            && let Ok(error) = tokio::time::timeout(REASON_TIMEOUT, session.closed()).await
        {
            return Fault::Lost(error);
        }
        fault
    }

    /// Drops what is under way, and ends the connection, of which this was the fault.
    pub fn hang_up(&mut self, fault: &Fault) {
        self.under_way = JoinSet::new();
        self.events = mpsc::unbounded_channel().1;
        if let Some(session) = self.session.take() {
            let (code, line) = fault.farewell();
            session.end(code, line);
        }
    }

    /// Drops what is under way, and takes leave of the ground station.
    pub async fn leave(mut self) {
        self.under_way.shutdown().await;
        if let Some(session) = self.session.take().and_then(Arc::into_inner) {
            session.leave().await;
        }
    }

    /// Begins what tells events and ends with one; what was under way before ends unheard.
    fn begin<W>(&mut self, work: impl FnOnce(UnboundedSender<Event>) -> W)
    where
        W: Future<Output = Event> + Send + 'static,
    {
        let (events, heard) = mpsc::unbounded_channel();
        let work = work(events.clone());
        self.events = heard;
        self.under_way = JoinSet::new();
        self.under_way.spawn(async move {
            events.send(work.await).ok();
        });
    }
}

/// The addresses of `station`, in the order in which they are tried.
async fn look_up(station: &str) -> Result<Vec<SocketAddr>, Fault> {
    let found = tokio::time::timeout(LOOK_UP_TIMEOUT, tokio::net::lookup_host(station))
        .await
        .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
        .map_err(Fault::LookUp)?;
    let addresses = happy_eyeballs::by_turns(found);
    if addresses.is_empty() {
        return Err(Fault::NoAddress);
    }
    Ok(addresses)
}
