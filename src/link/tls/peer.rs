//! Who is at the other end of a connection.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::pki_types::CertificateDer;
use thiserror::Error;
use x509_parser::{certificate::X509Certificate, prelude::FromDer, time::ASN1Time};

use super::names::is_name;

/// One end of the link, as its certificate names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// Text that is no serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a serial number is an even number of hexadecimal digits")]
pub struct NoSerial;

/// From hexadecimal digits.
impl FromStr for Serial {
    type Err = NoSerial;

    fn from_str(digits: &str) -> Result<Self, NoSerial> {
        let byte = |pair: &[u8]| match pair {
            [high, low] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                u8::try_from(digit(high)? << 4 | digit(low)?).ok()
            }
            _ => None,
        };
        let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
        Ok(Self::new(&bytes.ok_or(NoSerial)?))
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
    let chain = chain.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    Peer::of(chain.first()?)
}

impl Peer {
    /// Whom a certificate names. It is not verified here.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
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

    /// What a clock that shows `now` holds against the certificate's dates: nothing while it is valid.
    #[must_use]
    pub fn date_fault(&self, now: SystemTime) -> Option<String> {
        let (name, now_date) = (&self.name, date(now));
        if (self.not_before..=self.not_after).contains(&now) {
            return None;
        }
        let (from, until) = (date(self.not_before), date(self.not_after));
        Some(format!(
            "the certificate of {name} is valid from {from} to {until}, and this clock shows {now_date}: set the clock, or run `scarp-station keys renew {name}`"
        ))
    }
}

/// To the day, for people.
fn date(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let time = i64::try_from(seconds).ok();
    let time = time.and_then(|seconds| ASN1Time::from_timestamp(seconds).ok());
    time.map_or_else(
        || "beyond all calendars".to_owned(),
        |time| time.to_datetime().date().to_string(),
    )
}

/// To the second. What lies before 1970 reads as 1970.
fn time(time: ASN1Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.timestamp().try_into().unwrap_or(0))
}
