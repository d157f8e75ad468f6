//! Who may speak to whom: TLS 1.3 with certificates on both ends, all signed by one private authority.
//!
//! `scarp-station keys` writes two folders, `station/` and `drone/`, each with `ca.pem`, `cert.pem` and `key.pem`. There
//! are no default keys and no way to go without: an end whose certificate the other end's authority has not signed
//! gets no connection. A drone's certificate is good for a client only, so a stolen one cannot pose as the station.

mod error;
mod files;
mod identity;
mod names;
mod peer;
mod transport;

pub use error::TlsError;
pub use identity::Identity;
pub use names::{
    CA_FILE, CERTIFICATE_FILE, KEY_FILE, MAX_NAME_BYTES, PROTOCOL, SERVER_NAME, is_name,
};
pub use peer::{Peer, Serial, peer};
