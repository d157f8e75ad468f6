//! A flight on which all is well.

use std::{fs, time::Duration};

use scarp::flight::State;

use crate::support::flight::{Flying, Plan, Positions};

#[test]
fn from_power_on_to_landing_without_a_person_and_everything_lies_where_it_is() {
    let flying = Flying::powered_on(Plan::default());
    flying.until("waiting to be armed", |health| {
        health["state"] == "waiting_for_fix" && health["fault"] == "disarmed"
    });
    assert_eq!(flying.health()["frames"]["handed"], 0);
    flying.aircraft.set(|s| &s.armed, true);
    flying.until("surveying", |health| health["state"] == "surveying");
    let from_m = 15.0 * flying.aircraft.seconds();
    flying.pass(13.0);
    let to_m = 15.0 * flying.aircraft.seconds();
    let landed = flying.land();

    assert_eq!(landed.flown.health.status.state, State::Landed);
    let summary = &landed.flown.summary;
    assert_eq!(
        (summary.untagged, summary.corrupt, summary.dropped),
        (0, 0, 0)
    );
    assert!(summary.tagged >= 10, "{summary:?}");
    landed.assert_all_in_place();
    // One every 60 m; the first and the last may be half out of sight.
    let whole = ((to_m - 32.0) / 60.0).floor() - ((from_m - 20.0) / 60.0).ceil() + 1.0;
    let found = landed.landslides();
    assert!(
        found.len() as f64 >= whole && whole >= 2.0,
        "{found:?} between {from_m} and {to_m}"
    );
    let thumbnails = fs::read_dir(landed.survey.join("thumbnails"))
        .unwrap()
        .count();
    assert_eq!(thumbnails as u64, summary.frames);
    for word in ["waiting", "surveying", "landed"] {
        assert!(
            landed
                .said
                .iter()
                .any(|line| line.starts_with(&format!("Scarp {word}"))),
            "{:?}",
            landed.said
        );
    }
}

#[test]
fn with_a_receiver_behind_gpsd_everything_lies_where_it_is() {
    let flying = Flying::surveying(Plan {
        positions: Positions::Gpsd,
        ..Plan::default()
    });
    flying.pass(6.0);
    let landed = flying.land();
    let summary = &landed.flown.summary;
    assert!(summary.tagged >= 5 && summary.untagged == 0, "{summary:?}");
    landed.assert_all_in_place();
}

#[test]
fn with_the_autopilots_positions_alone_everything_lies_where_it_is_and_a_lost_fix_is_told() {
    let flying = Flying::surveying(Plan {
        positions: Positions::Autopilot,
        ..Plan::default()
    });
    flying.pass(6.0);
    flying.aircraft.set(|s| &s.autopilot_fix, false);
    let told = flying.until("degraded", |health| health["fault"] == "gnss");
    assert!(told < Duration::from_secs(2), "{told:?}");
    let health = flying.health();
    assert!(
        health["reason"].as_str().unwrap().contains("no fix"),
        "{health}"
    );
    flying.aircraft.set(|s| &s.autopilot_fix, true);
    flying.until("surveying again", |health| health["state"] == "surveying");
    flying.pass(2.0);
    let landed = flying.land();
    let summary = &landed.flown.summary;
    assert!(summary.tagged >= 10 && summary.untagged > 0, "{summary:?}");
    assert!(!landed.landslides().is_empty());
    landed.assert_all_in_place();
}
