//! What becomes of the autopilot's messages.

use scarp_nav::{
    Monotonic, TrajectorySettings,
    autopilot::{BootClockDoubt, BootTime, Gimbal, GimbalAttitude},
};

use super::*;

fn at(seconds: f64) -> Monotonic {
    Monotonic::from_nanos(0).plus_seconds(seconds)
}

fn listener(attitude: AttitudeOf) -> Listener {
    Listener {
        gimbal: (attitude == AttitudeOf::Gimbal).then(GimbalHeading::default),
        positions: None,
        doubted: None,
        track: Track::new(TrajectorySettings::default()),
        status: Arc::default(),
    }
}

fn received(report: Report, seconds: f64) -> Received {
    let instant = BootInstant {
        at: at(seconds),
        sigma_s: 0.002,
    };
    Received {
        arrived: at(seconds),
        report: Ok(report),
        instant: Some(Ok(instant)),
    }
}

fn body() -> Report {
    Report::Attitude {
        boot: BootTime::from_nanos(0),
        body: Rotation::identity(),
    }
}

fn gimbal() -> Report {
    Report::Gimbal(Gimbal {
        boot: BootTime::from_nanos(0),
        attitude: GimbalAttitude::Vehicle(Rotation::identity()),
    })
}

/// How many attitudes were used, the instant of the newest, and what is wrong.
fn told(listener: &Listener) -> (u64, Option<Monotonic>, Option<String>) {
    let status = listener.status.lock().clone();
    (status.attitudes, status.newest, status.fault)
}

#[test]
fn a_gimbal_beside_an_autopilot_that_fell_silent_is_not_used_and_the_reason_is_told() {
    let mut listener = listener(AttitudeOf::Gimbal);
    for t in [1.0, 1.1] {
        listener.take(received(body(), t));
    }
    listener.take(received(gimbal(), 1.05));
    assert_eq!(told(&listener), (1, Some(at(1.05)), None));
    listener.take(received(gimbal(), 31.0));
    let (used, newest, fault) = told(&listener);
    assert_eq!((used, newest), (1, Some(at(1.05))));
    assert!(fault.unwrap().contains("no attitude of the aircraft"));
    for t in [31.0, 31.02] {
        listener.take(received(body(), t));
    }
    listener.take(received(gimbal(), 31.01));
    assert_eq!(told(&listener), (2, Some(at(31.01)), None));
}

#[test]
fn the_attitude_of_what_carries_the_camera_is_used_alone() {
    let mut fixed = listener(AttitudeOf::Body);
    fixed.take(received(body(), 1.0));
    fixed.take(received(gimbal(), 1.01));
    assert_eq!(told(&fixed), (1, Some(at(1.0)), None));
    let mut hanging = listener(AttitudeOf::Gimbal);
    for t in [1.0, 1.02] {
        hanging.take(received(body(), t));
    }
    assert_eq!(told(&hanging), (0, None, None));
}

#[test]
fn whose_clock_is_in_doubt_is_told() {
    for (report, whose) in [(body(), "the autopilot's"), (gimbal(), "the gimbal's")] {
        let mut listener = listener(AttitudeOf::Gimbal);
        listener.take(Received {
            instant: Some(Err(BootClockDoubt::Settling { samples: 3 })),
            ..received(report.clone(), 1.0)
        });
        let fault = told(&listener).2.unwrap();
        let line = format!("{whose} time since boot is known by 3 samples only");
        assert!(fault.starts_with(&line), "{fault}");
        listener.take(received(report, 1.1));
        let fault = told(&listener).2.unwrap_or_default();
        assert!(!fault.contains("time since boot"), "{fault}");
    }
}

#[test]
fn after_a_reboot_of_the_autopilot_the_date_is_waited_for_anew() {
    let mut listener = listener(AttitudeOf::Body);
    listener.positions = Some(PositionFixes::default());
    let date = Report::SystemTime {
        boot: BootTime::from_nanos(0),
        unix_us: 1_790_000_000_000_000,
    };
    listener.take(received(date, 1.0));
    assert_ne!(listener.positions, Some(PositionFixes::default()));
    listener.take(Received {
        instant: Some(Err(BootClockDoubt::Rebooted { by_s: 60.0 })),
        ..received(body(), 2.0)
    });
    assert_eq!(listener.positions, Some(PositionFixes::default()));
}
