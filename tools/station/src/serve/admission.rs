//! Who may try to prove that it belongs here: everything before a certificate is checked.
//!
//! A handshake costs memory and computing before anyone knows who asks, so handshakes have a budget of their own, apart from the
//! aircraft connected. Three things keep a flood of them from shutting an aircraft out: an address that was not shown to be real
//! must show it first once several are under way (QUIC's Retry, which costs this end no memory); each handshake has a deadline; and
//! where the budget is used up, the oldest of the address that holds most gives way, so that an address keeps more than its equal
//! share only while nobody else asks. A connection lives on for a while after its handshake has failed, how long is for the other end
//! to say; so an address has no more than its share of those either.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use quinn::{Connection, ConnectionError, Incoming, ServerConfig};
use scarp_link::tls::Entrance;
use thiserror::Error;
use tokio::{
    task::{AbortHandle, Id, JoinSet},
    time::timeout,
};

use super::shares::{Shares, source};

/// Handshakes under way at once. Each holds about 40 kB. A flood from an aircraft's own address, for instance a radio's that
/// translates addresses, must bring so many within the two or three round trips of a handshake to push the aircraft's out.
const MAX_HANDSHAKES: usize = 512;
/// From so many handshakes with addresses not shown to be real, further such addresses must show it first.
const MAX_UNVALIDATED: usize = 8;
/// QUIC connections in all, with those that ended and wait for stray packets of theirs: for three seconds where the other end never
/// answered, and for more than a minute where it answers as slowly as it may. It bounds the memory, to 82 MiB.
const MAX_OPEN: usize = 2048;
/// An aircraft gives up after 8 s, which is enough for a round trip of 600 ms with 30 % loss. Nobody waits for one that takes longer.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// First packets that wait until the server looks at them: as many as the socket gives between two looks, and to spare.
const MAX_INCOMING: usize = 256;
/// Bytes of further packets that wait for such a look: for each, and in all.
const INCOMING_BUFFER: u64 = 16 << 10;
const INCOMING_BUFFERS: u64 = 1 << 20;

/// The configuration for the endpoint, which bounds what QUIC itself keeps of those who have only just knocked.
pub fn bounded(entrance: &Entrance) -> ServerConfig {
    let mut config = entrance.config().clone();
    config
        .max_incoming(MAX_INCOMING)
        .incoming_buffer_size(INCOMING_BUFFER)
        .incoming_buffer_size_total(INCOMING_BUFFERS);
    config
}

/// Why someone was not let in.
#[derive(Debug, Error)]
pub enum Failure {
    /// The handshake failed; most often there was no certificate of our authority. Why, in one line.
    #[error("{0}")]
    Handshake(String),
    /// It took too long.
    #[error("its handshake did not end within {} s", HANDSHAKE_TIMEOUT.as_secs())]
    TooSlow,
    /// Others knocked.
    #[error("{MAX_HANDSHAKES} handshakes are under way; the oldest gives way")]
    GaveWay,
    /// There is no memory to spare.
    #[error("{MAX_OPEN} connections are open or ending")]
    Full,
    /// Its address has as many as are left to one.
    #[error("its address holds its share of {MAX_OPEN} connections, open or ending")]
    Share,
}

/// The handshakes under way.
pub struct Admission {
    entrance: Entrance,
    shares: Shares<ServerConfig>,
    handshakes: JoinSet<(SocketAddr, Result<Connection, Failure>)>,
    /// The oldest first.
    pending: VecDeque<Pending>,
}

struct Pending {
    task: AbortHandle,
    from: SocketAddr,
    validated: bool,
}

impl Admission {
    /// None yet. Whoever comes is asked what `entrance` says.
    pub fn new(entrance: Entrance) -> Self {
        Self {
            entrance,
            shares: Shares::of(MAX_OPEN),
            handshakes: JoinSet::new(),
            pending: VecDeque::new(),
        }
    }

    /// From now on whoever comes is asked what `entrance` says.
    pub fn ask(&mut self, entrance: Entrance) {
        self.entrance = entrance;
    }

    /// Begins the handshake with `incoming`, while `open` connections are open in all. Returns who was not let in for it, if any.
    pub fn admit(&mut self, incoming: Incoming, open: usize) -> Option<(SocketAddr, Failure)> {
        let from = incoming.remote_address();
        let validated = incoming.remote_address_validated();
        if !validated && self.pending.iter().filter(|p| !p.validated).count() >= MAX_UNVALIDATED {
            // Cannot fail: an address that was not shown to be real may always be asked to.
            incoming.retry().ok();
            return None;
        }
        if open >= MAX_OPEN {
            // Without an answer: an aircraft asks again by itself, and a refusal would cost what there is too little of.
            incoming.ignore();
            return Some((from, Failure::Full));
        }
        if !self.shares.allow(from) {
            incoming.ignore();
            return Some((from, Failure::Share));
        }
        // One for each, which the connection keeps as long as it lives.
        let (config, refused) = self.entrance.for_one();
        let config = Arc::new(config);
        let held = Arc::downgrade(&config);
        let failed =
            move |e: ConnectionError| Failure::Handshake(refused.describe(&e, SystemTime::now()));
        let connecting = match incoming.accept_with(config) {
            Ok(connecting) => connecting,
            Err(e) => return Some((from, failed(e))),
        };
        self.shares.hold(from, held);
        let task = self.handshakes.spawn(async move {
            let outcome = timeout(HANDSHAKE_TIMEOUT, connecting).await;
            let outcome = outcome.map_or(Err(Failure::TooSlow), |made| made.map_err(failed));
            (from, outcome)
        });
        self.pending.push_back(Pending {
            task,
            from,
            validated,
        });
        (self.pending.len() > MAX_HANDSHAKES)
            .then(|| self.evict())
            .flatten()
            .map(|from| (from, Failure::GaveWay))
    }

    /// The next handshake to end, `None` when none is under way. May be dropped at any time.
    pub async fn next(&mut self) -> Option<(SocketAddr, Result<Connection, Failure>)> {
        loop {
            match self.handshakes.join_next_with_id().await? {
                Ok((id, ended)) => {
                    self.forget(id);
                    return Some(ended);
                }
                // It gave way.
                Err(e) => self.forget(e.id()),
            }
        }
    }

    fn forget(&mut self, id: Id) {
        self.pending.retain(|pending| pending.task.id() != id);
    }

    /// Ends the oldest handshake of the address that has most.
    fn evict(&mut self) -> Option<SocketAddr> {
        let sources = self.pending.iter().map(|pending| source(pending.from));
        let oldest = oldest_of_most(sources)?;
        let pending = self.pending.remove(oldest)?;
        pending.task.abort();
        Some(pending.from)
    }
}

/// Where the first of those that occur most often stands; of several that occur equally often, the first.
fn oldest_of_most(sources: impl Iterator<Item = IpAddr> + Clone) -> Option<usize> {
    let mut counts = HashMap::new();
    for source in sources.clone() {
        *counts.entry(source).or_insert(0) += 1;
    }
    let most = counts.values().copied().max()?;
    sources.into_iter().position(|s| counts[&s] == most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_handshake_of_the_address_with_most_gives_way() {
        let source = |n: u8| IpAddr::from([10, 0, 0, n]);
        let oldest = |sources: &[u8]| oldest_of_most(sources.iter().map(|n| source(*n)));
        assert_eq!(oldest(&[1, 2, 3, 2, 3, 3, 1]), Some(2));
        assert_eq!(oldest(&[1, 2, 3]), Some(0));
        assert_eq!(oldest(&[]), None);
    }
}
