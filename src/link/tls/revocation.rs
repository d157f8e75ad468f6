//! The authority's list of revoked certificates (a CRL, RFC 5280 section 5).

use std::{collections::HashSet, sync::Arc};

use rustls::pki_types::CertificateRevocationListDer;
use thiserror::Error;
use x509_parser::{
    certificate::X509Certificate, prelude::FromDer, revocation_list::CertificateRevocationList,
};

use super::{files::Certificate, names::MAX_REVOKED_BYTES, peer::Serial};

/// A list that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RevocationError {
    /// It is longer than it may be.
    #[error("is a list of {0} bytes, more than {MAX_REVOKED_BYTES}")]
    TooLong(usize),
    /// It is no such list.
    #[error("is no list of revoked certificates ({0})")]
    Malformed(String),
    /// The authority has not signed it, or its bytes have changed since.
    #[error("is a list that this end's authority has not signed")]
    Foreign,
    /// One at least as new is in use.
    #[error(
        "is list number {found}, and number {known} is in use; any `scarp-station keys revoke` writes a newer one"
    )]
    Older {
        /// Its number.
        found: u64,
        /// The number of the list in use.
        known: u64,
    },
}

impl RevocationError {
    /// Whether it is only that the list in use is as new.
    #[must_use]
    pub fn is_older(&self) -> bool {
        matches!(self, Self::Older { .. })
    }
}

/// A list of revoked certificates that the authority has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    number: u64,
    serials: HashSet<Serial>,
    der: Arc<[u8]>,
}

/// ECDSA with SHA-256 in DER (RFC 5758, section 3.2), by which `scarp-station keys` signs.
const ALGORITHM: [u8; 12] = [
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
];

/// A list of this signed part and signature, as DER spells it. The parser takes other spellings of what is not signed.
fn spelt(signed: &[u8], signature: &[u8]) -> Vec<u8> {
    let signature = element(0x03, &[&[0], signature].concat());
    element(0x30, &[signed, &ALGORITHM, &signature].concat())
}

/// An element in DER: tag, length, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let long = (content.len() > 0x7f).then_some(0x80 | length.len() as u8);
    let start = [tag].into_iter().chain(long);
    start
        .chain(length.iter().copied())
        .chain(content.iter().copied())
        .collect()
}

impl RevocationList {
    /// Reads a list and verifies the signature of `authority`. Never panics, whatever the bytes.
    ///
    /// # Errors
    /// When it is too long, no such list, without a number, or not signed by that authority.
    pub fn verify(der: &[u8], authority: &Certificate) -> Result<Self, RevocationError> {
        if der.len() > MAX_REVOKED_BYTES {
            return Err(RevocationError::TooLong(der.len()));
        }
        let malformed = |e: &dyn std::fmt::Display| RevocationError::Malformed(e.to_string());
        let (rest, list) = CertificateRevocationList::from_der(der).map_err(|e| malformed(&e))?;
        if !rest.is_empty() {
            return Err(malformed(&"more follows behind it"));
        }
        let (_, authority) =
            X509Certificate::from_der(authority).map_err(|_| RevocationError::Foreign)?;
        if list.issuer().as_raw() != authority.subject().as_raw()
            || list.verify_signature(authority.public_key()).is_err()
            || der != spelt(list.tbs_cert_list.as_ref(), &list.signature_value.data)
        {
            return Err(RevocationError::Foreign);
        }
        let number = list
            .crl_number()
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| malformed(&"it has no number"))?;
        let revoked = list.iter_revoked_certificates();
        Ok(Self {
            number,
            serials: revoked.map(|r| Serial::new(r.raw_serial())).collect(),
            der: der.into(),
        })
    }

    /// Whether the certificate with this serial number is revoked.
    #[must_use]
    pub fn revokes(&self, serial: &Serial) -> bool {
        self.serials.contains(serial)
    }

    /// Its number: of two lists, the later has the higher one.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The list as it was signed, at most [`MAX_REVOKED_BYTES`].
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// For rustls.
    pub(super) fn to_owned_der(&self) -> CertificateRevocationListDer<'static> {
        self.der.to_vec().into()
    }
}
