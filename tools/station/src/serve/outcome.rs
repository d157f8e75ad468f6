//! How a receiver ends.

use std::net::SocketAddr;

use scarp_link::TlsError;
use serde::Serialize;
use thiserror::Error;

use crate::store::StoreError;

/// A receiver that cannot start or end well.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The store failed while closing.
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
    /// The system gave no thread.
    #[error("serve: cannot start a thread: {0}; close other programs")]
    Thread(std::io::Error),
    /// The thread that owns the store has died.
    #[error("serve: the store's thread ended in a panic; please report this")]
    Panicked,
}

/// What was received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages stored.
    pub stored: u64,
    /// Messages that had been stored before.
    pub repeated: u64,
    /// Messages that this program does not understand.
    pub refused: u64,
}
