//! The radio links over which the delay is measured.

use std::time::Duration;

use scarp_test_support::relay::Conditions;

/// A link, and how the aircraft reports over it.
pub struct Case {
    pub name: &'static str,
    pub conditions: Conditions,
    /// Landslides a second.
    pub pace_hz: u32,
    pub blackout: Option<Blackout>,
    /// What a run takes from its start to the last commit, as measured once; for the time left only.
    pub usual: Duration,
}

/// A time in which nothing gets through.
pub struct Blackout {
    /// After the first landslide.
    pub after: Duration,
    pub length: Duration,
}

/// Unless a case says otherwise: 1 Mbit/s and a tail-drop queue of 64 kB each way, no delay of its own.
const PLAIN: Conditions = Conditions {
    rate_bit_s: 1_000_000,
    delay: Duration::ZERO,
    loss: 0.0,
    queue_bytes: 64_000,
};
const LOSS: f64 = 0.3;
/// Each way, so that an answer takes 600 ms.
const ONE_WAY: Duration = Duration::from_millis(300);
const PACE_HZ: u32 = 10;

const fn case(name: &'static str, conditions: Conditions, usual_s: u64) -> Case {
    Case {
        name,
        conditions,
        pace_hz: PACE_HZ,
        blackout: None,
        usual: Duration::from_secs(usual_s),
    }
}

pub const CASES: [Case; 6] = [
    case("clean", PLAIN, 61),
    case(
        "30%",
        Conditions {
            loss: LOSS,
            ..PLAIN
        },
        62,
    ),
    case(
        "600ms",
        Conditions {
            delay: ONE_WAY,
            ..PLAIN
        },
        62,
    ),
    case(
        "both",
        Conditions {
            loss: LOSS,
            delay: ONE_WAY,
            ..PLAIN
        },
        190,
    ),
    case(
        "16kbit/s",
        Conditions {
            rate_bit_s: 16_000,
            ..PLAIN
        },
        145,
    ),
    // Slower, so that landslides are reported before, in and after it.
    Case {
        pace_hz: 3,
        blackout: Some(Blackout {
            after: Duration::from_secs(20),
            length: Duration::from_secs(60),
        }),
        ..case("blackout", PLAIN, 135)
    },
];
