//! What a row of a pose file says, in place of what its photograph does, and whether the two agree.

use scarp_geo::{Height, HeightAboveTakeoff, LocalPlane, PoseCovariance, VerticalDatum};

use super::row::{PoseRow, RowPose};
use crate::{
    Heights, Reading, TagSettings, Untagged,
    attitude::{self, apart_deg},
    sourced::Sourced,
};

/// What rounding leaves between two tellings of one position or height, in metres, beside as many standard deviations.
const ROUNDING_M: f64 = 1.0;
const SIGMAS: f64 = 3.0;
/// What a gimbal's attitude may differ from an adjusted one, in degrees.
const AGREE_DEG: f64 = 10.0;
/// What the time of a row may differ from its photograph's, in milliseconds: whether DJI counts leap seconds in it is told either way.
const AGREE_MS: u64 = 20_000;

/// Puts a row, called `place` (`poses.csv:7`), in place of what the photograph tells of its pose. What the row leaves open stays. A
/// contradiction with the photograph's own metadata beyond the errors of these becomes a remark with both values.
pub(crate) fn override_pose(
    reading: &mut Reading,
    row: &PoseRow,
    place: &str,
    settings: &TagSettings,
) {
    let Ok(pose) = &row.pose else { return };
    if let Some(fault) = other_time(reading, pose, place) {
        reading.position = Err(fault);
        return;
    }
    override_position(reading, pose, place);
    override_heights(reading, pose, place, settings.photo_datum);
    override_attitude(reading, pose, place);
    reading.covariance = covariance(reading.covariance, pose, settings.covariance);
}

/// Where the photograph was taken at another time than the row says: it is the row of another flight.
fn other_time(reading: &Reading, pose: &RowPose, place: &str) -> Option<Untagged> {
    let row_ms = pose.time?.unix_ms();
    let time = reading.time.as_ref().ok()?.as_ref()?;
    let own_ms = time.value.unix_ms()?;
    (own_ms.abs_diff(row_ms) > AGREE_MS).then(|| Untagged::RowOfOtherTime {
        row: place.to_owned(),
        apart_s: own_ms.abs_diff(row_ms) as f64 / 1000.0,
        tag: time.from.clone(),
    })
}

fn override_position(reading: &mut Reading, pose: &RowPose, place: &str) {
    let Some(at) = pose.place else { return };
    if let Ok(own) = &reading.position {
        let sigma = reading.covariance;
        let tolerance_m = ROUNDING_M + SIGMAS * sigma.sigma_north_m.max(sigma.sigma_east_m);
        let apart = LocalPlane::at(at).to_metres(own.value.coord());
        let apart_m = apart.x.hypot(apart.y);
        // Not where the distance is no number, either.
        let agree = apart_m <= tolerance_m;
        if !agree {
            reading.remarks.push(format!(
                "{place} has the position {at:.6}, and {} has {:.6}, {apart_m:.1} m apart, where {tolerance_m:.1} m are within the \
                 photograph's errors; {place} counts",
                own.from, own.value
            ));
        }
    }
    reading.position = Ok(Sourced::new(at, place));
}

fn override_heights(
    reading: &mut Reading,
    pose: &RowPose,
    place: &str,
    stated: Option<VerticalDatum>,
) {
    if pose.height.is_none() && pose.above_takeoff_m.is_none() {
        return;
    }
    let own = reading.heights.as_ref().ok();
    let mut heights = own.cloned().unwrap_or_default();
    let sigma_m = reading.covariance.sigma_up_m;
    let mut compare = |row_m: f64, own_m: f64, from: &str, over: &str| {
        let tolerance_m = ROUNDING_M + SIGMAS * sigma_m;
        if (row_m - own_m).abs() > tolerance_m {
            reading.remarks.push(format!(
                "{place} has a height of {row_m:.1} m {over}, and {from} {own_m:.1} m, where {tolerance_m:.1} m are within the \
                 photograph's errors; {place} counts"
            ));
        }
    };
    if let Some(metres) = pose.above_takeoff_m {
        if let Some(own) = &heights.takeoff {
            compare(metres, own.value.metres(), &own.from, "above take-off");
        }
        heights.takeoff = Some(Sourced::new(HeightAboveTakeoff::new(metres), place));
    }
    if let Some(height) = pose.height {
        let own = std::mem::take(&mut heights.absolute);
        heights.unused = None;
        match height.datum.or(stated) {
            Some(datum) => {
                if let Some(own) = own.iter().find(|own| own.value.datum() == datum) {
                    let over = format!("over {datum}");
                    compare(height.metres, own.value.metres(), &own.from, &over);
                }
                let from = match height.datum {
                    Some(_) => place.to_owned(),
                    None => format!("{place}, over what --photo-datum states"),
                };
                heights
                    .absolute
                    .push(Sourced::new(Height::new(datum, height.metres), from));
            }
            None => {
                heights.unused = Some(format!(
                    "{place} has a height of {} m and does not tell its datum (state it with --photo-datum)",
                    height.metres
                ));
            }
        }
    }
    reading.heights = checked(heights);
}

fn checked(heights: Heights) -> Result<Heights, Untagged> {
    let altitudes = heights.altitudes();
    if !altitudes.are_plausible() {
        return Err(Untagged::BadAltitude);
    }
    match heights.unused {
        Some(unused) if altitudes.is_empty() => Err(Untagged::DatumUnclear { unused }),
        _ => Ok(heights),
    }
}

fn override_attitude(reading: &mut Reading, pose: &RowPose, place: &str) {
    let Some(upright) = &pose.attitude else {
        return;
    };
    let stored = attitude::as_stored(upright, reading.orientation);
    if let (Ok(stored), Ok(own)) = (&stored, &reading.attitude) {
        let apart_deg = apart_deg(stored, &own.value);
        if apart_deg > AGREE_DEG {
            let shown = |a: &scarp_geo::Attitude| {
                format!(
                    "yaw {:.1}, pitch {:.1}, roll {:.1}",
                    a.yaw_deg, a.pitch_deg, a.roll_deg
                )
            };
            reading.remarks.push(format!(
                "{place} has the camera at {} degrees, and {} at {}, {apart_deg:.0} degrees apart, where {AGREE_DEG:.0} are a gimbal's error; \
                 {place} counts",
                shown(stored), own.from, shown(&own.value)
            ));
        }
    }
    reading.attitude = stored.map(|stored| Sourced::new(stored, place));
}

/// The row's standard deviations; where it has none, those that are assumed, for the receiver's own are of the photograph's position.
fn covariance(own: PoseCovariance, pose: &RowPose, assumed: PoseCovariance) -> PoseCovariance {
    let mut covariance = own;
    if pose.place.is_some() {
        let (north, east) = (assumed.sigma_north_m, assumed.sigma_east_m);
        let (north, east) = pose.sigma_north_east_m.unwrap_or((north, east));
        covariance.sigma_north_m = north.hypot(pose.datum_sigma_m);
        covariance.sigma_east_m = east.hypot(pose.datum_sigma_m);
    }
    if pose.height.is_some() || pose.above_takeoff_m.is_some() {
        covariance.sigma_up_m = pose.sigma_up_m.unwrap_or(assumed.sigma_up_m);
    }
    if let (Some(degrees), Some(_)) = (pose.sigma_attitude_deg, &pose.attitude) {
        let sigma = degrees.to_radians();
        covariance.sigma_roll_rad = sigma;
        covariance.sigma_pitch_rad = sigma;
        covariance.sigma_yaw_rad = sigma;
    }
    covariance
}
