//! The horizontal reference systems that elevation models come in.
//!
//! A ray asks for hundreds of places that lie metres apart. Where the system is a projection, or degrees on another datum, the way
//! there is computed exactly at nine places around, and by the biquadratic through them in between.

use std::{collections::HashMap, fmt, sync::Arc};

use parking_lot::RwLock;

use crate::{Latitude, Longitude, Utm, Wgs84, wgs84::longitude_near};

/// The side of a patch in degrees. What a biquadratic leaves out of a projection over 2 km is a tenth of a millimetre.
const PATCH_DEG: f64 = 0.02;
/// Longitudes are counted from -180, from 0, or on over the antimeridian.
const MAX_LONGITUDE_DEG: f64 = 720.0;
/// More patches than a flight passes over; all are let go then.
const MAX_PATCHES: usize = 1024;
/// A patch counts where it meets the exact way to this many metres.
const PATCH_TOLERANCE_M: f64 = 1e-3;

/// The exact way into a system and back, where that is more than a number of degrees.
pub(super) trait Projection: Send + Sync {
    /// x and y of a place; `None` where the projection has none.
    fn forward(&self, place: Wgs84) -> Option<(f64, f64)>;
    /// The place at x and y.
    fn inverse(&self, x: f64, y: f64) -> Option<Wgs84>;
    /// Metres that a unit of x and y is, about.
    fn metres_per_unit(&self) -> f64;
    /// Whether x is a longitude, which has more than one number.
    fn is_degrees(&self) -> bool {
        false
    }
}

impl Projection for Utm {
    fn forward(&self, place: Wgs84) -> Option<(f64, f64)> {
        Some((*self).forward(place))
    }

    fn inverse(&self, x: f64, y: f64) -> Option<Wgs84> {
        Some((*self).inverse(x, y))
    }

    fn metres_per_unit(&self) -> f64 {
        1.0
    }
}

/// Patches by their latitude and longitude; `None` where there can be none.
type Patches = HashMap<(i32, i32), Option<Arc<Patch>>>;

/// A horizontal reference system that elevation models come in.
pub(super) enum Crs {
    /// WGS84 degrees: x longitude, y latitude.
    Geographic,
    /// Another, with the patches that were computed.
    Projected {
        exact: Box<dyn Projection>,
        patches: RwLock<Patches>,
    },
}

impl fmt::Debug for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Geographic => "Geographic",
            Self::Projected { .. } => "Projected",
        })
    }
}

/// The way into a projection around some place.
#[derive(Debug)]
pub(super) struct Patch {
    index: (i32, i32),
    /// Of 1, v, v^2, u, uv, uv^2, u^2, u^2 v and u^2 v^2, where u counts from south to north and v from west to east.
    x: [f64; 9],
    y: [f64; 9],
}

impl Crs {
    pub(super) fn projected(exact: impl Projection + 'static) -> Self {
        Self::Projected {
            exact: Box::new(exact),
            patches: RwLock::default(),
        }
    }

    /// The place in this system; a longitude is brought within 180 degrees of `near_x`. `held` keeps what was needed for it, for
    /// the next place of the same ray.
    pub(super) fn forward(
        &self,
        place: Wgs84,
        near_x: f64,
        held: &mut Option<Arc<Patch>>,
    ) -> Option<(f64, f64)> {
        let Self::Projected { exact, patches } = self else {
            return Some((
                longitude_near(place.longitude_deg(), near_x),
                place.latitude_deg(),
            ));
        };
        let ((row, u), (column, v)) = (split(place.latitude_deg()), split(place.longitude_deg()));
        let index = (row, column);
        if held.as_ref().is_none_or(|patch| patch.index != index) {
            let known = patches.read().get(&index).cloned();
            *held = known.unwrap_or_else(|| {
                let patch = Patch::new(exact.as_ref(), index).map(Arc::new);
                let mut patches = patches.write();
                if patches.len() >= MAX_PATCHES {
                    patches.clear();
                }
                patches.insert(index, patch.clone());
                patch
            });
        }
        let (x, y) = match held {
            Some(patch) => patch.at(u, v),
            None => exact.forward(place)?,
        };
        let x = if exact.is_degrees() {
            longitude_near(x, near_x)
        } else {
            x
        };
        Some((x, y))
    }

    /// The place at x and y of this system; `None` where that is none on the earth.
    pub(super) fn inverse(&self, x: f64, y: f64) -> Option<Wgs84> {
        let place = match self {
            Self::Geographic if x.abs() <= MAX_LONGITUDE_DEG => Some(Wgs84::new(
                Latitude::from_degrees(y),
                Longitude::from_degrees(longitude_near(x, 0.0)),
            )),
            Self::Geographic => None,
            Self::Projected { exact, .. } => exact.inverse(x, y),
        };
        // Projections give longitudes beyond +-180, too.
        place.filter(|place| {
            place.latitude_deg().abs() <= 90.0 && place.longitude_deg().abs() <= MAX_LONGITUDE_DEG
        })
    }
}

