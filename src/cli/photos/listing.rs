//! One photograph as `scarp photos --json` lists it.

use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use scarp_capture::{LeftOut, Reading, Sourced, Surveyed, Untagged};
use scarp_geo::{Attitude, CameraModel, HeightAboveTakeoff, Lens, Timestamp, Wgs84};
use serde::Serialize;

/// What is understood of one photograph: each value with the tags that it comes from, null where it is not told.
#[derive(Serialize)]
pub struct Listed {
    pub folder: String,
    pub name: String,
    /// `searched`, `untagged`, `left_out` or `unreadable`.
    pub outcome: &'static str,
    /// Why it is not searched; one line each.
    pub reasons: Vec<String>,
    /// What else is to be told of it; one line each.
    pub remarks: Vec<String>,
    pub camera_name: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub time: Option<Time>,
    pub position: Option<Position>,
    pub heights: Vec<Height>,
    /// A height that the photograph has and that does not count, and why.
    pub unused_height: Option<String>,
    pub attitude: Option<Angles>,
    pub camera: Option<Camera>,
    /// One-sigma errors of the position to north and east and of the height, in metres.
    pub sigma_m: Option<[f64; 3]>,
}

/// When it was taken: RFC 3339 in UTC where the zone is known, else by the camera's clock.
#[derive(Serialize)]
pub struct Time {
    pub utc: Option<String>,
    pub camera_clock: Option<String>,
    pub from: String,
}

/// Degrees.
#[derive(Serialize)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
    pub from: String,
}

/// Metres over a datum, or above take-off or the ground below.
#[derive(Serialize)]
pub struct Height {
    pub metres: f64,
    pub over: String,
    pub from: String,
}

/// Degrees, for the picture as it is stored.
#[derive(Serialize)]
pub struct Angles {
    pub yaw_deg: f64,
    pub pitch_deg: f64,
    pub roll_deg: f64,
    pub from: String,
}

/// Pixels.
#[derive(Serialize)]
pub struct Camera {
    pub focal_px: f64,
    pub focal_sigma_px: f64,
    pub principal_point_px: [f64; 2],
    /// `pinhole`, `brown` or `fisheye`.
    pub lens: &'static str,
    pub from: String,
}

impl Listed {
    /// A photograph of a folder.
    pub fn of(folder: &Path, photograph: &Surveyed) -> Self {
        let folder = folder.display().to_string();
        let name = photograph.name();
        match &photograph.reading {
            Ok(reading) => Self::read(folder, name, reading, photograph.same_exposure.as_ref()),
            Err(fault) => Self {
                folder,
                name,
                outcome: "unreadable",
                reasons: vec![fault.to_string()],
                remarks: Vec::new(),
                camera_name: None,
                width: None,
                height: None,
                time: None,
                position: None,
                heights: Vec::new(),
                unused_height: None,
                attitude: None,
                camera: None,
                sigma_m: None,
            },
        }
    }

    fn read(
        folder: String,
        name: String,
        reading: &Reading,
        same_exposure: Option<&(usize, String)>,
    ) -> Self {
        let mut reasons: Vec<String> = reading.reasons().map(ToString::to_string).collect();
        let mut outcome = match reading.reasons().next() {
            None => "searched",
            Some(Untagged::LeftOut(_)) => "left_out",
            Some(_) => "untagged",
        };
        if let Some((_, other)) = same_exposure {
            let other = other.clone();
            reasons.insert(0, LeftOut::SameExposure { other }.to_string());
            outcome = "left_out";
        }
        let heights = reading.heights.as_ref().ok();
        let sigma = reading.covariance;
        Self {
            folder,
            name,
            outcome,
            reasons,
            remarks: reading.remarks.clone(),
            camera_name: reading.camera_name.clone(),
            width: Some(reading.size.0),
            height: Some(reading.size.1),
            time: reading
                .time
                .as_ref()
                .ok()
                .and_then(Option::as_ref)
                .map(time),
            position: reading.position.as_ref().ok().map(position),
            heights: heights.map(all_heights).unwrap_or_default(),
            unused_height: heights.and_then(|heights| heights.unused.clone()),
            attitude: reading.attitude.as_ref().ok().map(angles),
            camera: reading.camera.as_ref().ok().map(camera),
            sigma_m: Some([sigma.sigma_north_m, sigma.sigma_east_m, sigma.sigma_up_m]),
        }
    }

    /// Whether a replay searches it, if its picture is whole and its ground known.
    pub fn is_searched(&self) -> bool {
        self.outcome == "searched"
    }
}

fn time(time: &Sourced<Timestamp>) -> Time {
    let text = |ms| {
        DateTime::from_timestamp_millis(ms)
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
    };
    let utc = time.value.unix_ms().and_then(text);
    let local = text(time.value.ms()).map(|text| text.trim_end_matches('Z').to_owned());
    Time {
        camera_clock: local.filter(|_| utc.is_none()),
        utc,
        from: time.from.clone(),
    }
}

fn position(place: &Sourced<Wgs84>) -> Position {
    Position {
        latitude: place.value.latitude_deg(),
        longitude: place.value.longitude_deg(),
        from: place.from.clone(),
    }
}

fn all_heights(heights: &scarp_capture::Heights) -> Vec<Height> {
    let takeoff = heights
        .takeoff
        .iter()
        .map(|height: &Sourced<HeightAboveTakeoff>| Height {
            metres: height.value.metres(),
            over: "take-off".to_owned(),
            from: height.from.clone(),
        });
    let absolute = heights.absolute.iter().map(|height| Height {
        metres: height.value.metres(),
        over: height.value.datum().to_string(),
        from: height.from.clone(),
    });
    let above_ground = heights.above_ground.iter().map(|height| Height {
        metres: height.value.metres(),
        over: "ground".to_owned(),
        from: height.from.clone(),
    });
    takeoff.chain(above_ground).chain(absolute).collect()
}

fn angles(attitude: &Sourced<Attitude>) -> Angles {
    Angles {
        yaw_deg: attitude.value.yaw_deg,
        pitch_deg: attitude.value.pitch_deg,
        roll_deg: attitude.value.roll_deg,
        from: attitude.from.clone(),
    }
}

fn camera(camera: &Sourced<CameraModel>) -> Camera {
    let model = &camera.value;
    Camera {
        focal_px: model.focal_px,
        focal_sigma_px: model.focal_sigma_px,
        principal_point_px: [model.cx, model.cy],
        lens: match model.lens {
            Lens::Pinhole => "pinhole",
            Lens::Brown(_) => "brown",
            Lens::Fisheye(_) => "fisheye",
        },
        from: camera.from.clone(),
    }
}
