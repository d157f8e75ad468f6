//! Why an end of the link closes a connection, as the other end reads it: QUIC's application error codes on the link.

use quinn::{ApplicationClose, ConnectionError, VarInt};

/// Why an end closes a connection. What an aircraft does next hangs on it; the text beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CloseCode {
    /// The aircraft leaves, or the station stops.
    Left = 0,
    /// The batch can never be taken: malformed or oversized. Its messages are at fault.
    BadBatch = 1,
    /// The station cannot store now, for instance because its disk is full. The messages are not at fault.
    CannotStore = 2,
    /// The connection gave way to a newer one of the same aircraft, or to others where the station is full.
    GaveWay = 3,
    /// The aircraft's certificate is revoked.
    Revoked = 4,
    /// A batch was not sent, or its receipt not read, in time.
    TooSlow = 5,
    /// The aircraft gives the connection up and comes again: no receipt comes, or none that it can use.
    GaveUp = 6,
}

impl CloseCode {
    const ALL: [Self; 7] = [
        Self::Left,
        Self::BadBatch,
        Self::CannotStore,
        Self::GaveWay,
        Self::Revoked,
        Self::TooSlow,
        Self::GaveUp,
    ];

    /// The code with which the other end closed the connection that ended with `error`: `None` where it did not close it, or with a
    /// code of a later version.
    #[must_use]
    pub fn of(error: &ConnectionError) -> Option<Self> {
        let ConnectionError::ApplicationClosed(ApplicationClose { error_code, .. }) = error else {
            return None;
        };
        Self::ALL
            .into_iter()
            .find(|code| VarInt::from(*code) == *error_code)
    }
}

impl From<CloseCode> for VarInt {
    fn from(code: CloseCode) -> Self {
        Self::from_u32(code as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u32) -> ConnectionError {
        ConnectionError::ApplicationClosed(ApplicationClose {
            error_code: VarInt::from_u32(code),
            reason: "said".into(),
        })
    }

    #[test]
    fn each_code_is_read_as_it_was_sent_and_a_later_one_as_none() {
        for (number, code) in (0..).zip(CloseCode::ALL) {
            assert_eq!(VarInt::from(code), VarInt::from_u32(number));
            assert_eq!(CloseCode::of(&closed(number)), Some(code));
        }
        assert_eq!(CloseCode::of(&closed(7)), None);
        assert_eq!(CloseCode::of(&ConnectionError::TimedOut), None);
    }
}
