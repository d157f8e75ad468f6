//! The pose of the camera at the instant of an exposure, between the samples of the sensors.

use nalgebra::Vector3;
use scarp_geo::{
    Altitudes, HeightAboveTakeoff, Pose, PoseCovariance, Rotation, Timestamp,
    reference_frame::{Ned, Platform},
};

use super::{
    Monotonic, Mount, NoPose, NotUsed, Sensor, TimedFix,
    fix_segment::FixSegment,
    history::{Bracket, History, Outside},
    jump::{JumpGuard, Verdict},
    mount::lever_arm_sigma,
};

/// What is known of the aircraft, and how far its sensors are relied on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrajectorySettings {
    /// How the camera sits in the aircraft.
    pub mount: Mount,
    /// Longest time between two fixes to interpolate over, seconds.
    pub max_fix_gap_s: f64,
    /// Longest time between two attitudes to interpolate over, seconds.
    pub max_attitude_gap_s: f64,
    /// How long after an exposure samples are waited for, seconds: longer than the sensors' delay and period.
    pub max_wait_s: f64,
    /// Faster than the aircraft ever flies, metres per second over ground.
    pub max_speed_m_s: f64,
    /// One-sigma error of the aircraft's roll and pitch, degrees.
    pub tilt_sigma_deg: f64,
    /// One-sigma error of its heading, degrees.
    pub heading_sigma_deg: f64,
}

impl Default for TrajectorySettings {
    /// A small aircraft with an autopilot whose heading comes from a magnetic compass.
    fn default() -> Self {
        Self {
            mount: Mount::default(),
            max_fix_gap_s: 0.5,
            max_attitude_gap_s: 0.2,
            max_wait_s: 1.0,
            max_speed_m_s: 60.0,
            tilt_sigma_deg: 0.5,
            heading_sigma_deg: 2.0,
        }
    }
}

/// Fixes kept: a minute and a half at 10 Hz.
const FIXES: usize = 1024;
/// Attitudes kept: 80 s at 50 Hz.
const ATTITUDES: usize = 4096;

/// Where the aircraft was and how it was turned, of late.
#[derive(Debug)]
pub struct Trajectory {
    settings: TrajectorySettings,
    fixes: History<Waypoint>,
    attitudes: History<Rotation<Platform, Ned>>,
    heights: History<HeightAboveTakeoff>,
    guard: JumpGuard,
}

/// A fix, and whether the way from the one before is known.
#[derive(Debug)]
struct Waypoint {
    fix: TimedFix,
    follows: bool,
}

impl Trajectory {
    /// A trajectory without samples.
    #[must_use]
    pub fn new(settings: TrajectorySettings) -> Self {
        Self {
            settings,
            fixes: History::new(FIXES),
            attitudes: History::new(ATTITUDES),
            heights: History::new(FIXES),
            guard: JumpGuard::new(settings.max_speed_m_s),
        }
    }

    /// Adds a fix.
    ///
    /// # Errors
    /// When it is not later than the one before, or is doubtful because the position jumped.
    pub fn push_fix(&mut self, fix: TimedFix) -> Result<(), NotUsed> {
        if !self.fixes.is_later(fix.at) {
            return Err(NotUsed::OutOfOrder(Sensor::Gnss));
        }
        let follows = match self.guard.judge(&fix) {
            Verdict::Follows => true,
            Verdict::Restarts => false,
            Verdict::Doubtful { distance_m } => return Err(NotUsed::Jump { distance_m }),
        };
        self.fixes.push(fix.at, Waypoint { fix, follows });
        Ok(())
    }

    /// Adds the attitude of the platform that carries the camera, the aircraft or its gimbal, at an instant.
    ///
    /// # Errors
    /// When it is not later than the one before, or not a number.
    pub fn push_attitude(
        &mut self,
        at: Monotonic,
        platform: Rotation<Platform, Ned>,
    ) -> Result<(), NotUsed> {
        if !platform.is_finite() {
            return Err(NotUsed::NotANumber(Sensor::Attitude));
        }
        if self.attitudes.push(at, platform) {
            Ok(())
        } else {
            Err(NotUsed::OutOfOrder(Sensor::Attitude))
        }
    }

