//! The keys with which a ground station and its aircraft know each other: one private authority, a certificate for each, and a
//! signed list of those that are revoked.
//!
//! `authority/` is needed only while a key is made, renewed or revoked and may lie elsewhere, on a stick for instance. `station/`
//! and each `aircraft/NAME/` hold all that one end needs: `ca.pem`, `cert.pem`, `key.pem` and `revoked.crl`.

mod authority;
mod certificate;
mod error;
mod folder;
mod ledger;
mod passphrase;

pub use authority::{Authority, Revoked};
pub use certificate::SOON;
pub use error::KeysError;
pub use folder::{Places, STATION};
pub use ledger::{Issued, Ledger, Validity};
pub use passphrase::Passphrase;
