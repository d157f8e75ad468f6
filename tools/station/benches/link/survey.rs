//! What a simulated aircraft reports: outlines as large as those of a survey, somewhere on its way.

use std::{
    f64::consts::TAU,
    time::{Duration, UNIX_EPOCH},
};

use geo::{Coord, LineString, Polygon};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use scarp_inventory::{Landslide, LandslideStatus, Run};
use scarp_link::{Body, Envelope, Survey};
use uuid::Uuid;

/// Vertices of a reported outline at the quantiles 0, 0.1, 0.25, 0.5, 0.75, 0.9 and 1: those of the 30 reports of the
/// simulated survey 900002 (`tools/demo --seed 900002`).
const VERTICES: [(f64, f64); 7] = [
    (0.0, 17.0),
    (0.1, 31.0),
    (0.25, 60.0),
    (0.5, 93.0),
    (0.75, 157.0),
    (0.9, 312.0),
    (1.0, 338.0),
];
/// Between neighbouring vertices, mean of the same reports.
const STEP_M: f64 = 2.0;
const DEGREES_PER_M: f64 = 1.0 / 111_000.0;
/// One in so many changes is a landslide not seen before: that survey's 7 landslides had 30 reports.
const REPORTS_OF_EACH: u32 = 4;
/// The landslides in the camera's sight, of which one changes.
const IN_SIGHT: usize = 8;

/// One aircraft's flight. The same seed reports the same.
pub struct Flight {
    survey: Uuid,
    run: Uuid,
    chance: StdRng,
    seen: Vec<(Uuid, u32)>,
}

impl Flight {
    pub fn new(seed: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        Self {
            survey: Uuid::from_u128(chance.random()),
            run: Uuid::from_u128(chance.random()),
            chance,
            seen: Vec::new(),
        }
    }

    /// Its survey, as the messages name it.
    pub fn survey(&self) -> Uuid {
        self.survey
    }

    /// What an aircraft sends first.
    pub fn begin(&self) -> Envelope {
        self.envelope(Body::Survey(Survey {
            software: "scarp 0.1.0".to_owned(),
            model_name: "segformer-b0".to_owned(),
            model_version: "0.1.0".to_owned(),
        }))
    }

    /// A landslide not seen before.
    pub fn landslide(&mut self) -> Envelope {
        let id = Uuid::from_u128(self.chance.random());
        self.seen.push((id, 1));
        self.report(id, 1)
    }

    /// A landslide not seen before, or a later version of one in sight.
    pub fn change(&mut self) -> Envelope {
        if self.seen.is_empty() || self.chance.random_ratio(1, REPORTS_OF_EACH) {
            return self.landslide();
        }
        let in_sight = self.seen.len().saturating_sub(IN_SIGHT)..self.seen.len();
        let (id, version) = &mut self.seen[self.chance.random_range(in_sight)];
        *version += 1;
        let (id, version) = (*id, *version);
        self.report(id, version)
    }

    fn report(&mut self, id: Uuid, version: u32) -> Envelope {
        let landslide = Landslide {
            id,
            version,
            status: LandslideStatus::Active,
            outline: self.outline(),
            area_m2: self.chance.random_range(50.0..20_000.0),
            confidence: self.chance.random_range(0.5..1.0),
            ce90_m: self.chance.random_range(2.0..8.0),
            cut_off: false,
            observations: version,
            first_seen: Some(UNIX_EPOCH + Duration::from_secs(1_790_000_000)),
            last_seen: Some(UNIX_EPOCH + Duration::from_secs(1_790_000_000 + u64::from(version))),
        };
        self.envelope(Body::Landslide(landslide))
    }

    /// A ring about a place on the way, its radius uneven, its vertices a few metres apart.
    fn outline(&mut self) -> Polygon<f64> {
        let vertices = quantile(self.chance.random());
        let radius_m = vertices as f64 * STEP_M / TAU;
        let west = 7.0 + self.seen.len() as f64 * 1e-3;
        let mut ring: Vec<Coord> = (0..vertices)
            .map(|nth| {
                let (y, x) = (TAU * nth as f64 / vertices as f64).sin_cos();
                let radius = radius_m * self.chance.random_range(0.95..1.05) * DEGREES_PER_M;
                Coord {
                    x: west + radius * x,
                    y: 46.0 + radius * y,
                }
            })
            .collect();
        ring.push(ring[0]);
        Polygon::new(LineString::new(ring), Vec::new())
    }

    fn envelope(&self, body: Body) -> Envelope {
        let run = Run {
            survey: self.survey,
            id: self.run,
        };
        Envelope::new(run, body)
    }
}

fn quantile(share: f64) -> usize {
    let next = VERTICES.iter().position(|(at, _)| *at >= share);
    let next = next.unwrap_or(VERTICES.len() - 1).max(1);
    let [(a, low), (b, high)] = [VERTICES[next - 1], VERTICES[next]];
    (low + (high - low) * (share - a) / (b - a)).round() as usize
}
