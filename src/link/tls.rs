//! Who may speak to whom: TLS 1.3 with certificates on both ends, all signed by one private authority.
//!
//! `scarp-station keys` writes a folder for the ground station and one for each aircraft, with `ca.pem`, `cert.pem`, `key.pem` and
//! `revoked.crl`. There are no default keys and no way to go without: an end whose certificate the other end's authority has not
//! signed, or has revoked, gets no connection. An aircraft's certificate is good for a client only, so a stolen one cannot pose as
//! the station, and names the aircraft, so it cannot pose as another.

mod alert;
mod entrance;
mod error;
mod files;
mod identity;
mod names;
mod peer;
mod revocation;
mod transport;
mod verifier;

pub use alert::tls_alert;
#[cfg(feature = "uplink")]
pub(crate) use alert::{EXPIRED, NO_APPLICATION_PROTOCOL, REVOKED, of_certificate};
pub use entrance::{Entrance, Refused};
pub use error::TlsError;
pub use identity::Identity;
pub use names::{
    CA_FILE, CERTIFICATE_FILE, KEY_FILE, MAX_NAME_BYTES, MAX_REVOKED_BYTES, PROTOCOL, REVOKED_FILE,
    SERVER_NAME, is_name,
};
pub use peer::{NoSerial, Peer, Serial, peer};
pub use revocation::{RevocationError, RevocationList};
#[cfg(feature = "uplink")]
pub(crate) use transport::IDLE_TIMEOUT_MS;
