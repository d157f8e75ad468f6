//! How a receiver ends.

use std::net::SocketAddr;

use scarp_link::TlsError;
use serde::Serialize;
use thiserror::Error;

use crate::{feeds::FeedError, store::StoreError};

/// A receiver that cannot start or end well.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The store cannot be opened, or failed while closing.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("listen {address}: {reason}; give a free address of this computer with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why the system refused.
        reason: std::io::Error,
    },
    /// A feed cannot show what stands in the store.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The system gave no thread.
    #[error("serve: cannot start a thread: {0}; close other programs")]
    Thread(std::io::Error),
    /// The thread that owns the store has died.
    #[error("serve: the store's thread ended in a panic; please report this")]
    Panicked,
}

/// How a receiver that was stopped has ended.
#[derive(Debug)]
pub struct Ended {
    /// What was received.
    pub totals: Totals,
    /// Why a feed does not show what stands in the store at the end; receiving did not suffer from it.
    pub feed_error: Option<FeedError>,
}

/// What was received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages stored.
    pub stored: u64,
    /// Messages that had been stored before.
    pub repeated: u64,
    /// Messages that this program does not understand, or that say something else than what was stored under their identity.
    pub refused: u64,
}
