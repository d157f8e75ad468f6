//! The receiver: takes batches from drones, has them committed, and only then confirms them.
//!
//! Whoever knocks is a stranger until its certificate is accepted (`admission`); an aircraft has its place from then on (`registry`). Its
//! batches are taken one after the other by a task of its own (`connection`); one thread owns the store and commits a batch at a time
//! (`writer`). Whatever fails closes that aircraft's connection with the reason; the aircraft keeps what was not confirmed and
//! comes again.

mod admission;
mod connection;
mod outcome;
pub(crate) mod quiet_log;
mod registry;
mod shares;
mod writer;

use std::{
    net::{SocketAddr, UdpSocket},
    path::Path,
    sync::Arc,
    time::Duration,
};

use log::Level;
use quinn::{Connection, Endpoint, EndpointConfig, TokioRuntime};
use quinn_proto::RandomConnectionIdGenerator;
use ring::hmac;
use scarp_link::{
    CloseCode, Identity,
    tls::{self, Peer},
};
use tokio::{
    sync::broadcast,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    feeds::{Feed, Follower, MAX_COMMITS_WAITING},
    revocations::{Revocations, Revoked},
    store::Store,
};
use admission::{Admission, Failure};
pub use outcome::{Ended, ServeError, Totals};
use quiet_log::QuietLog;
use registry::Registry;
use writer::Writer;

/// How long a station that stops waits for its aircraft to hear of it. An end that means ill could make it wait for minutes.
const FAREWELL: Duration = Duration::from_secs(3);

/// A receiver that listens.
pub struct Server {
    endpoint: Endpoint,
    address: SocketAddr,
    admission: Admission,
    revocations: Revocations,
    writer: Writer,
    followers: Vec<Follower>,
}

impl Server {
    /// Listens on `listen` (port 0: any free one) with the keys of `identity`, opens the store at `store` or makes it, and shows
    /// what it holds by `feeds`. Must be called within a tokio runtime.
    ///
    /// The store is touched last, so that keys that do not fit or an address that is taken leave no new one behind.
    ///
    /// # Errors
    /// When the keys do not fit, the address is taken, the store cannot be opened, a feed cannot show what stands, or the system gives no thread.
    pub fn bind(
        listen: SocketAddr,
        identity: Identity,
        store: &Path,
        feeds: Vec<Box<dyn Feed>>,
    ) -> Result<Self, ServeError> {
        identity.require_station()?;
        let entrance = identity.entrance()?;
        let refused = |reason| ServeError::Listen {
            address: listen,
            reason,
        };
        let socket = UdpSocket::bind(listen).map_err(refused)?;
        let store = Store::open(store)?;
        let endpoint = Endpoint::new(
            lasting_config(&identity),
            Some(admission::bounded(&entrance)),
            socket,
            Arc::new(TokioRuntime),
        )
        .map_err(refused)?;
        let (commits, _) = broadcast::channel(MAX_COMMITS_WAITING);
        let mut followers = Vec::new();
        for feed in feeds {
            // Subscribed before its snapshot, so that no commit comes between.
            let subscribed = commits.subscribe();
            followers.push(Follower::start(feed, store.reader()?, subscribed)?);
        }
        Ok(Self {
            address: endpoint.local_addr().map_err(refused)?,
            endpoint,
            admission: Admission::new(entrance),
            revocations: Revocations::new(identity),
            writer: Writer::start(store, commits).map_err(ServeError::Thread)?,
            followers,
        })
    }

