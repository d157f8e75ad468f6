//! One row of a pose file.

use scarp_geo::{Attitude, GnssTime, Latitude, Longitude, VerticalDatum, Wgs84};

use super::super::number::number;

/// A row: of which photograph it is, and what it says, or why it cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PoseRow {
    /// Its line in the file, from 1.
    pub(crate) line: u64,
    /// The photograph; `None` where that cannot be read.
    pub(crate) of: Option<RowOf>,
    /// The pose, or in words that follow the row's name what is wrong with it.
    pub(crate) pose: Result<RowPose, String>,
}

/// How a row names its photograph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RowOf {
    /// By its file's name, perhaps with the folders above it.
    Name(String),
    /// By its number in the folder that the file lies in, which stands in its name.
    Number(u32),
}

/// What a row says; `None` where it says nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RowPose {
    pub(crate) place: Option<Wgs84>,
    pub(crate) height: Option<RowHeight>,
    pub(crate) above_takeoff_m: Option<f64>,
    /// Of the camera whose picture is upright.
    pub(crate) attitude: Option<Attitude>,
    /// How well it is known where the system of the coordinates lies, one sigma in metres to the north and to the east.
    pub(crate) datum_sigma_m: f64,
    /// One-sigma errors in metres, to the north and east, and of the height.
    pub(crate) sigma_north_east_m: Option<(f64, f64)>,
    pub(crate) sigma_up_m: Option<f64>,
    /// One-sigma error of the attitude about each axis, in degrees.
    pub(crate) sigma_attitude_deg: Option<f64>,
    /// When the photograph was taken.
    pub(crate) time: Option<GnssTime>,
}

/// A height in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RowHeight {
    pub(crate) metres: f64,
    /// What it is over; `None` where the file does not tell.
    pub(crate) datum: Option<VerticalDatum>,
}

/// Angles beyond are no angles of anything, in degrees.
const MOST_DEG: f64 = 360.0;

/// The number that a field is, or what is wrong with it in words that follow the row's name.
pub(super) fn number_of(what: &str, text: &str) -> Result<f64, String> {
    number(text).ok_or_else(|| format!("{what} is {text:?}, which is no number"))
}

/// An angle in degrees.
pub(super) fn angle_of(what: &str, text: &str) -> Result<f64, String> {
    let degrees = number_of(what, text)?;
    if degrees.abs() > MOST_DEG {
        return Err(format!("{what} is {degrees} degrees, which is no angle"));
    }
    Ok(degrees)
}

/// A standard deviation.
pub(super) fn sigma_of(what: &str, text: &str) -> Result<f64, String> {
    let sigma = number_of(what, text)?;
    if sigma <= 0.0 {
        return Err(format!("{what} is {sigma}, and has to be more than 0"));
    }
    Ok(sigma)
}

/// A place on earth, from degrees.
pub(super) fn place_of(latitude_deg: f64, longitude_deg: f64) -> Result<Wgs84, String> {
    let place = Wgs84::new(
        Latitude::from_degrees(latitude_deg),
        Longitude::from_degrees(longitude_deg),
    );
    if place == Wgs84::ZERO {
        return Err("has the position 0, 0, which means no fix".to_owned());
    }
    if !place.is_on_earth() {
        return Err(format!(
            "has latitude {latitude_deg} and longitude {longitude_deg}, which is not on earth"
        ));
    }
    Ok(place)
}
