//! What is believed of whom, by which clock, and what is asked for.

use mavlink::{MavHeader, dialects::common as dialect};

use crate::Monotonic;
use crate::autopilot::{AttitudeOf, BootClockDoubt, Component, Received};
use dialect::{MavAutopilot as A, MavMessage as M};
use scarp_test_support::autopilot::{AUTOPILOT, GIMBAL, attitude, gimbal_attitude, heartbeat};

fn at(seconds: f64) -> Monotonic {
    Monotonic::from_nanos(0).plus_seconds(seconds)
}

/// Messages made by `message` from its time since boot in milliseconds, at 50 Hz for the seconds told, each 10 ms on its way;
/// what comes of the last.
fn accept(
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
    let told = accept(&mut component, companion, (10.0, 11.0), 0.0, level);
    assert!((error_s(told, 11.0) - 0.01).abs() < 0.001);
    // Booted within the time that a message may be late, so that it would look like a message held up.
    component.receive(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(11.0));
    let first = accept(&mut component, AUTOPILOT, (11.0, 11.0), 1.0, level);
    assert_eq!(
        first.unwrap().instant,
        Some(Err(BootClockDoubt::Settling { samples: 1 }))
    );
    let told = accept(&mut component, AUTOPILOT, (11.02, 12.0), 1.0, level);
    assert!((error_s(told, 12.0) - 0.01).abs() < 0.001);
    assert_eq!(component.vehicle().unwrap().component, 1);
}

/// Beside PX4 with a gimbal.
fn with_gimbal() -> Component {
    let mut component = Component::new(None, AttitudeOf::Gimbal);
    component.receive(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(100.0));
    component
}

#[test]
fn a_gimbals_own_attitude_is_on_its_own_clock_and_leaves_the_autopilots_alone() {
    let mut component = with_gimbal();
    let level = |ms| attitude(ms, 0.0);
    for step in 0..200 {
        let t = 100.0 + f64::from(step) * 0.02;
        // The gimbal booted after the autopilot, by less than a message may be late.
        let told = [
            accept(&mut component, AUTOPILOT, (t, t), 0.0, level),
            accept(&mut component, GIMBAL, (t, t), 1.5, gimbal_attitude),
        ];
        for received in told.into_iter().filter(|_| step >= 10) {
            assert!((error_s(received, t) - 0.01).abs() < 0.001, "{step}");
        }
    }
    assert_eq!(component.foreign(), 0);
}

#[test]
fn where_the_camera_hangs_on_no_gimbal_a_gimbals_messages_are_somebody_elses() {
    let mut component = Component::new(None, AttitudeOf::Body);
    component.receive(&AUTOPILOT, &heartbeat(A::MAV_AUTOPILOT_PX4), at(100.0));
    let told = accept(&mut component, GIMBAL, (100.0, 101.0), 0.0, gimbal_attitude);
    assert_eq!((told, component.foreign()), (None, 51));
}

#[test]
fn what_the_autopilot_tells_of_the_gimbal_counts_until_it_is_silent_for_a_second() {
    let mut component = with_gimbal();
    let told = accept(
        &mut component,
        GIMBAL,
        (100.0, 101.0),
        50.0,
        gimbal_attitude,
    );
    assert!(told.is_some());
    let told = accept(
        &mut component,
        AUTOPILOT,
        (101.0, 102.0),
        0.0,
        gimbal_attitude,
    );
    assert!((error_s(told, 102.0) - 0.01).abs() < 0.001);
    let told = accept(
        &mut component,
        GIMBAL,
        (101.0, 103.0),
        50.0,
        gimbal_attitude,
    );
    assert_eq!(told, None);
    let told = accept(
        &mut component,
        GIMBAL,
        (103.02, 103.02),
        50.0,
        gimbal_attitude,
    );
    assert!((error_s(told, 103.02) - 0.01).abs() < 0.001);
    assert_eq!(component.foreign(), 0);
}

#[test]
fn of_several_gimbals_the_first_by_number_counts() {
    let mut component = with_gimbal();
    let second = MavHeader {
        component_id: 171,
        ..GIMBAL
    };
    let told = accept(&mut component, second, (100.0, 101.0), 0.0, gimbal_attitude);
    assert!(told.is_some());
    let told = accept(&mut component, GIMBAL, (101.0, 102.0), 1.0, gimbal_attitude);
    assert!((error_s(told, 102.0) - 0.01).abs() < 0.001);
    let told = accept(&mut component, second, (102.0, 120.0), 0.0, gimbal_attitude);
    assert_eq!(told, None);
}

#[test]
fn a_gimbal_that_tells_its_attitude_too_rarely_is_asked_itself_too() {
    let mut component = with_gimbal();
    let asked = |component: &mut Component, now| -> Vec<u8> {
        let messages = component.due(at(now));
        let targets = messages.iter().filter_map(|m| match m {
            M::COMMAND_LONG(c) if c.param1 == 285.0 => Some(c.target_component),
            _ => None,
        });
        targets.collect()
    };
    assert_eq!(asked(&mut component, 100.0), [1]);
    component.receive(&GIMBAL, &gimbal_attitude(0), at(101.0));
    assert_eq!(asked(&mut component, 101.0), [1, 154]);
    accept(
        &mut component,
        GIMBAL,
        (105.0, 110.0),
        100.0,
        gimbal_attitude,
    );
    assert!(asked(&mut component, 110.0).is_empty());
}
