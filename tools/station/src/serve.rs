//! The receiver: takes batches from drones, has them committed, and only then confirms them.
//!
//! Each drone's batches are taken one after the other by a task of its own; one thread owns the store and commits a
//! batch at a time. Whatever fails closes that drone's connection with the reason; the drone keeps what was not
//! confirmed and comes again.

mod outcome;
mod writer;

use std::{
    net::{SocketAddr, UdpSocket},
    path::Path,
    sync::Arc,
};

use quinn::{
    Connection, ConnectionError, Endpoint, EndpointConfig, Incoming, TokioRuntime, VarInt,
};
use quinn_proto::RandomConnectionIdGenerator;
use ring::hmac;
use scarp_link::{
    CloseCode, Envelope, Identity,
    codec::{self, CodecError, MAX_BATCH_BYTES, Receipt},
    tls::{self, Peer},
};
use thiserror::Error;
use tokio::{sync::broadcast, task::JoinSet};
use uuid::Uuid;

use crate::{
    feeds::{Feed, Follower, INTERVAL, MAX_COMMITS_WAITING},
    revocations::{Revocations, Revoked},
    store::{Store, StoreError},
};
pub use outcome::{Ended, ServeError, Totals};
use writer::{Writer, WriterGone, WriterHandle};

/// Drones connected at once. A further one is turned away and comes again.
const MAX_CONNECTIONS: usize = 32;

