//! Why a connection failed, said so that an operator in the field can act on it.

use std::io;

use quinn::{
    ConnectError, ConnectionError, ReadError, ReadToEndError, TransportErrorCode, WriteError,
};

use super::{
    codec::CodecError,
    journal::JournalError,
    tls::{PROTOCOL, TlsError},
    trust::RevokedStation,
};

/// The TLS alert of an end that does not know the protocol asked for (RFC 7301, section 3.2).
const NO_APPLICATION_PROTOCOL: u8 = 120;

/// The TLS alert of a certificate that is revoked (RFC 8446, section 6.2).
const REVOKED: u8 = 44;
/// The TLS alert of a certificate that is not valid now (RFC 8446, section 6.2).
const EXPIRED: u8 = 45;

/// Why the uplink is not, or no longer, connected.
#[derive(Debug)]
pub enum Fault {
    /// The name cannot be looked up.
    LookUp(io::Error),
    /// The name has no address.
    NoAddress,
    /// The system gives no socket.
    Socket(io::Error),
    /// The address cannot be connected to.
    Connect(ConnectError),
    /// Nothing came back in time.
    NoAnswer,
    /// The connection ended.
    Lost(ConnectionError),
    /// The stream ended while the connection lives on.
    Stream(String),
    /// A batch was not confirmed in time.
    NoReceipt,
    /// The receipt names none of the messages sent.
    EmptyReceipt,
    /// The receipt cannot be read.
    Codec(CodecError),
    /// The ground station's certificate is revoked.
    RevokedStation,
    /// This end's keys cannot be used.
    Keys(TlsError),
    /// The journal failed.
    Journal(JournalError),
}

impl Fault {
    /// One line: what happened with the ground station at `station`, and what to do.
    pub fn describe(&self, station: &str) -> String {
        match self {
            Self::LookUp(e) if e.kind() == io::ErrorKind::TimedOut => format!(
                "link: {station}: no answer to the look-up of its name; check the network, or give the address in numbers"
            ),
            // The system says that it is the look-up of a name that failed.
            Self::LookUp(e) => format!(
                "link: {station}: {e}; check the network and the spelling, or give the address in numbers"
            ),
            Self::NoAddress => format!(
                "link: {station} has no address; check the name or give host:port in numbers"
            ),
            Self::Socket(e) => format!("link: no network socket ({e}); check the network"),
            Self::Connect(e) => {
                format!("link: cannot connect to {station} ({e}); check the address")
            }
            Self::NoAnswer | Self::Lost(ConnectionError::TimedOut) => format!(
                "link: no answer from {station}; check that `scarp-station serve` runs there, listens on that address and that UDP passes"
            ),
            Self::Lost(e) if tls_alert(e) == Some(NO_APPLICATION_PROTOCOL) => format!(
                "link: {station} does not speak this drone's form of the link, {}; update both ends to one version",
                String::from_utf8_lossy(PROTOCOL)
            ),
            Self::RevokedStation => revoked_station(station),
            Self::Lost(e @ ConnectionError::TransportError(_)) if tls_alert(e) == Some(REVOKED) => {
                revoked_station(station)
            }
            Self::Lost(e) if tls_alert(e) == Some(REVOKED) => format!(
                "link: {station} has shut this aircraft out, its keys are revoked; `scarp-station keys renew` makes new ones"
            ),
            Self::Lost(e) if tls_alert(e) == Some(EXPIRED) => format!(
                "link: this aircraft's certificate has ended or not yet begun by the clock of {station}; set the clock there, or run `scarp-station keys renew` and copy the keys anew"
            ),
            Self::Lost(e) if tls_alert(e).is_some() => format!(
                "link: {station} and this drone do not trust each other ({e}); use keys of one authority on both, see `scarp-station keys --help`"
            ),
            Self::Lost(ConnectionError::Reset) => {
                format!("link: {station} has restarted; connecting anew")
            }
            Self::Lost(e) => {
                format!("link: the connection to {station} ended ({e}); connecting anew")
            }
            Self::Stream(e) => {
                format!("link: {station} broke off a batch ({e}); see its own messages")
            }
            Self::NoReceipt => {
                format!("link: {station} does not confirm what it got; see its own messages")
            }
            Self::EmptyReceipt => format!(
                "link: {station} answers but confirms nothing; update both ends to one version"
            ),
            Self::Codec(e) => e.to_string(),
            Self::Keys(e) => e.to_string(),
            Self::Journal(e) => e.to_string(),
        }
    }
}

/// Another may stand in the ground station's place.
fn revoked_station(station: &str) -> String {
    format!(
        "link: {station} shows a certificate that is revoked, so it may be somebody else; nothing is sent to it; `scarp-station keys renew station` makes new keys for the true one"
    )
}

/// The TLS alert that ended a connection. Alerts come as QUIC errors from this code on (RFC 9001, section 4.8).
fn tls_alert(error: &ConnectionError) -> Option<u8> {
    let code = match error {
        ConnectionError::TransportError(e) => e.code,
        ConnectionError::ConnectionClosed(close) => close.error_code,
        _ => return None,
    };
    let alert = u64::from(code).checked_sub(TransportErrorCode::crypto(0).into())?;
    u8::try_from(alert).ok()
}

impl From<ConnectError> for Fault {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<ConnectionError> for Fault {
    fn from(error: ConnectionError) -> Self {
        Self::Lost(error)
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConnectionLost(e) => Self::Lost(e),
            other => Self::Stream(other.to_string()),
        }
    }
}

impl From<ReadToEndError> for Fault {
    fn from(error: ReadToEndError) -> Self {
        match error {
            ReadToEndError::Read(ReadError::ConnectionLost(e)) => Self::Lost(e),
            other => Self::Stream(other.to_string()),
        }
    }
}

impl From<RevokedStation> for Fault {
    fn from(_: RevokedStation) -> Self {
        Self::RevokedStation
    }
}

impl From<TlsError> for Fault {
    fn from(error: TlsError) -> Self {
        Self::Keys(error)
    }
}

impl From<CodecError> for Fault {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

impl From<JournalError> for Fault {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}
