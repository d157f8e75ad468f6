//! What messages mean.

use dialect::{GimbalDeviceFlags as Flags, MavMessage as M};
use mavlink::{MavlinkReader, Message, dialects::common as dialect};
use nalgebra::{UnitQuaternion, Vector3};
use proptest::prelude::*;
use scarp_geo::{
    Attitude, Rotation,
    reference_frame::{Body, Ned},
};
use scarp_test_support::autopilot::{AUTOPILOT, attitude, frame, position};

use crate::{
    FixQuality, Monotonic,
    autopilot::{GimbalAttitude, Gnss, Position, Refused, Report, TriggerTime, VehicleFilter},
};

fn report(message: &M) -> Result<Report, Refused> {
    Report::of(message).map(|report| report.expect("a message of use"))
}

fn body(message: &M) -> Result<Rotation<Body, Ned>, Refused> {
    match report(message)? {
        Report::Attitude { body, .. } => Ok(body),
        other => panic!("{other:?}"),
    }
}

fn quaternion(q: [f32; 4]) -> M {
    M::ATTITUDE_QUATERNION(dialect::ATTITUDE_QUATERNION_DATA {
        q1: q[0],
        q2: q[1],
        q3: q[2],
        q4: q[3],
        ..Default::default()
    })
}

fn gimbal(q: [f32; 4], flags: Flags) -> Result<GimbalAttitude, Refused> {
    let message = M::GIMBAL_DEVICE_ATTITUDE_STATUS(dialect::GIMBAL_DEVICE_ATTITUDE_STATUS_DATA {
        q,
        flags,
        ..Default::default()
    });
    match report(&message)? {
        Report::Gimbal(gimbal) => Ok(gimbal.attitude),
        other => panic!("{other:?}"),
    }
}

fn at(position: dialect::GLOBAL_POSITION_INT_DATA) -> Result<Position, Refused> {
    match report(&M::GLOBAL_POSITION_INT(position))? {
        Report::Position(position) => Ok(position),
        other => panic!("{other:?}"),
    }
}

#[test]
fn yaw_turns_the_nose_from_north_to_east_and_pitch_lifts_it() {
    let nose = body(&attitude(0, 90f32.to_radians()))
        .unwrap()
        .rotate(&Vector3::x());
    assert!((nose - Vector3::y()).norm() < 1e-6, "{nose}");
    // Half of 30 degrees about y: nose up.
    let (sin, cos) = 15f32.to_radians().sin_cos();
    let nose = body(&quaternion([cos, 0.0, sin, 0.0]))
        .unwrap()
        .rotate(&Vector3::x());
    assert!((nose.z + 0.5).abs() < 1e-6, "{nose}");
    // Half of 90 degrees about z: nose east.
    let half = std::f32::consts::FRAC_1_SQRT_2;
    let nose = body(&quaternion([half, 0.0, 0.0, half]))
        .unwrap()
        .rotate(&Vector3::x());
    assert!((nose - Vector3::y()).norm() < 1e-6, "{nose}");
}

#[test]
fn attitudes_that_are_no_rotation_are_refused() {
    let not_a_number = Err(Refused::NotANumber("attitude"));
    assert_eq!(body(&attitude(0, f32::NAN)), not_a_number);
    assert_eq!(
        body(&attitude(0, 7.0)),
        Err(Refused::OutOfRange("attitude"))
    );
    for q in [[0.0; 4], [0.9, 0.0, 0.0, 0.0], [3e38; 4]] {
        let refused = body(&quaternion(q));
        assert_eq!(refused, Err(Refused::NotARotation("attitude")));
    }
    assert_eq!(body(&quaternion([f32::NAN, 0.0, 0.0, 1.0])), not_a_number);
}

#[test]
fn a_position_has_its_units_and_datums() {
    let position = at(position()).unwrap();
    assert!((position.place.latitude_deg() - 27.8).abs() < 1e-9);
    assert!((position.place.longitude_deg() - 85.9).abs() < 1e-9);
    assert!((position.altitude.metres() - 2400.5).abs() < 1e-9);
    assert!((position.above_home.metres() - 120.25).abs() < 1e-9);
    assert!((position.velocity.north_m_s - 12.0).abs() < 1e-9);
    assert!((position.velocity.east_m_s + 3.5).abs() < 1e-9);
    assert!((position.heading_deg.unwrap() - 343.7).abs() < 1e-9);
    assert_eq!(position.boot.nanos(), 1_000_500_000);
}

