use std::collections::HashSet;

use quinn::{ConnectionClose, VarInt};

use super::*;

fn closed(code: u32) -> ConnectionError {
    ConnectionError::ApplicationClosed(ApplicationClose {
        error_code: VarInt::from_u32(code),
        reason: "so it\nsays".into(),
    })
}

#[test]
fn only_what_the_station_says_of_a_batch_or_leaves_unsaid_on_a_living_connection_counts_against_it()
{
    let bad = |reason: &str| End::BadBatch(reason.to_owned());
    let said = [
        End::Outage,
        bad("refused: so it says"),
        End::Outage,
        End::Unwelcome,
        End::Unwelcome,
        End::TooSlow,
        End::Outage,
        End::Outage,
    ];
    for (code, end) in (0..).zip(said) {
        assert_eq!(Fault::Lost(closed(code)).end(), end, "code {code}");
    }
    for error in [ConnectionError::TimedOut, ConnectionError::Reset] {
        assert_eq!(Fault::Lost(error).end(), End::Outage);
    }
    assert_eq!(Fault::NoAnswer.end(), End::Outage);
    assert_eq!(Fault::from(Overdue::Arrival).end(), End::TooSlow);
    assert_eq!(
        Fault::from(Overdue::Receipt).end(),
        bad("no receipt comes for it")
    );
    assert_eq!(Fault::from(NoneNamed).end(), bad("no receipt names it"));
}

#[test]
fn each_end_has_a_line_of_its_own_that_names_the_station_and_what_to_do() {
    let lost = (0..7).map(closed).map(Fault::Lost);
    let others = [
        Fault::Lost(ConnectionError::Reset),
        Fault::Refused(ConnectionError::Reset),
        Fault::NoAnswer,
        Fault::FellSilent,
        Fault::OutOfReach(UNIX_EPOCH),
        Fault::NotArrived,
        Fault::NoReceipt,
        Fault::NoneNamed,
    ];
    let mut lines = HashSet::new();
    for fault in lost.chain(others) {
        let line = fault.describe("10.0.0.2:4433");
        assert!(
            line.starts_with("link: ") && line.contains("10.0.0.2:4433"),
            "{line}"
        );
        assert!(line.contains(';') && line.lines().count() == 1, "{line}");
        let restarted = matches!(fault, Fault::Lost(ConnectionError::Reset));
        assert_eq!(line.contains("has restarted"), restarted, "{line}");
        assert!(!line.contains("check the disk"), "{line}");
        assert!(lines.insert(line), "{fault:?}");
    }
}

#[test]
fn why_a_handshake_was_refused_is_told_in_words_of_ours_and_not_of_the_library() {
    for (alert, words) in [
        (44, "has shut this drone out (its certificate is revoked)"),
        (45, "has ended or not yet begun by the clock of"),
        (48, "(this drone's certificate is of another authority)"),
        (116, "(this drone's certificate is missing)"),
        (120, "does not speak this drone's form of the link"),
        (80, "with TLS alert 80"),
    ] {
        let closed = ConnectionClose {
            error_code: TransportErrorCode::crypto(alert),
            frame_type: None,
            reason: "received fatal alert:\u{1b}[31m Raw\u{7}".into(),
        };
        let fault = Fault::Refused(ConnectionError::ConnectionClosed(closed));
        let line = fault.describe("10.0.0.2:4433");
        assert!(line.contains(words), "{line}");
        assert!(!line.contains("Raw") && !line.contains("error "), "{line}");
    }
}

#[test]
fn whatever_ends_a_connection_the_line_about_it_steers_no_terminal() {
    let closed = ConnectionClose {
        error_code: TransportErrorCode::INTERNAL_ERROR,
        frame_type: None,
        reason: "so\u{1b}[2J it\u{7}\nsays".into(),
    };
    let error = ConnectionError::ConnectionClosed(closed);
    for fault in [Fault::Refused(error.clone()), Fault::Lost(error)] {
        let line = fault.describe("10.0.0.2:4433");
        assert!(line.contains("so [2J it  says"), "{line}");
        assert!(!line.contains(char::is_control), "{line}");
    }
}
