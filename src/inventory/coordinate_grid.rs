//! The grid on which the corners of outlines lie wherever they leave the aircraft, so that what is made of an outline there and at
//! the ground station is the same to the last decimal.

/// Units of the grid in a degree; one is about 1 mm.
const UNITS_PER_DEGREE: f64 = 1e8;

/// A longitude or latitude in degrees as the nearest whole number of units; what is no number stays none.
#[must_use]
pub fn to_units(degrees: f64) -> f64 {
    (degrees * UNITS_PER_DEGREE).round()
}

/// The degrees of a number of units; of longitudes and latitudes [`to_units`] gives that number again.
#[must_use]
pub fn to_degrees(units: f64) -> f64 {
    units / UNITS_PER_DEGREE
}