    /// Adds the height of the aircraft above the point of take-off at an instant, where something measures it: flat ground
    /// is placed by it.
    ///
    /// # Errors
    /// When it is not later than the one before, or not a number.
    pub fn push_height(
        &mut self,
        at: Monotonic,
        height: HeightAboveTakeoff,
    ) -> Result<(), NotUsed> {
        if !height.metres().is_finite() {
            return Err(NotUsed::NotANumber(Sensor::Height));
        }
        if self.heights.push(at, height) {
            Ok(())
        } else {
            Err(NotUsed::OutOfOrder(Sensor::Height))
        }
    }

    /// The camera's pose in the middle of an exposure, asked for at `now`. Never extrapolated.
    ///
    /// The timing error is that of the fixes; who knows the exposure's own adds it.
    ///
    /// # Errors
    /// [`NoPose::NotYet`] while a sample from after the exposure may still come; else why there is no pose.
    pub fn pose_at(&self, exposed: Monotonic, now: Monotonic) -> Result<Pose, NoPose> {
        let settings = &self.settings;
        let waiting = now.seconds_since(exposed) < settings.max_wait_s;
        let fixes = self.fixes.around(exposed).map_err(|outside| {
            match self.no_pose(outside, Sensor::Gnss, waiting) {
                NoPose::Stale { .. } if self.guard.in_doubt() => NoPose::Jump,
                reason => reason,
            }
        })?;
        let on_a_fix = fixes.gap_s == 0.0;
        if !on_a_fix && !fixes.after.follows {
            return Err(NoPose::Jump);
        }
        within(&fixes, settings.max_fix_gap_s, Sensor::Gnss)?;
        let attitudes = self
            .attitudes
            .around(exposed)
            .map_err(|outside| self.no_pose(outside, Sensor::Attitude, waiting))?;
        within(&attitudes, settings.max_attitude_gap_s, Sensor::Attitude)?;

        let platform = attitudes.before.slerp(attitudes.after, attitudes.fraction);
        let segment = FixSegment {
            from: &fixes.before.fix,
            to: &fixes.after.fix,
            seconds: fixes.gap_s,
            fraction: fixes.fraction,
        };
        let arm_m = settings.mount.lever_arm_ned_m(&platform);
        let takeoff = self.height_above_takeoff(exposed, -arm_m.z, waiting)?;
        Ok(Pose {
            place: segment.place(arm_m.x, arm_m.y),
            altitude: Altitudes {
                takeoff,
                ..segment.altitude(-arm_m.z)
            },
            attitude: settings.mount.camera_attitude(&platform),
            covariance: self.covariance(&segment, &arm_m),
            velocity: segment.velocity(),
            time: Some(Timestamp::Gnss(segment.utc())),
        })
    }

    /// Between its samples and `up_m` higher; none where it is not measured about the exposure.
    fn height_above_takeoff(
        &self,
        exposed: Monotonic,
        up_m: f64,
        waiting: bool,
    ) -> Result<Option<HeightAboveTakeoff>, NoPose> {
        match self.heights.around(exposed) {
            Ok(heights) if heights.gap_s <= self.settings.max_fix_gap_s => {
                let (before, after) = (heights.before.metres(), heights.after.metres());
                let metres = before + (after - before) * heights.fraction + up_m;
                Ok(Some(HeightAboveTakeoff::new(metres)))
            }
            Err(Outside::Later { .. }) if waiting => Err(NoPose::NotYet(Sensor::Height)),
            _ => Ok(None),
        }
    }

