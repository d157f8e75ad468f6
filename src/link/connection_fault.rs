//! Why a connection failed: what it says of the batch that was under way, and how an operator in the field is told.

use std::{
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use quinn::{
    ApplicationClose, ConnectError, ConnectionError, ReadError, ReadToEndError, TransportErrorCode,
    WriteError,
};

use super::{
    close_code::CloseCode,
    codec::CodecError,
    delivery::{End, NoneNamed, Overdue},
    journal::JournalError,
    plain_text::plain,
    tls::{
        EXPIRED, NO_APPLICATION_PROTOCOL, PROTOCOL, REVOKED, TlsError, of_certificate, tls_alert,
    },
    trust::RevokedStation,
};

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
    /// The handshake came to its end, and nothing more came back in time.
    FellSilent,
    /// Nothing comes back any more, since this time by the aircraft's wall clock.
    OutOfReach(SystemTime),
    /// A connection ended before the ground station had answered on it.
    Refused(ConnectionError),
    /// A connection ended on which the ground station had answered.
    Lost(ConnectionError),
    /// The stream ended while the connection lives on.
    Stream(String),
    /// A batch did not arrive in time, on a connection that lives.
    NotArrived,
    /// A batch that has arrived was not confirmed in time, on a connection that lives.
    NoReceipt,
    /// The receipt names none of the messages sent.
    NoneNamed,
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
    /// What the fault says of the batch that was under way.
    pub fn end(&self) -> End {
        match self {
            Self::Refused(e) | Self::Lost(e) => match CloseCode::of(e) {
                Some(CloseCode::BadBatch) => End::BadBatch(format!("refused: {}", said(e))),
                Some(CloseCode::TooSlow) => End::TooSlow,
                Some(CloseCode::GaveWay | CloseCode::Revoked) => End::Unwelcome,
                Some(CloseCode::Left | CloseCode::CannotStore | CloseCode::GaveUp) | None => {
                    End::Outage
                }
            },
            Self::RevokedStation => End::Unwelcome,
            Self::NotArrived => End::TooSlow,
            Self::Stream(e) => End::BadBatch(format!("the ground station broke it off: {e}")),
            Self::NoReceipt => End::BadBatch("no receipt comes for it".to_owned()),
            Self::NoneNamed => End::BadBatch("no receipt names it".to_owned()),
            Self::Codec(e) => End::BadBatch(e.to_string()),
            Self::LookUp(_)
            | Self::NoAddress
            | Self::Socket(_)
            | Self::Connect(_)
            | Self::NoAnswer
            | Self::FellSilent
            | Self::OutOfReach(_)
            | Self::Keys(_)
            | Self::Journal(_) => End::Outage,
        }
    }

    /// What the ground station is told where the aircraft ends the connection for this: a code, and a line for its operator.
    pub fn farewell(&self) -> (CloseCode, &'static str) {
        match self {
            Self::NotArrived => (CloseCode::TooSlow, "a batch took too long to arrive"),
            Self::RevokedStation => (
                CloseCode::Revoked,
                "the ground station's certificate is revoked",
            ),
            Self::NoReceipt => (CloseCode::GaveUp, "no receipt came for a batch"),
            Self::NoneNamed => (CloseCode::GaveUp, "a receipt names nothing of its batch"),
            Self::Codec(_) => (CloseCode::GaveUp, "a receipt cannot be read"),
            Self::Stream(_) => (CloseCode::GaveUp, "a batch was broken off"),
            Self::Journal(_) => (CloseCode::GaveUp, "the aircraft's journal fails"),
            _ => (CloseCode::GaveUp, "no answer came"),
        }
    }

    /// Whether the ground station, or what stands at its address, has answered.
    pub fn is_answer(&self) -> bool {
        match self {
            Self::Refused(e) => !matches!(e, ConnectionError::TimedOut),
            Self::Stream(_) | Self::Codec(_) | Self::RevokedStation => true,
            _ => false,
        }
    }

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
            Self::NoAnswer | Self::Refused(ConnectionError::TimedOut) => format!(
                "link: no answer from {station}; check that `scarp-station serve` runs there, listens on that address and that UDP passes, \
                 or packets of 1,200 bytes do not pass: give the tunnel an MTU of at least 1228 (IPv4) or 1248 (IPv6)"
            ),
            Self::FellSilent => format!(
                "link: {station} shook hands and fell silent; it may not accept this drone's keys, see its own messages, or the link loses most packets"
            ),
            Self::OutOfReach(since) => format!(
                "link: {station} is out of reach since {}; connecting anew until it answers",
                time_of_day(*since)
            ),
            Self::RevokedStation => revoked_station(station),
            Self::Refused(e) => refused(station, e),
            Self::Lost(e) => lost(station, e),
            Self::Stream(e) => {
                format!("link: {station} broke off a batch ({e}); see its own messages")
            }
            Self::NotArrived => format!(
                "link: a batch for {station} takes longer than ten minutes; sending a smaller one; give the link more bandwidth"
            ),
            Self::NoReceipt => {
                format!("link: {station} does not confirm what it got; see its own messages")
            }
            Self::NoneNamed => format!(
                "link: {station} answers but confirms nothing; update both ends to one version"
            ),
            Self::Codec(e) => e.to_string(),
            Self::Keys(e) => e.to_string(),
            Self::Journal(e) => e.to_string(),
        }
    }
}