    /// The address listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives until `stop` is ready, then finishes what is being committed, shows it and closes the store.
    ///
    /// It also ends where it can store nothing more, because the store's files were taken away or its thread has died, and where it
    /// can hear nothing more.
    ///
    /// # Errors
    /// When the store was lost or cannot be closed, or the network socket has failed.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<Ended, ServeError> {
        let mut aircraft = Aircraft::default();
        let strangers = QuietLog::new(1);
        let mut periods = interval(quiet_log::PERIOD);
        periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        let jobs = self.writer.handle();
        let mut is_deaf = false;
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                // The store is lost, or its thread ended by a panic. Who cannot store must not go on as if it could.
                () = jobs.closed() => break,
                _ = periods.tick() => {
                    strangers.turn();
                    aircraft.registry.turn_logs();
                }
                entrance = self.revocations.changed() => match entrance {
                    Ok(entrance) => {
                        self.endpoint.set_server_config(Some(admission::bounded(&entrance)));
                        self.admission.ask(entrance);
                    }
                    Err(e) => log::error!("{e}"),
                },
                () = aircraft.ended() => {}
                Some((from, outcome)) = self.admission.next() => match outcome {
                    Ok(connection) => {
                        aircraft.serve(connection, &self.writer, self.revocations.subscribe());
                    }
                    Err(failure) => turned_away(&strangers, from, &failure),
                },
                incoming = self.endpoint.accept() => {
                    let Some(incoming) = incoming else {
                        is_deaf = true;
                        break;
                    };
                    let open = self.endpoint.open_connections();
                    if let Some((from, failure)) = self.admission.admit(incoming, open) {
                        turned_away(&strangers, from, &failure);
                    }
                }
            }
        }
        self.endpoint
            .close(CloseCode::Left.into(), b"the ground station stops");
        drop((self.admission, jobs));
        aircraft.tasks.shutdown().await;
        // Whoever has not heard it by then will hear it from the next station at this address.
        timeout(FAREWELL, self.endpoint.wait_idle()).await.ok();
        let (writer, followers, address) = (self.writer, self.followers, self.address);
        let finish = move || -> Result<Ended, ServeError> {
            let finished = writer.finish();
            let shown = followers.into_iter().map(Follower::finish);
            // All of them, before the store is closed: it becomes one plain file when nobody reads it.
            let failed: Vec<_> = shown.filter_map(Result::err).collect();
            let (store, totals) = finished?;
            store.close()?;
            if is_deaf {
                return Err(ServeError::Deaf { address });
            }
            Ok(Ended {
                totals,
                feed_error: failed.into_iter().next(),
            })
        };
        tokio::task::spawn_blocking(finish)
            .await
            .map_err(|_| ServeError::Panicked)?
    }
}

fn turned_away(strangers: &QuietLog, from: SocketAddr, failure: &Failure) {
    strangers.say(Level::Warn, &format!("{from} not let in: {failure}"));
}

/// The aircraft that are connected, each with the task that serves it.
#[derive(Default)]
struct Aircraft {
    registry: Registry,
    tasks: JoinSet<(Peer, usize)>,
}

impl Aircraft {
    fn serve(&mut self, connection: Connection, writer: &Writer, revoked: Revoked) {
        let Some(peer) = tls::peer(&connection) else {
            return;
        };
        let seat = self.registry.join(peer, connection.clone());
        let writer = writer.handle();
        self.tasks.spawn(async move {
            let ended = (seat.peer.clone(), connection.stable_id());
            connection::serve(connection, writer, seat, revoked).await;
            ended
        });
    }

    /// Waits until an aircraft's connection has ended, for ever where none is connected. May be dropped at any time.
    async fn ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok((peer, connection))) => self.registry.leave(&peer.name, connection),
            // Its place goes to the aircraft's next connection.
            Some(Err(e)) => log::error!("a connection ended in a panic ({e}); please report this"),
            None => std::future::pending().await,
        }
    }
}

/// Lets this station, started anew, tell a drone that the connection it knew is gone; the drone would otherwise wait
/// for an answer until its idle timeout. The key that proves it must be the same as before, so it derives from ours.
fn lasting_config(identity: &Identity) -> EndpointConfig {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, identity.secret());
    let derived = hmac::sign(&secret, b"scarp-station stateless reset");
    let mut config = EndpointConfig::new(Arc::new(hmac::Key::new(
        hmac::HMAC_SHA256,
        derived.as_ref(),
    )));
    // The default generator would not recognise the identifiers of the process before.
    config.cid_generator(|| Box::new(RandomConnectionIdGenerator::default()));
    config
}

#[cfg(test)]
mod tests;