    fn covariance(&self, segment: &FixSegment<'_>, arm_m: &Vector3<f64>) -> PoseCovariance {
        let tilt = self.settings.tilt_sigma_deg.to_radians();
        let heading = self.settings.heading_sigma_deg.to_radians();
        let (fix, arm) = (segment.sigma(), lever_arm_sigma(arm_m, tilt, heading));
        PoseCovariance {
            sigma_north_m: fix.north_m.hypot(arm.north_m),
            sigma_east_m: fix.east_m.hypot(arm.east_m),
            sigma_up_m: fix.up_m.hypot(arm.up_m),
            sigma_roll_rad: tilt,
            sigma_pitch_rad: tilt,
            sigma_yaw_rad: heading,
            sigma_time_s: segment.sigma_time_s(),
        }
    }

    fn no_pose(&self, outside: Outside, sensor: Sensor, waiting: bool) -> NoPose {
        match outside {
            Outside::Empty | Outside::Later { .. } if waiting => NoPose::NotYet(sensor),
            Outside::Empty => NoPose::Missing(sensor),
            Outside::Later { by_s } => NoPose::Stale {
                sensor,
                age_s: by_s,
            },
            Outside::Earlier => NoPose::TooOld(sensor),
        }
    }
}

fn within<T>(bracket: &Bracket<'_, T>, limit_s: f64, sensor: Sensor) -> Result<(), NoPose> {
    if bracket.gap_s > limit_s {
        return Err(NoPose::Gap {
            sensor,
            seconds: bracket.gap_s,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scarp_geo::Attitude;

    use super::{super::testing::timed_fix, *};

    fn at(seconds: f64) -> Monotonic {
        Monotonic::from_nanos(0).plus_seconds(seconds)
    }

    fn heading(degrees: f64) -> Rotation<Platform, Ned> {
        Rotation::from_euler_rad(0.0, 0.0, degrees.to_radians())
    }

    /// Level and northward at 15 m/s, with fixes at 10 Hz and attitudes at 20 Hz for the seconds told.
    fn flown(settings: TrajectorySettings, seconds: &[(f64, f64)]) -> Trajectory {
        let mut trajectory = Trajectory::new(settings);
        for (from, to) in seconds {
            for step in (from * 20.0) as i64..=(to * 20.0) as i64 {
                let t = step as f64 * 0.05;
                trajectory.push_attitude(at(t), heading(0.0)).unwrap();
                if step % 2 == 0 {
                    trajectory
                        .push_fix(timed_fix(t, 15.0 * t, 0.0, 0.0))
                        .unwrap();
                }
            }
        }
        trajectory
    }

    /// Asked for long after.
    fn pose(trajectory: &Trajectory, seconds: f64) -> Result<Pose, NoPose> {
        trajectory.pose_at(at(seconds), at(seconds + 100.0))
    }

    #[test]
    fn a_pose_lies_between_its_fixes() {
        let pose = pose(&flown(TrajectorySettings::default(), &[(0.0, 2.0)]), 1.03).unwrap();
        let there = timed_fix(0.0, 15.45, 0.0, 0.0).fix;
        assert!((pose.place.latitude_deg() - there.place.latitude_deg()).abs() < 1e-9);
        assert!((pose.place.longitude_deg() - there.place.longitude_deg()).abs() < 1e-9);
        assert!((pose.velocity.unwrap().north_m_s - 15.0).abs() < 1e-6);
        assert!((pose.altitude.ellipsoid.unwrap().metres() - 900.0).abs() < 1e-9);
        assert!((pose.attitude.pitch_deg + 90.0).abs() < 1e-6);
        assert_eq!(pose.covariance.sigma_time_s, 0.01);
        assert!((pose.covariance.sigma_north_m - 1.5).abs() < 0.01);
    }

    #[test]
    fn the_lever_arm_and_its_error_are_added() {
        let mount = Mount {
            lever_arm_m: Vector3::new(2.0, 0.0, 1.0),
            ..Mount::default()
        };
        let settings = TrajectorySettings {
            mount,
            ..TrajectorySettings::default()
        };
        let mut trajectory = Trajectory::new(settings);
        for t in [0.0, 0.1] {
            trajectory.push_fix(timed_fix(t, 0.0, 0.0, 0.0)).unwrap();
            trajectory.push_attitude(at(t), heading(90.0)).unwrap();
        }
        let pose = pose(&trajectory, 0.05).unwrap();
        let camera = timed_fix(0.0, 0.0, 2.0, -1.0).fix;
        assert!((pose.place.longitude_deg() - camera.place.longitude_deg()).abs() < 1e-10);
        assert!((pose.altitude.ellipsoid.unwrap().metres() - 899.0).abs() < 1e-9);
        let across_m = (2.0 * 2f64.to_radians()).hypot(0.5f64.to_radians());
        assert!((pose.covariance.sigma_north_m - 1.5f64.hypot(across_m)).abs() < 1e-3);
    }

    #[test]
    fn the_height_above_takeoff_is_the_cameras_and_is_left_out_where_it_is_not_measured() {
        let mount = Mount {
            lever_arm_m: Vector3::new(0.0, 0.0, 1.0),
            ..Mount::default()
        };
        let settings = TrajectorySettings {
            mount,
            ..TrajectorySettings::default()
        };
        let mut trajectory = flown(settings, &[(0.0, 4.0)]);
        for (t, metres) in [(0.0, 50.0), (0.4, 60.0), (2.0, 60.0)] {
            trajectory
                .push_height(at(t), HeightAboveTakeoff::new(metres))
                .unwrap();
        }
        let takeoff = |t| pose(&trajectory, t).unwrap().altitude.takeoff;
        assert!((takeoff(0.1).unwrap().metres() - 51.5).abs() < 1e-9);
        assert_eq!((takeoff(1.0), takeoff(3.0)), (None, None));
        assert_eq!(
            trajectory.pose_at(at(3.0), at(3.2)),
            Err(NoPose::NotYet(Sensor::Height))
        );
    }

    #[test]
    fn an_exposure_newer_than_the_samples_waits_and_then_has_none() {
        let trajectory = flown(TrajectorySettings::default(), &[(0.0, 2.0)]);
        let asked = |after: f64| trajectory.pose_at(at(2.05), at(2.05 + after));
        assert_eq!(asked(0.3), Err(NoPose::NotYet(Sensor::Gnss)));
        assert!(
            matches!(asked(1.1), Err(NoPose::Stale { sensor: Sensor::Gnss, age_s }) if (age_s - 0.05).abs() < 1e-6)
        );
        assert!(trajectory.pose_at(at(2.0), at(2.0)).is_ok());
    }

    #[test]
    fn a_missing_sensor_is_named() {
        let mut trajectory = Trajectory::new(TrajectorySettings::default());
        assert_eq!(pose(&trajectory, 0.0), Err(NoPose::Missing(Sensor::Gnss)));
        for t in [0.0, 0.1] {
            trajectory.push_fix(timed_fix(t, 0.0, 0.0, 0.0)).unwrap();
        }
        assert_eq!(
            pose(&trajectory, 0.05),
            Err(NoPose::Missing(Sensor::Attitude))
        );
        assert_eq!(pose(&trajectory, -1.0), Err(NoPose::TooOld(Sensor::Gnss)));
    }

    #[test]
    fn a_gap_in_fixes_or_attitudes_has_no_pose() {
        let trajectory = flown(TrajectorySettings::default(), &[(0.0, 2.0), (32.0, 34.0)]);
        assert!(matches!(
            pose(&trajectory, 10.0),
            Err(NoPose::Gap { sensor: Sensor::Gnss, seconds }) if (seconds - 30.0).abs() < 1e-6
        ));
        assert!(pose(&trajectory, 1.99).is_ok() && pose(&trajectory, 32.01).is_ok());
        let mut trajectory = Trajectory::new(TrajectorySettings::default());
        for t in [0.0, 0.3] {
            trajectory.push_fix(timed_fix(t, 0.0, 0.0, 0.0)).unwrap();
            trajectory.push_attitude(at(t), heading(0.0)).unwrap();
        }
        assert!(matches!(
            pose(&trajectory, 0.1),
            Err(NoPose::Gap {
                sensor: Sensor::Attitude,
                ..
            })
        ));
    }

    #[test]
    fn about_a_jump_of_500_m_there_is_no_pose() {
        let mut trajectory = flown(TrajectorySettings::default(), &[(0.0, 2.0)]);
        for step in 1..=60 {
            let t = 2.0 + 0.1 * f64::from(step);
            trajectory
                .push_attitude(at(t - 0.05), heading(0.0))
                .unwrap();
            trajectory.push_attitude(at(t), heading(0.0)).unwrap();
            let pushed = trajectory.push_fix(timed_fix(t, 15.0 * t, 500.0, 0.0));
            assert_eq!(pushed.is_ok(), step >= 20, "{pushed:?}");
            if step == 10 {
                assert_eq!(pose(&trajectory, 2.55), Err(NoPose::Jump));
            }
        }
        for t in [2.01, 2.5, 3.0, 3.97] {
            assert_eq!(pose(&trajectory, t), Err(NoPose::Jump), "{t}");
        }
        assert!(pose(&trajectory, 1.99).is_ok() && pose(&trajectory, 4.05).is_ok());
    }

    #[test]
    fn samples_out_of_order_or_not_a_number_are_not_used() {
        let mut trajectory = flown(TrajectorySettings::default(), &[(0.0, 2.0)]);
        assert_eq!(
            trajectory.push_fix(timed_fix(1.95, 0.0, 0.0, 0.0)),
            Err(NotUsed::OutOfOrder(Sensor::Gnss))
        );
        assert_eq!(
            trajectory.push_attitude(at(2.0), heading(0.0)),
            Err(NotUsed::OutOfOrder(Sensor::Attitude))
        );
        assert_eq!(
            trajectory.push_attitude(at(2.1), heading(f64::NAN)),
            Err(NotUsed::NotANumber(Sensor::Attitude))
        );
    }

    #[test]
    fn attitude_turns_the_short_way_over_north() {
        for (from, to, middle) in [
            (350.0, 20.0, 5.0),
            (20.0, 350.0, 5.0),
            (-170.0, 150.0, 170.0),
        ] {
            let mut trajectory = Trajectory::new(TrajectorySettings::default());
            for (t, degrees) in [(0.0, from), (0.1, to)] {
                trajectory.push_fix(timed_fix(t, 0.0, 0.0, 0.0)).unwrap();
                trajectory.push_attitude(at(t), heading(degrees)).unwrap();
            }
            let yaw: f64 = pose(&trajectory, 0.05).unwrap().attitude.yaw_deg;
            assert!((yaw - middle).abs() < 1e-6, "{yaw}");
        }
    }

    proptest! {
        #[test]
        fn a_pose_at_a_sample_is_that_sample(
            roll in -60.0..60.0f64, pitch in -60.0..60.0f64, yaw in -180.0..180.0f64,
            north in -500.0..500.0f64, up in -50.0..50.0f64,
        ) {
            let platform = Rotation::from_euler_rad(
                roll.to_radians(), pitch.to_radians(), yaw.to_radians());
            let mut trajectory = Trajectory::new(TrajectorySettings::default());
            for (t, dn, platform) in [(0.0, 0.0, heading(0.0)), (0.1, 2.0, platform), (0.2, 1.0, heading(90.0))] {
                trajectory.push_fix(timed_fix(t, north + dn, 0.0, up)).unwrap();
                trajectory.push_attitude(at(t), platform).unwrap();
            }
            let pose = pose(&trajectory, 0.1).unwrap();
            let fix = timed_fix(0.1, north + 2.0, 0.0, up).fix;
            prop_assert!((pose.place.latitude_deg() - fix.place.latitude_deg()).abs() < 1e-11);
            prop_assert!((pose.altitude.ellipsoid.unwrap().metres() - 900.0 - up).abs() < 1e-9);
            let expected = Attitude::down_looking(yaw, pitch, roll).rotation();
            prop_assert!((pose.attitude.rotation().matrix() - expected.matrix()).norm() < 1e-6);
        }
    }
}
