//! What goes wrong in flight: nothing is placed wrongly, nothing finished is lost, and health says the truth within two seconds.

use std::{sync::Arc, time::Duration};

use scarp_link::Body;
use serde_json::Value;

use crate::support::{
    flight::{Flying, Landed, Plan},
    link,
    slow_engine::SLOW,
};

/// Health must say the truth within this.
const TOLD: Duration = Duration::from_secs(2);

fn degraded_by(fault: &'static str) -> impl Fn(&Value) -> bool {
    move |health| health["state"] == "degraded" && health["fault"] == fault
}

/// Health says in time what is wrong.
fn is_told(flying: &Flying, fault: &'static str) {
    let told = flying.until("degraded", degraded_by(fault));
    assert!(told < TOLD, "{told:?}");
}

/// All is well again for so many seconds, then it lands: everything lies where it is.
fn lands_in_order(flying: Flying, seconds: f64) -> Landed {
    flying.until("surveying again", well);
    flying.pass(seconds);
    let landed = flying.land();
    landed.assert_all_in_place();
    landed
}

fn well(health: &Value) -> bool {
    health["state"] == "surveying"
}

#[test]
fn a_receiver_unplugged_is_told_and_flown_on_with_when_it_is_back() {
    let flying = Flying::surveying(Plan::default());
    flying.pass(2.0);
    flying.aircraft.set(|s| &s.gnss_plugged, false);
    is_told(&flying, "gnss");
    flying.pass(3.0);
    let before = flying.health()["frames"]["tagged"].as_u64().unwrap();
    flying.aircraft.set(|s| &s.gnss_plugged, true);
    let landed = lands_in_order(flying, 3.0);
    let summary = &landed.flown.summary;
    assert!(
        summary.tagged > before && summary.untagged > 0,
        "{summary:?}"
    );
}

#[test]
fn a_jump_of_500_m_is_told_and_places_nothing() {
    let flying = Flying::surveying(Plan::default());
    flying.pass(2.0);
    flying.aircraft.set(|s| &s.gnss_jumped, true);
    is_told(&flying, "gnss");
    assert!(flying.health()["reason"].as_str().unwrap().contains("jump"));
    // Less than what makes the receiver believed.
    flying.aircraft.set(|s| &s.gnss_jumped, false);
    let landed = lands_in_order(flying, 2.0);
    assert!(landed.flown.summary.untagged > 0);
}

/// As u-blox receivers are sold: every sensor talks, and still no place can be told between fixes so far apart.
#[test]
fn a_receiver_with_one_fix_a_second_is_told_and_places_nothing() {
    let flying = Flying::surveying(Plan::default());
    flying.pass(2.0);
    flying.aircraft.set(|s| &s.gnss_slow, true);
    // It takes another fix to know how rare they are, which may be a second and a half away.
    let told = flying.until("degraded by the rate", |health| {
        let reason = health["reason"].as_str().unwrap_or_default();
        degraded_by("placement")(health) && reason.contains("rate")
    });
    assert!(told < 2 * TOLD, "{told:?}");
    flying.aircraft.set(|s| &s.gnss_slow, false);
    let landed = lands_in_order(flying, 2.0);
    assert!(landed.flown.summary.untagged > 0);
}

#[test]
fn an_autopilot_that_tells_no_attitude_is_told_and_places_nothing() {
    let flying = Flying::surveying(Plan::default());
    flying.pass(1.0);
    flying.aircraft.set(|s| &s.attitude, false);
    is_told(&flying, "attitude");
    flying.aircraft.set(|s| &s.attitude, true);
    let landed = lands_in_order(flying, 1.0);
    assert!(landed.flown.summary.untagged > 0);
}

#[test]
fn a_camera_that_is_frozen_or_gone_is_told_and_flown_on_with_when_it_is_back() {
    let flying = Flying::surveying(Plan::default());
    flying.pass(1.0);
    flying.aircraft.set(|s| &s.camera_frozen, true);
    is_told(&flying, "camera");
    let health = flying.health();
    assert!(
        health["reason"].as_str().unwrap().contains("frozen"),
        "{health}"
    );
    flying.aircraft.set(|s| &s.camera_frozen, false);
    flying.until("surveying again", well);

    flying.aircraft.set(|s| &s.camera, false);
    is_told(&flying, "camera");
    flying.aircraft.set(|s| &s.camera, true);
    let landed = lands_in_order(flying, 2.0);
    let counts = landed.flown.health.captured.counts;
    assert!(
        counts.frozen > 0 && counts.lost > 0 && counts.opened >= 2,
        "{counts:?}"
    );
    assert_eq!(landed.flown.summary.untagged, 0);
}

/// The network takes half a second for a frame of which nine a second are asked.
#[test]
fn a_network_that_is_far_too_slow_loses_overlap_then_ground_and_says_how_much() {
    let flying = Flying::surveying(Plan {
        engines: &[SLOW],
        camera: "overlap = 0.95\nleast_overlap = 0.9\n",
        ..Plan::default()
    });
    flying.until("less overlap", |health| health["level"] == "less_overlap");
    flying.until("shedding frames", |health| health["level"] == "shed");
    flying.until("told", degraded_by("coverage"));
    let health = flying.health();
    let reason = health["reason"].as_str().unwrap();
    assert!(
        reason.contains("frames") && reason.contains("km2"),
        "{reason}"
    );
    let landed = flying.land();
    let (summary, frames) = (&landed.flown.summary, landed.flown.health.frames);
    assert!(
        summary.dropped + frames.shed > 0 && frames.lost_m2 > 0.0,
        "{frames:?}"
    );
    assert!(summary.tagged > 0);
    landed.assert_all_in_place();
}

#[test]
fn a_link_that_is_down_is_told_and_everything_waits_in_the_journal() {
    let (uplink, station) = link::to_nobody();
    let flying = Flying::surveying(Plan {
        uplink: Some(Arc::clone(&uplink)),
        ..Plan::default()
    });
    let told = flying.until("without a link", |health| {
        health["link"]["fault"].is_string()
    });
    assert!(told < TOLD, "{told:?}");
    flying.pass(6.0);
    let landed = flying.land();
    drop(uplink);
    let bodies = link::waiting(&station);
    let frames = bodies.iter().filter(|body| matches!(body, Body::Frame(_)));
    assert_eq!(frames.count() as u64, landed.flown.summary.frames);
    let slides = bodies
        .iter()
        .filter(|body| matches!(body, Body::Landslide(_)));
    assert!(slides.count() >= landed.landslides().len());
    assert!(!landed.landslides().is_empty());
}
