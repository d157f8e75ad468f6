//! Who is at the other end of a connection.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use x509_parser::{certificate::X509Certificate, prelude::FromDer, time::ASN1Time};

use super::{files::Certificate, names::is_name};

/// One end of the link, as its certificate names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The aircraft's name, or the ground station's: the subject's common name, see [`is_name`].
    pub name: String,
    /// The certificate's serial number.
    pub serial: Serial,
    /// When the certificate begins to be valid.
    pub not_before: SystemTime,
    /// When it ends.
    pub not_after: SystemTime,
}

/// A certificate's serial number, by which it is revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// The number with these bytes, most significant first.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        Self(bytes.iter().copied().skip(zeros).collect())
    }

    /// Its bytes, most significant first, without leading zeros.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// In hexadecimal digits.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The other end of `connection`. The handshake has verified its certificate; none is returned for one that names nobody, which
/// our authority never issues.
#[must_use]
pub fn peer(connection: &quinn::Connection) -> Option<Peer> {
    let chain = connection.peer_identity()?;
    let chain = chain.downcast::<Vec<Certificate>>().ok()?;
    Peer::of(chain.first()?)
}

impl Peer {
    /// Whom a certificate names. It is not verified here.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let mut names = certificate.subject().iter_common_name();
        let name = names.next()?.as_str().ok()?;
        if names.next().is_some() || !is_name(name) {
            return None;
        }
        let validity = certificate.validity();
        Some(Self {
            name: name.to_owned(),
            serial: Serial::new(certificate.raw_serial()),
            not_before: time(validity.not_before),
            not_after: time(validity.not_after),
        })
    }
}

/// To the second. What lies before 1970 reads as 1970.
pub fn time(time: ASN1Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.timestamp().try_into().unwrap_or(0))
}
