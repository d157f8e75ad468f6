//! The way from the aircraft to the ground station.
//!
//! A finding becomes an [`Envelope`]; [`Uplink::submit`] writes it to the [`Journal`] on disk before it returns; a
//! thread of its own sends what the journal holds over QUIC with mutual TLS and removes only what the ground station
//! says it has committed. A broken link, a killed process or a lost battery therefore delay messages but lose none,
//! and a message that is sent twice is stored once, because its identity follows from what it says.
//!
//! The drone needs three settings: the ground station's address (`host:port`), the folder `drone/` written by
//! `scarp-station keys`, and a path for the journal. See [`uplink::Config`].

#[cfg(feature = "uplink")]
pub mod backoff;
pub mod codec;
mod error;
#[cfg(feature = "uplink")]
mod fault;
#[cfg(feature = "uplink")]
pub mod journal;
mod message;
mod outline;
pub mod tls;
#[cfg(feature = "uplink")]
pub mod uplink;
mod wire;

pub use error::{
    FORMAT_VERSION, MAX_MESSAGE_BYTES, MAX_RINGS, MAX_TEXT_BYTES, MAX_VERTICES, MessageError,
};
#[cfg(feature = "uplink")]
pub use journal::{Journal, JournalError};
pub use message::{Body, Envelope, Survey};
pub use tls::{Identity, TlsError};
#[cfg(feature = "uplink")]
pub use uplink::{Config, LinkError, LinkStatus, Uplink};
pub use wire::peek_id;
