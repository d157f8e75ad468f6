//! The logs of a flight: NMEA, attitude, and the track as it truly was.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Context;
use chrono::{DateTime, Utc};

use crate::{
    clock::{after, rfc3339},
    drift::RATE_HZ,
    flight::Flight,
    nmea,
    sensors::{Sensors, Sigmas},
    survey_plan::frame_name,
    world::World,
};

/// Writes `nmea.log`, `attitude.csv` and `track_truth.csv`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    out: &Path,
    world: &World,
    flight: &Flight,
    sensors: &Sensors,
    start: DateTime<Utc>,
    sigmas: &Sigmas,
) -> anyhow::Result<()> {
    let mut nmea_log = String::new();
    let mut attitude = String::from("time_utc,yaw_deg,pitch_deg,roll_deg\n");
    for sample in 0..=(flight.duration_s() * RATE_HZ) as u64 {
        let time_s = sample as f64 / RATE_HZ;
        let time = after(start, time_s);
        let pose = sensors.measure(flight, time_s);
        let [easting, northing, height] = pose.position;
        let (latitude, longitude) = world.utm.inverse(easting, northing);
        let course = (flight.speed_m_s(), flight.heading_deg(time_s));
        nmea_log += &nmea::fix(time, latitude, longitude, height, None, course, sigmas);
        writeln!(
            attitude,
            "{},{:.4},{:.4},{:.4}",
            rfc3339(time),
            pose.yaw_deg,
            pose.pitch_deg,
            pose.roll_deg
        )?;
    }
    let mut truth = String::from(
        "frame,time_utc,latitude_deg,longitude_deg,height_egm96_m,yaw_deg,pitch_deg,roll_deg\n",
    );
    for (shot, &time_s) in flight.exposures_s.iter().enumerate() {
        let pose = flight.pose(time_s);
        let [easting, northing, height] = pose.position;
        let (latitude, longitude) = world.utm.inverse(easting, northing);
        writeln!(
            truth,
            "{},{},{latitude:.9},{longitude:.9},{height:.3},{:.4},{:.4},{:.4}",
            frame_name(shot),
            rfc3339(after(start, time_s)),
            pose.yaw_deg,
            pose.pitch_deg,
            pose.roll_deg
        )?;
    }
    for (name, text) in [
        ("nmea.log", nmea_log),
        ("attitude.csv", attitude),
        ("track_truth.csv", truth),
    ] {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
