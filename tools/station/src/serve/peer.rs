//! Which aircraft a connection belongs to.

use quinn::{Connection, rustls::pki_types::CertificateDer};
use ring::digest::{SHA256, digest};

/// An aircraft, as its certificate names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    /// What it is called in the log.
    pub name: String,
}

/// The aircraft at the other end; `None` where it showed no certificate, which the handshake does not allow.
pub fn peer(connection: &Connection) -> Option<Peer> {
    let identity = connection.peer_identity()?;
    let chain = identity.downcast_ref::<Vec<CertificateDer<'static>>>()?;
    let fingerprint = digest(&SHA256, chain.first()?);
    let start: [u8; 4] = fingerprint.as_ref().first_chunk().copied()?;
    Some(Peer {
        name: format!("aircraft {:08x}", u32::from_be_bytes(start)),
    })
}
