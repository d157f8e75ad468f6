//! The way from the aircraft to the ground station.
//!
//! A finding becomes an [`Envelope`]; `Uplink::submit` writes it to the `Journal` on disk before it returns; a
//! thread of its own sends what the journal holds over QUIC with mutual TLS and removes only what the ground station
//! says it has committed. A broken link, a killed process or a lost battery therefore delay messages but lose none,
//! and a message that is sent twice is stored once, because its identity follows from what it says.
//!
//! The drone needs three settings: the ground station's address (`host:port`), the folder
//! `aircraft/NAME/` written by `scarp-station keys`, and a path for the journal. See `uplink::Config`. What only
//! the aircraft needs is behind the feature `uplink`.
//!
//! The messages' schema is `proto/scarp.proto`; `README.md` beside it tells whoever writes another receiver how they travel.

mod bounds;
mod close_code;
pub mod codec;
#[cfg(feature = "uplink")]
mod connection_fault;
#[cfg(feature = "uplink")]
mod delivery;
#[cfg(feature = "uplink")]
mod fault_log;
#[cfg(feature = "uplink")]
mod happy_eyeballs;
#[cfg(feature = "uplink")]
pub mod journal;
mod message;
mod message_error;
mod outline;
mod outline_fit;
mod plain_text;
mod proto;
pub mod tls;
#[cfg(feature = "uplink")]
mod trust;
mod unix_time;
#[cfg(feature = "uplink")]
pub mod uplink;
mod wire;

pub use close_code::CloseCode;
#[cfg(feature = "uplink")]
pub use journal::{Journal, JournalError};
pub use message::{Body, Envelope, Survey};
pub use message_error::{
    FORMAT_VERSION, MAX_AREA_M2, MAX_DISTANCE_M, MAX_MESSAGE_BYTES, MAX_RINGS, MAX_TEXT_BYTES,
    MAX_VERTICES, MessageError,
};
pub use plain_text::plain;
pub use proto::FILE_DESCRIPTOR_SET;
pub use tls::{Identity, TlsError};
#[cfg(feature = "uplink")]
pub use uplink::{Config, LinkError, LinkStatus, Uplink};
pub use wire::peek_id;
