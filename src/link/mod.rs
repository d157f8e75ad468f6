//! The way from the aircraft to the ground station.
//!
//! A finding becomes an [`Envelope`]; [`Uplink::submit`] writes it to the [`Journal`] on disk before it returns; a
//! thread of its own sends what the journal holds over QUIC with mutual TLS and removes only what the ground station
//! says it has committed. A broken link, a killed process or a lost battery therefore delay messages but lose none,
//! and a message that is sent twice is stored once, because its identity follows from what it says.
//!
//! The drone needs three settings: the ground station's address (`host:port`), the folder `drone/` written by
//! `scarp-ground keys`, and a path for the journal. See [`uplink::Config`].

pub mod backoff;
pub mod codec;
mod fault;
pub mod journal;
pub mod message;
mod outline;
pub mod tls;
pub mod uplink;
mod wire;

pub use journal::{Journal, JournalError};
pub use message::{Body, Envelope, FrameReport, MessageError, Placement, Survey};
pub use tls::{Identity, TlsError};
pub use uplink::{Config, LinkError, LinkStatus, Uplink};
