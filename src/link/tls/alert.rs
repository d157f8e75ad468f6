//! TLS alerts, by which a handshake ends, in words for people (RFC 8446, section 6.2, and RFC 7301, section 3.2).

use quinn::{ConnectionError, TransportErrorCode};

/// A certificate is revoked.
pub const REVOKED: u8 = 44;
/// A certificate is not valid any more, or not yet.
pub const EXPIRED: u8 = 45;
/// A certificate is of an authority that the end does not know.
const UNKNOWN_AUTHORITY: u8 = 48;
/// A signature does not fit.
const DECRYPT_ERROR: u8 = 51;
/// There is no certificate.
const CERTIFICATE_REQUIRED: u8 = 116;
/// An end does not know the protocol asked for.
pub const NO_APPLICATION_PROTOCOL: u8 = 120;

/// The TLS alert that ended a connection. Alerts come as QUIC errors from this code on (RFC 9001, section 4.8).
#[must_use]
pub fn tls_alert(error: &ConnectionError) -> Option<u8> {
    let code = match error {
        ConnectionError::TransportError(e) => e.code,
        ConnectionError::ConnectionClosed(close) => close.error_code,
        _ => return None,
    };
    let alert = u64::from(code).checked_sub(TransportErrorCode::crypto(0).into())?;
    u8::try_from(alert).ok()
}

/// What an alert says of a certificate, in words that follow whose it is.
pub(crate) fn of_certificate(alert: u8) -> String {
    match alert {
        REVOKED => "is revoked",
        EXPIRED => "has ended or not yet begun",
        UNKNOWN_AUTHORITY => "is of another authority",
        DECRYPT_ERROR => "does not fit its private key",
        CERTIFICATE_REQUIRED => "is missing",
        42..=46 => "is not accepted",
        other => {
            return format!("could not be looked at, the handshake ended with TLS alert {other}");
        }
    }
    .to_owned()
}
