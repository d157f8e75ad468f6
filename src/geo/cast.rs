//! Where a ray meets the ground.

use nalgebra::Vector3;

use super::{Dem, GeoError, Wgs84, dem::Sampler, ecef};

/// Nothing beyond is placed: at such ranges the attitude error alone is hundreds of metres.
const MAX_RANGE_M: f64 = 20_000.0;

/// How close to the surface a hit has to be, in metres of height.
const TOLERANCE_M: f64 = 1e-5;

/// Far more than the search for a crossing takes.
const MAX_REFINEMENTS: usize = 100;

/// A ray in ECEF metres; the direction has length 1.
pub(super) struct Ray {
    pub(super) origin: Vector3<f64>,
    pub(super) direction: Vector3<f64>,
}

/// Where a ray met the ground.
pub(super) struct Hit {
    pub(super) range_m: f64,
    pub(super) place: Wgs84,
    pub(super) height_m: f64,
}

impl Ray {
    fn at(&self, range_m: f64) -> Hit {
        let (place, height_m) = ecef::to_geodetic(&(self.origin + self.direction * range_m));
        Hit {
            range_m,
            place,
            height_m,
        }
    }

    /// Metres climbed per metre along the ray at a point of it.
    fn climb(&self, at: &Hit) -> f64 {
        -ecef::ned_axes(at.place).column(2).dot(&self.direction)
    }

    /// The first point at the ellipsoidal height `height_m`, coming from above.
    ///
    /// Newton's method on the height along the ray. That is a convex function (the earth falls away from a straight
    /// line), so from above the steps approach the point without passing it.
    pub(super) fn to_level(&self, height_m: f64) -> Result<Hit, GeoError> {
        let mut at = self.at(0.0);
        if at.height_m <= height_m {
            return Err(GeoError::BelowGround);
        }
        while at.range_m <= MAX_RANGE_M {
            let above = at.height_m - height_m;
            if above.abs() < TOLERANCE_M {
                return Ok(at);
            }
            let climb = self.climb(&at);
            if climb >= 0.0 {
                break;
            }
            at = self.at(at.range_m - above / climb);
        }
        Err(GeoError::AboveHorizon)
    }

    /// The first point on the elevation model.
    ///
    /// The ray is followed from the height of the model's highest cell downward in steps of half a cell, until it is
    /// below the surface, and the crossing between is found by regula falsi (Illinois variant).
    pub(super) fn to_dem(&self, dem: &Dem) -> Result<Hit, GeoError> {
        let (lowest, highest) = dem.height_range_m();
        let start = self.at(0.0);
        let mut above = if start.height_m > highest + TOLERANCE_M {
            self.to_level(highest)?
        } else {
            start
        };
        let mut dem = dem.sampler();
        let mut gap = above.height_m - dem.sample(above.place)?;
        if gap < -TOLERANCE_M {
            return Err(GeoError::BelowGround);
        }
        while above.range_m <= MAX_RANGE_M {
            let climb = self.climb(&above);
            if climb >= 0.0 && above.height_m > highest {
                break;
            }
            let across = (1.0 - climb * climb).max(1e-12).sqrt();
            let mut step = dem.cell_m() / 2.0 / across;
            if climb < 0.0 {
                step = step.min((above.height_m - lowest) / -climb + 1.0);
            }
            let below = self.at(above.range_m + step.min(MAX_RANGE_M));
            let next_gap = below.height_m - dem.sample(below.place)?;
            if next_gap <= 0.0 {
                return self.between(&mut dem, (above.range_m, gap), (below.range_m, next_gap));
            }
            (above, gap) = (below, next_gap);
        }
        Err(GeoError::AboveHorizon)
    }

    /// The crossing between a range above the surface and one below, each with its gap to the surface.
    fn between(
        &self,
        dem: &mut Sampler<'_>,
        above: (f64, f64),
        below: (f64, f64),
    ) -> Result<Hit, GeoError> {
        let ((mut t0, mut g0), (mut t1, mut g1)) = (above, below);
        let mut last_side = 0.0;
        let mut at = self.at(t1);
        for _ in 0..MAX_REFINEMENTS {
            at = self.at(t0 + (t1 - t0) * g0 / (g0 - g1).max(f64::MIN_POSITIVE));
            let gap = at.height_m - dem.sample(at.place)?;
            if gap.abs() < TOLERANCE_M || t1 - t0 < TOLERANCE_M {
                break;
            }
            // Illinois: an end that stays for the second time counts half, or it would stay for good.
            let weight = if gap.signum() == last_side { 0.5 } else { 1.0 };
            if gap > 0.0 {
                (t0, g0, g1) = (at.range_m, gap, g1 * weight);
            } else {
                (t1, g1, g0) = (at.range_m, gap, g0 * weight);
            }
            last_side = gap.signum();
        }
        Ok(at)
    }
}
