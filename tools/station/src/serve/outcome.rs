//! How a receiver ends.

use std::{io, net::SocketAddr};

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
    #[error("listen {address}: {reason}; {}", listen_remedy(reason))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why the system refused.
        reason: io::Error,
    },
    /// The address can be listened on no more.
    #[error("listen {address}: the network socket has failed; start `scarp-station serve` again")]
    Deaf {
        /// The address.
        address: SocketAddr,
    },
    /// A feed cannot show what stands in the store.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The system gave no thread.
    #[error("serve: cannot start a thread: {0}; close other programs")]
    Thread(io::Error),
    /// The thread that owns the store has died.
    #[error("serve: the store's thread ended in a panic; please report this")]
    Panicked,
}

fn listen_remedy(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::AddrInUse => {
            "end the program that listens there, or give a free address with --listen"
        }
        io::ErrorKind::AddrNotAvailable => {
            "give one of this computer's addresses with --listen, or 0.0.0.0 for all of them"
        }
        io::ErrorKind::PermissionDenied => "give a port from 1024 on with --listen",
        _ => "give another address of this computer with --listen",
    }
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
