//! What is believed of whom, by which clock, and what is asked for.

use mavlink::{MavHeader, dialects::common as dialect};

use super::testing::{AUTOPILOT, attitude, heartbeat};
use super::{AttitudeOf, BootClockDoubt, Component, Received};
use crate::nav::Monotonic;
use dialect::{MavAutopilot as A, MavMessage as M};

fn at(seconds: f64) -> Monotonic {
    Monotonic::from_nanos(0).plus_seconds(seconds)
}

/// Messages made by `message` from its time since boot in milliseconds, at 50 Hz for the seconds told, each 10 ms on its way;
/// what comes of the last.
fn hear(
    component: &mut Component,
    from: MavHeader,
    (start_s, end_s): (f64, f64),
    booted_s: f64,
    message: impl Fn(u32) -> M,
) -> Option<Received> {
    let steps = ((end_s - start_s) * 50.0).round() as u32;
    let mut last = None;
    for step in 0..=steps {
        let t = start_s + f64::from(step) * 0.02;
        let ms = ((t - booted_s) * 1e3).round() as u32;
        last = component.receive(&from, &message(ms), at(t + 0.01));
    }
    last
}

/// Seconds from the true instant `t` to the one found.
fn error_s(received: Option<Received>, t: f64) -> f64 {
    let instant = received.unwrap().instant.unwrap().unwrap();
    instant.at.seconds_since(at(t))
}

#[test]
fn another_vehicle_has_a_clock_of_its_own() {
    let mut component = Component::new(None, AttitudeOf::Body);
    let companion = MavHeader {
        component_id: 100,
        ..AUTOPILOT
    };
    let level = |ms| attitude(ms, 0.0);
    component.receive(&companion, &heartbeat(A::MAV_AUTOPILOT_GENERIC), at(10.0));
    let told = hear(&mut component, companion, (10.0, 11.0), 0.0, level);
    assert!((error_s(told, 11.0) - 0.01).abs() < 0.001);
    // Booted within the time that a message may be late, so that it would look like a message held up.
    component.receive(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(11.0));
    let first = hear(&mut component, AUTOPILOT, (11.0, 11.0), 1.0, level);
    assert_eq!(
        first.unwrap().instant,
        Some(Err(BootClockDoubt::Settling { samples: 1 }))
    );
    let told = hear(&mut component, AUTOPILOT, (11.02, 12.0), 1.0, level);
    assert!((error_s(told, 12.0) - 0.01).abs() < 0.001);
    assert_eq!(component.vehicle().unwrap().component, 1);
}