/// How an attempt to connect failed that met the ground station, or what stands at its address.
fn refused(station: &str, error: &ConnectionError) -> String {
    match tls_alert(error) {
        Some(NO_APPLICATION_PROTOCOL) => format!(
            "link: {station} does not speak this drone's form of the link, {}; update both ends to one version",
            String::from_utf8_lossy(PROTOCOL)
        ),
        Some(EXPIRED) => format!(
            "link: this drone's certificate has ended or not yet begun by the clock of {station}; set the clock there, or run `scarp-station keys renew` and copy the keys anew"
        ),
        // This end has said so, of the station.
        Some(REVOKED) if matches!(error, ConnectionError::TransportError(_)) => {
            revoked_station(station)
        }
        Some(REVOKED) => revoked(station, "its certificate is revoked"),
        Some(alert) => {
            log::debug!("link: {error}");
            let whose = match error {
                ConnectionError::TransportError(_) => "the ground station's",
                _ => "this drone's",
            };
            let what = of_certificate(alert);
            format!(
                "link: {station} and this drone do not trust each other ({whose} certificate {what}); give both keys of one authority, see `scarp-station keys --help`"
            )
        }
        None => match error {
            ConnectionError::Reset => format!(
                "link: {station} broke off the handshake; see its own messages, and give both ends keys of one authority"
            ),
            ConnectionError::ConnectionClosed(close)
                if close.error_code == TransportErrorCode::CONNECTION_REFUSED =>
            {
                format!("link: {station} turns connections away; connecting anew until it has room")
            }
            error => lost(station, error),
        },
    }
}

/// How a connection ended.
fn lost(station: &str, error: &ConnectionError) -> String {
    let said = said(error);
    match CloseCode::of(error) {
        Some(CloseCode::Left) => {
            format!("link: {station} was stopped; start `scarp-station serve` there again")
        }
        Some(CloseCode::BadBatch) => format!(
            "link: {station} cannot take a batch ({said}); sending smaller ones until the message at fault is found and set aside"
        ),
        Some(CloseCode::CannotStore) => format!(
            "link: {station} cannot store now ({said}); see to it there, all is kept here until then"
        ),
        Some(CloseCode::GaveWay) => format!(
            "link: {station} gave this drone's place away ({said}); if it goes on, check that nobody else flies with this drone's keys"
        ),
        Some(CloseCode::Revoked) => revoked(station, &said),
        Some(CloseCode::TooSlow) => format!(
            "link: a batch came to {station} too slowly ({said}); sending a smaller one; give the link more bandwidth"
        ),
        // What only an aircraft says is a code of a later version in a ground station's mouth.
        Some(CloseCode::GaveUp) | None => match error {
            ConnectionError::Reset => {
                format!("link: {station} has restarted; connecting anew")
            }
            ConnectionError::ApplicationClosed(_) => format!(
                "link: {station} ended the connection ({said}); update both ends to one version"
            ),
            _ => format!("link: the connection to {station} ended ({said}); connecting anew"),
        },
    }
}

fn revoked(station: &str, said: &str) -> String {
    format!(
        "link: {station} has shut this drone out ({said}); `scarp-station keys renew` makes new keys for it"
    )
}

/// Another may stand in the ground station's place.
fn revoked_station(station: &str) -> String {
    format!(
        "link: {station} shows a certificate that is revoked, so it may be somebody else; nothing is sent to it; `scarp-station keys renew station` makes new keys for the true one"
    )
}

/// What the other end gave as its reason for closing a connection, in one line.
fn said(error: &ConnectionError) -> String {
    let text = match error {
        ConnectionError::ApplicationClosed(ApplicationClose { reason, .. })
            if !reason.is_empty() =>
        {
            String::from_utf8_lossy(reason).into_owned()
        }
        error => error.to_string(),
    };
    plain(&text)
}

/// The time of day, UTC, as `12:34:56Z`.
fn time_of_day(time: SystemTime) -> String {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let second = since_1970.as_secs() % 86_400;
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}Z", second % 60)
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

impl From<NoneNamed> for Fault {
    fn from(_: NoneNamed) -> Self {
        Self::NoneNamed
    }
}

impl From<Overdue> for Fault {
    fn from(overdue: Overdue) -> Self {
        match overdue {
            Overdue::Answer => Self::NoAnswer,
            Overdue::Arrival => Self::NotArrived,
            Overdue::Receipt => Self::NoReceipt,
        }
    }
}

#[cfg(test)]
mod tests;
