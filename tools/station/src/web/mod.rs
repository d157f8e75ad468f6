//! The live map in a browser: a page that is part of this program, what stands in the store as GeoJSON, and a stream of what changes.
//!
//! It is a feed like others, so that it ends before the store is closed, and nothing it does holds up receiving: it reads by a
//! connection of its own, on a thread of its own. Nothing can be written by it.

mod access;
mod basemap;
mod body;
mod document;
mod hub;
mod json;
mod page;
mod routes;
mod server;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use thiserror::Error;

use crate::{
    feeds::{Commit, Feed, FeedError},
    store::Store,
};
pub use basemap::{Basemap, BasemapError};
use document::Documents;
use hub::Hub;
use server::Server;

/// Time from a commit to the browsers, at most. What is committed meanwhile is told together.
const INTERVAL: Duration = Duration::from_millis(100);

/// A live map that can be reached at an address.
pub struct Map {
    address: SocketAddr,
    hub: Arc<Hub>,
    state: State,
}

enum State {
    /// Browsers that come meanwhile wait for an answer.
    Bound(TcpListener, Option<Basemap>),
    Serving(#[expect(dead_code, reason = "ends the server when it goes")] Server),
    Failed,
}

/// A map that cannot be served.
#[derive(Debug, Error)]
pub enum MapError {
    /// The address cannot be listened on.
    #[error("map {address}: {reason}; {}", remedy(reason))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why the system refused.
        reason: io::Error,
    },
}

fn remedy(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::AddrInUse => {
            "end the program that listens there, or give another port with --map"
        }
        io::ErrorKind::PermissionDenied => "give a port from 1024 on with --map",
        _ => "give 127.0.0.1 and a port with --map",
    }
}

impl Map {
    /// Listens on `address` (port 0: any free one), to show what is found on `basemap` where there is one. It answers from the first
    /// [`snapshot`](Feed::snapshot) on.
    ///
    /// # Errors
    /// When the address is taken or is none of this computer.
    pub fn bind(address: SocketAddr, basemap: Option<Basemap>) -> Result<Self, MapError> {
        let refused = |reason| MapError::Listen { address, reason };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        Ok(Self {
            address: listener.local_addr().map_err(refused)?,
            hub: Arc::new(Hub::new()),
            state: State::Bound(listener, basemap),
        })
    }

    /// The address that browsers reach it at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Feed for Map {
    fn interval(&self) -> Duration {
        INTERVAL
    }

    /// Has every browser fetch all anew, since nobody knows what they missed.
    fn snapshot(&mut self, store: &Store) -> Result<(), FeedError> {
        self.hub.tell(None);
        self.state = match std::mem::replace(&mut self.state, State::Failed) {
            State::Bound(listener, basemap) => {
                let documents = Documents::new(store.reader()?, Arc::clone(&self.hub));
                let server =
                    Server::start(listener, documents, basemap).map_err(FeedError::Thread)?;
                State::Serving(server)
            }
            state => state,
        };
        Ok(())
    }

    fn update(&mut self, store: &Store, commits: &[Commit]) -> Result<(), FeedError> {
        let changes = json::Changes::of(commits);
        self.hub.heard(changes.runs());
        let event = changes.event(store, &self.hub)?;
        self.hub.tell(event);
        Ok(())
    }
}