/// The patch that a latitude or longitude lies in, and the way through it from 0 to 1.
fn split(degrees: f64) -> (i32, f64) {
    let at = degrees / PATCH_DEG;
    (at.floor() as i32, at - at.floor())
}

impl Patch {
    /// `None` where a biquadratic does not do: beside the cut of a projection, or where it has none.
    fn new(exact: &dyn Projection, index: (i32, i32)) -> Option<Self> {
        let at = |u: f64, v: f64| {
            let place = Wgs84::new(
                Latitude::from_degrees((f64::from(index.0) + u) * PATCH_DEG),
                Longitude::from_degrees((f64::from(index.1) + v) * PATCH_DEG),
            );
            exact.forward(place)
        };
        let (mut x, mut y) = ([0.0; 9], [0.0; 9]);
        for (n, u) in [0.0, 0.5, 1.0].into_iter().enumerate() {
            let row = [at(u, 0.0)?, at(u, 0.5)?, at(u, 1.0)?];
            x[3 * n..3 * n + 3].copy_from_slice(&quadratic(row.map(|(x, _)| x)));
            y[3 * n..3 * n + 3].copy_from_slice(&quadratic(row.map(|(_, y)| y)));
        }
        let patch = Self {
            index,
            x: along_u(&x),
            y: along_u(&y),
        };
        let tolerance = PATCH_TOLERANCE_M / exact.metres_per_unit();
        for (u, v) in [(0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.8, 0.8)] {
            let ((x, y), (here_x, here_y)) = (at(u, v)?, patch.at(u, v));
            let off = (x - here_x).hypot(y - here_y);
            if off.is_nan() || off > tolerance {
                return None;
            }
        }
        Some(patch)
    }

    fn at(&self, u: f64, v: f64) -> (f64, f64) {
        let sum = |c: &[f64; 9]| {
            let row = |n: usize| c[n] + v * (c[n + 1] + v * c[n + 2]);
            row(0) + u * (row(3) + u * row(6))
        };
        (sum(&self.x), sum(&self.y))
    }
}

/// The coefficients of 1, t and t^2 of the parabola through values at 0, 1/2 and 1.
fn quadratic([a, b, c]: [f64; 3]) -> [f64; 3] {
    [a, 4.0 * b - 3.0 * a - c, 2.0 * (a + c) - 4.0 * b]
}

/// Coefficients in v at three u, to those in both.
fn along_u(rows: &[f64; 9]) -> [f64; 9] {
    let mut both = [0.0; 9];
    for n in 0..3 {
        for (power, c) in quadratic([rows[n], rows[n + 3], rows[n + 6]])
            .into_iter()
            .enumerate()
        {
            both[3 * power + n] = c;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::place;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_patch_is_the_projection_to_a_millimetre_anywhere_in_a_zone(lat in -80.0..84.0f64, lon in -180.0..180.0f64) {
            let utm = Utm::containing(place(lat, lon));
            let (x, y) = Utm::forward(utm, place(lat, lon));
            let here = Crs::projected(utm).forward(place(lat, lon), 0.0, &mut None).unwrap();
            prop_assert!((here.0 - x).hypot(here.1 - y) < 1e-3, "{here:?} {x} {y}");
            let back = Crs::projected(utm).inverse(x, y).unwrap();
            prop_assert!((back.latitude_deg() - lat).abs() < 1e-9);
        }
    }

    #[test]
    fn beside_the_cut_of_a_projection_the_exact_way_is_gone() {
        struct Cut;
        impl Projection for Cut {
            fn forward(&self, place: Wgs84) -> Option<(f64, f64)> {
                let longitude = place.longitude_deg();
                let x = if longitude < 10.013 {
                    longitude
                } else {
                    longitude - 360.0
                };
                Some((x * 1e5, place.latitude_deg() * 1e5))
            }
            fn inverse(&self, _: f64, _: f64) -> Option<Wgs84> {
                None
            }
            fn metres_per_unit(&self) -> f64 {
                1.0
            }
        }
        let crs = Crs::projected(Cut);
        let at = |longitude| {
            crs.forward(place(1.0, longitude), 0.0, &mut None)
                .unwrap()
                .0
        };
        assert!((at(10.012) - 1.0012e6).abs() < 1e-3 && (at(10.014) + 3.49986e7).abs() < 1e-3);
    }
}