#[test]
fn unknown_and_impossible_positions_are_refused() {
    type Change = fn(&mut dialect::GLOBAL_POSITION_INT_DATA);
    let cases: [(Change, Refused); 7] = [
        (|p| (p.lat, p.lon) = (0, 0), Refused::Unknown("position")),
        (|p| p.lat = i32::MAX, Refused::Unknown("position")),
        (|p| p.lat = 900_000_001, Refused::OutOfRange("position")),
        (|p| p.lon = i32::MIN, Refused::OutOfRange("position")),
        (|p| p.alt = i32::MAX, Refused::Unknown("altitude")),
        (|p| p.alt = i32::MIN, Refused::OutOfRange("altitude")),
        (|p| p.hdg = 40_000, Refused::OutOfRange("heading")),
    ];
    for (change, refused) in cases {
        let mut data = position();
        change(&mut data);
        assert_eq!(at(data), Err(refused));
    }
    let mut data = position();
    data.hdg = u16::MAX;
    assert_eq!(at(data).unwrap().heading_deg, None);
}

fn gnss(data: dialect::GPS_RAW_INT_DATA) -> Gnss {
    match report(&M::GPS_RAW_INT(data)) {
        Ok(Report::Gnss(gnss)) => gnss,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_receiver_is_as_good_as_it_says_or_as_its_dilution_and_without_a_fix_in_space_there_is_none() {
    let data = dialect::GPS_RAW_INT_DATA {
        fix_type: dialect::GpsFixType::GPS_FIX_TYPE_3D_FIX,
        alt: 2_400_500,
        eph: 80,
        epv: u16::MAX,
        satellites_visible: 14,
        h_acc: 1_200,
        v_acc: 2_000,
        alt_ellipsoid: 2_371_000,
        ..Default::default()
    };
    let told = gnss(data.clone());
    assert_eq!(told.quality, Some(FixQuality::Autonomous));
    assert_eq!((told.satellites, told.hdop), (Some(14), Some(0.8)));
    assert_eq!(told.geoid_separation_m, Some(-29.5));
    let sigma = told.sigma.unwrap();
    assert_eq!((sigma.north_m, sigma.east_m, sigma.up_m), (1.2, 1.2, 2.0));

    let diluted = gnss(dialect::GPS_RAW_INT_DATA {
        h_acc: u32::MAX,
        alt_ellipsoid: 0,
        ..data.clone()
    });
    let sigma = diluted.sigma.unwrap();
    assert!((sigma.north_m - 0.8 * 3.0 / 2f64.sqrt()).abs() < 1e-9);
    assert_eq!(diluted.geoid_separation_m, None);

    let flat = gnss(dialect::GPS_RAW_INT_DATA {
        fix_type: dialect::GpsFixType::GPS_FIX_TYPE_2D_FIX,
        ..data.clone()
    });
    assert_eq!(flat.quality, None);
    let silent = gnss(dialect::GPS_RAW_INT_DATA {
        h_acc: 0,
        eph: u16::MAX,
        satellites_visible: u8::MAX,
        ..data
    });
    assert_eq!((silent.sigma, silent.satellites), (None, None));
}

#[test]
fn the_frame_of_a_gimbal_follows_its_flags() {
    let north = [1.0, 0.0, 0.0, 0.0];
    let of = |flags| gimbal(north, flags);
    let by_north = Ok(GimbalAttitude::Earth(Rotation::identity()));
    let by_nose = Ok(GimbalAttitude::Vehicle(Rotation::identity()));
    let (earth, vehicle, lock) = (
        Flags::GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME,
        Flags::GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME,
        Flags::GIMBAL_DEVICE_FLAGS_YAW_LOCK,
    );
    assert_eq!(of(earth), by_north);
    assert_eq!(of(vehicle | lock), by_nose);
    assert_eq!(of(lock), by_north);
    assert_eq!(of(Flags::empty()), by_nose);
    assert_eq!(of(earth | vehicle), Err(Refused::FrameUnclear));
}

#[test]
fn a_gimbal_that_looks_down_and_left_on_a_vehicle_heading_east_looks_down_with_north_at_the_top() {
    let down_left =
        UnitQuaternion::from_euler_angles(0.0, (-90f64).to_radians(), (-90f64).to_radians());
    let q = [down_left.w, down_left.i, down_left.j, down_left.k].map(|c| c as f32);
    let gimbal = gimbal(q, Flags::GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME).unwrap();
    let GimbalAttitude::Vehicle(attitude) = gimbal else {
        panic!("{gimbal:?}")
    };
    let expected = Attitude::down_looking(0.0, 0.0, 0.0).rotation();
    let turned = Rotation::from_heading_deg(90.0) * attitude;
    assert!((turned.matrix().matrix() - expected.matrix()).norm() < 1e-6);
}

#[test]
fn images_and_triggers_carry_their_clock() {
    let mut image = dialect::CAMERA_IMAGE_CAPTURED_DATA {
        time_boot_ms: 5000,
        image_index: 7,
        capture_result: dialect::MavBool::MAV_BOOL_TRUE,
        ..Default::default()
    };
    let captured = |image| match report(&M::CAMERA_IMAGE_CAPTURED(image)) {
        Ok(Report::Captured(captured)) => Ok(captured),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => Err(refused),
    };
    let one = captured(image.clone()).unwrap();
    assert_eq!((one.index, one.unix_us, one.place), (7, None, None));
    assert!(one.confirmed);
    image.capture_result = dialect::MavBool::from_bits_retain(u8::MAX);
    assert!(!captured(image.clone()).unwrap().confirmed);
    image.capture_result = dialect::MavBool::MAV_BOOL_FALSE;
    assert_eq!(captured(image.clone()), Err(Refused::NotCaptured));
    image.capture_result = dialect::MavBool::MAV_BOOL_TRUE;
    image.image_index = -1;
    assert_eq!(captured(image), Err(Refused::OutOfRange("image index")));

    let trigger = |time_usec| {
        let data = dialect::CAMERA_TRIGGER_DATA { time_usec, seq: 3 };
        match report(&M::CAMERA_TRIGGER(data)) {
            Ok(Report::Trigger { time, .. }) => Ok(time),
            Ok(other) => panic!("{other:?}"),
            Err(refused) => Err(refused),
        }
    };
    assert!(
        matches!(trigger(5_000_000), Ok(TriggerTime::Boot(boot)) if boot.nanos() == 5_000_000_000)
    );
    let unix = 1_790_000_000_000_000;
    assert_eq!(trigger(unix), Ok(TriggerTime::UnixUs(unix)));
    assert_eq!(trigger(0), Err(Refused::Unknown("trigger time")));
}

#[test]
fn a_request_for_time_is_no_reply_and_an_unset_date_is_unknown() {
    let request = M::TIMESYNC(dialect::TIMESYNC_DATA {
        ts1: 5,
        ..Default::default()
    });
    assert_eq!(Report::of(&request), Ok(None));
    let date = M::SYSTEM_TIME(dialect::SYSTEM_TIME_DATA {
        time_unix_usec: 30_000_000,
        time_boot_ms: 30_000,
    });
    assert_eq!(Report::of(&date), Err(Refused::Unknown("UTC")));
}

#[test]
fn broken_and_cut_frames_cost_no_whole_one() {
    let good = frame(AUTOPILOT, &attitude(1, 0.5));
    let mut bad = good.clone();
    bad[14] ^= 1;
    let bytes = [&bad[..], &good, &good[..20], &good, &good];
    let mut reader = MavlinkReader::new(std::io::Cursor::new(bytes.concat()));
    let mut read = 0;
    while reader.read_any_message::<M>().is_ok() {
        read += 1;
    }
    assert_eq!(read, 3);
}

proptest! {
    #[test]
    fn both_attitude_messages_mean_the_same(
        roll in -3.1..3.1f32, pitch in -1.5..1.5f32, yaw in -3.1..3.1f32,
    ) {
        let euler = M::ATTITUDE(dialect::ATTITUDE_DATA { roll, pitch, yaw, ..Default::default() });
        // As the standard's C library turns angles into quaternions (mavlink_euler_to_quaternion).
        let (sr, cr) = (roll / 2.0).sin_cos();
        let (sp, cp) = (pitch / 2.0).sin_cos();
        let (sy, cy) = (yaw / 2.0).sin_cos();
        let turned = quaternion([
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ]);
        let (euler, turned) = (body(&euler).unwrap(), body(&turned).unwrap());
        prop_assert!(euler.quaternion().angle_to(turned.quaternion()) < 1e-5);
    }

    #[test]
    fn no_payload_makes_it_panic(
        id in prop::sample::select(vec![0u32, 2, 30, 31, 33, 111, 112, 263, 285]),
        payload in prop::collection::vec(any::<u8>(), 0..=255),
    ) {
        if let Ok(message) = M::parse(mavlink::MavlinkVersion::V2, id, &payload) {
            let _ = VehicleFilter::new(None).accept(&AUTOPILOT, &message, Monotonic::from_nanos(0));
            if let Ok(Some(Report::Position(position))) = Report::of(&message) {
                prop_assert!(position.place.is_on_earth());
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut reader = MavlinkReader::new(bytes.as_slice());
        while let Ok(message) = reader.read_any_message::<M>() {
            let _ = Report::of(&message.1);
        }
    }
}
