//! Where a ray meets the ground.

use nalgebra::Vector3;

use super::{
    Dem, GeoError, Wgs84,
    dem::{Passage, SampleError, Sampler},
    ecef,
};

/// Nothing beyond is placed: at such ranges the attitude error alone is hundreds of metres.
const MAX_RANGE_M: f64 = 20_000.0;

/// How close to the surface a hit has to be, in metres of height.
const TOLERANCE_M: f64 = 1e-5;

/// Cells that a ray passes in one step, and the longest step across the ground in metres: over it a ray is straight in degrees and height
/// to a millimetre.
const STEP_CELLS: f64 = 16.0;
const STEP_M: f64 = 200.0;

/// How near to a model's edge or a gap in it a ray is followed, in metres.
const EDGE_M: f64 = 0.01;

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
    /// The ray is followed from the height of the model's highest cell downward, cell by cell (see [`Sampler::passage`]), until it is
    /// below the surface, and the crossing is found by regula falsi (Illinois variant).
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
            let mut most = (STEP_CELLS * dem.cell_m()).min(STEP_M) / across;
            if climb < 0.0 {
                most = most.min((above.height_m - lowest) / -climb + 1.0);
            }
            let steps = (most.min(MAX_RANGE_M), dem.cell_m() / 2.0 / across);
            let (below, next_gap, passage) = self.step(&mut dem, (&above, gap), steps)?;
            let length = below.range_m - above.range_m;
            match passage {
                Passage::Gap => return Err(SampleError::NoData.into()),
                Passage::Above => (above, gap) = (below, next_gap),
                Passage::Meets { from, gap_m, to } => {
                    let before = (above.range_m + from * length, gap_m.max(f64::MIN_POSITIVE));
                    let there = self.at(above.range_m + to * length);
                    let there_gap = there.height_m - dem.sample(there.place)?;
                    if there_gap <= 0.0 {
                        return self.between(&mut dem, before, (there.range_m, there_gap));
                    }
                    // It passes by less than what it is not straight.
                    (above, gap) = (there, there_gap);
                }
            }
        }
        Err(GeoError::AboveHorizon)
    }

    /// A step from a point that lies so far above the surface, of `most` metres or less, and of `short` ones where tiles meet: where it
    /// ends, how far above the surface that is, and what is passed on the way.
    fn step(
        &self,
        dem: &mut Sampler<'_>,
        (above, gap_m): (&Hit, f64),
        (most, short): (f64, f64),
    ) -> Result<(Hit, f64, Passage), GeoError> {
        let from = (dem.spot(), above.height_m);
        let mut step = most;
        loop {
            let below = self.at(above.range_m + step);
            match dem.sample(below.place) {
                Ok(ground) => {
                    let next_gap = below.height_m - ground;
                    let to = (dem.spot(), below.height_m);
                    match dem.passage(from, to) {
                        Some(passage) => return Ok((below, next_gap, passage)),
                        None if step > short => step = short,
                        None => {
                            // Where tiles meet, by its end alone.
                            let (from, to) = (0.0, 1.0);
                            let passage = match next_gap > 0.0 {
                                true => Passage::Above,
                                false => Passage::Meets { from, gap_m, to },
                            };
                            return Ok((below, next_gap, passage));
                        }
                    }
                }
                // The ground may come before the edge does.
                Err(_) if step > EDGE_M => step /= 2.0,
                Err(reason) => return Err(reason.into()),
            }
        }
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