/// A receiver that listens.
pub struct Server {
    endpoint: Endpoint,
    address: SocketAddr,
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
        let tls = identity.server_config()?;
        let refused = |reason| ServeError::Listen {
            address: listen,
            reason,
        };
        let socket = UdpSocket::bind(listen).map_err(refused)?;
        let store = Store::open(store)?;
        let endpoint = Endpoint::new(
            lasting_config(&identity),
            Some(tls),
            socket,
            Arc::new(TokioRuntime),
        )
        .map_err(refused)?;
        let (commits, _) = broadcast::channel(MAX_COMMITS_WAITING);
        let mut followers = Vec::new();
        for feed in feeds {
            // Subscribed before its snapshot, so that no commit comes between.
            let subscribed = commits.subscribe();
            followers.push(Follower::start(
                feed,
                store.reader()?,
                subscribed,
                INTERVAL,
            )?);
        }
        Ok(Self {
            address: endpoint.local_addr().map_err(refused)?,
            endpoint,
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
    /// # Errors
    /// When the store cannot be closed.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<Ended, ServeError> {
        let mut drones = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = drones.join_next() => {}
                config = self.revocations.changed() => match config {
                    Ok(config) => self.endpoint.set_server_config(Some(config)),
                    Err(e) => log::error!("{e}"),
                },
                Some(incoming) = self.endpoint.accept() => {
                    if drones.len() < MAX_CONNECTIONS {
                        drones.spawn(serve_connection(incoming, self.writer.handle(), self.revocations.subscribe()));
                    } else {
                        log::warn!("{} turned away: {MAX_CONNECTIONS} drones are connected", incoming.remote_address());
                        incoming.refuse();
                    }
                }
            }
        }
        self.endpoint
            .close(VarInt::from_u32(0), b"the ground station stops");
        drones.shutdown().await;
        self.endpoint.wait_idle().await;
        let (writer, followers) = (self.writer, self.followers);
        let finish = move || -> Result<Ended, ServeError> {
            let (store, totals) = writer.finish()?;
            let shown = followers.into_iter().map(Follower::finish);
            // All of them, before the store is closed: it becomes one plain file when nobody reads it.
            let failed: Vec<_> = shown.filter_map(Result::err).collect();
            store.close()?;
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

/// Why a drone's connection is closed from this side.
#[derive(Debug, Error)]
enum Refusal {
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("its certificate is revoked")]
    Revoked,
    #[error("its certificate names nobody; make its keys with `scarp-station keys`")]
    Nameless,
    #[error("a batch is longer than {MAX_BATCH_BYTES} bytes; refused")]
    TooLong,
    #[error("a message names no identity; check that the drone runs Scarp")]
    NoIdentity,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the ground station stops")]
    Stopping(#[from] WriterGone),
    #[error("the drone went: {0}")]
    Lost(ConnectionError),
    #[error("a stream ended early: {0}")]
    Stream(String),
}

/// Serves one drone until it goes or errs.
async fn serve_connection(incoming: Incoming, writer: WriterHandle, mut revoked: Revoked) {
    let from = incoming.remote_address();
    let connection = match incoming.await {
        Ok(connection) => connection,
        Err(e) => {
            log::warn!("{from} refused: {e}");
            return;
        }
    };
    let Some(peer) = tls::peer(&connection) else {
        log::error!("{from} disconnected: {}", Refusal::Nameless);
        connection.close(
            CloseCode::Revoked.into(),
            Refusal::Nameless.to_string().as_bytes(),
        );
        return;
    };
    let name = &peer.name;
    log::info!("{name} ({from}) connected");
    let list = revoked.clone();
    let batches = async {
        loop {
            if let Err(refusal) = take_batch(&connection, &writer, &peer, &list).await {
                break refusal;
            }
        }
    };
    let refusal = tokio::select! {
        biased;
        () = revoked.revokes(&peer) => Refusal::Revoked,
        refusal = batches => refusal,
    };
    match &refusal {
        Refusal::Lost(ConnectionError::ApplicationClosed(_)) => log::info!("{name} left"),
        Refusal::Lost(e) => log::info!("{name} lost: {e}"),
        other => log::error!("{name} disconnected: {other}"),
    }
    let code = match &refusal {
        Refusal::Revoked => CloseCode::Revoked,
        Refusal::Store(_) | Refusal::Stopping(_) => CloseCode::CannotStore,
        _ => CloseCode::BadBatch,
    };
    connection.close(code.into(), refusal.to_string().as_bytes());
}

async fn take_batch(
    connection: &Connection,
    writer: &WriterHandle,
    peer: &Peer,
    revoked: &Revoked,
) -> Result<(), Refusal> {
    let (mut send, mut receive) = connection.accept_bi().await.map_err(Refusal::Lost)?;
    let batch = receive
        .read_to_end(MAX_BATCH_BYTES)
        .await
        .map_err(|e| match e {
            quinn::ReadToEndError::TooLong => Refusal::TooLong,
            quinn::ReadToEndError::Read(e) => Refusal::Stream(e.to_string()),
        })?;
    let (envelopes, mut refused) = decode(&batch)?;
    let mut stored: Vec<Uuid> = envelopes.iter().map(Envelope::id).collect();
    let applied = writer
        .commit(&peer.name, envelopes, refused.len())
        .await??;
    stored.retain(|id| applied.refused.iter().all(|(other, _)| other != id));
    refused.extend(applied.refused);
    let name = &peer.name;
    if applied.new > 0 {
        log::info!("{name} {} new messages stored", applied.new);
    }
    if let Some((_, reason)) = refused.last() {
        log::error!(
            "{name} {} messages refused, the last: {reason}",
            refused.len()
        );
    }
    let receipt = Receipt {
        stored,
        refused,
        revoked: if batch.is_empty() {
            revoked.list()
        } else {
            Vec::new()
        },
    };
    // A receipt that is lost does no harm: the drone sends again, and the store knows the messages.
    if let Err(e) = send.write_all(&receipt.encode()).await {
        return Err(Refusal::Stream(e.to_string()));
    }
    send.finish().ok();
    Ok(())
}

/// Messages that cannot be understood, by identity, each with the reason.
type Refused = Vec<(Uuid, String)>;

/// The messages of a batch, and those of it that cannot be understood.
fn decode(batch: &[u8]) -> Result<(Vec<Envelope>, Refused), Refusal> {
    let mut envelopes = Vec::new();
    let mut refused = Vec::new();
    for bytes in codec::decode_batch(batch)? {
        match Envelope::decode(&bytes) {
            Ok(envelope) => envelopes.push(envelope),
            Err(e) => {
                let id = scarp_link::peek_id(&bytes).ok_or(Refusal::NoIdentity)?;
                refused.push((id, e.to_string()));
            }
        }
    }
    Ok((envelopes, refused))
}
