//! Landslides: a source on a steep slope, a way down the terrain, an outline.

use crate::{
    colour::{Colour, Palette, dim, mix},
    dice::Dice,
    height_field::HeightField,
    noise::{fractal, smoothstep},
};

/// Further than this outside an outline nothing of the landslide shows.
pub const WELL_OUTSIDE_M: f32 = 10.0;

/// One landslide, fresh or long overgrown.
#[derive(Debug, Clone)]
pub struct Landslide {
    /// The way down from the source: x, y and half-width in metres.
    pub path: Vec<Station>,
    /// Fresh ones are what is looked for; old scars are distractors.
    pub fresh: bool,
    /// Debris colours.
    pub colours: [Colour; 2],
    /// How streaky the debris is along the flow, 0.05 to 0.45.
    pub streaks: f32,
    /// How full of boulders the toe is, 0 to 1.
    pub boulders: f32,
    /// Noise threshold under which vegetation islands stand.
    pub islands: f32,
    /// Roughness of the surface, 0.1 to 0.5.
    pub roughness: f32,
    /// Seed of its noise fields.
    pub seed: u32,
    /// How irregular the outline is, as a share of the width.
    raggedness: f32,
    bounds: [f32; 4],
}

/// A point on the way down.
#[derive(Debug, Clone, Copy)]
pub struct Station {
    /// Metres east.
    pub x: f32,
    /// Metres south.
    pub y: f32,
    /// Half the width in metres.
    pub half_width: f32,
}

/// Where a point lies relative to a landslide.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    /// Metres outside the outline, negative inside.
    pub outside_m: f32,
    /// Share of the way from source (0) to toe (1).
    pub along: f32,
    /// The path's segment next to it.
    pub segment: usize,
}

/// How the half-width runs from source to toe.
#[derive(Debug, Clone, Copy)]
enum Form {
    Widening,
    Hourglass,
    Channel,
    Slab,
}

impl Form {
    fn draw(dice: &mut Dice) -> Self {
        match dice.unit() {
            u if u < 0.30 => Self::Widening,
            u if u < 0.55 => Self::Hourglass,
            u if u < 0.75 => Self::Channel,
            _ => Self::Slab,
        }
    }

    fn width(self, t: f32) -> f32 {
        match self {
            Self::Widening => 0.35 + 0.9 * t,
            Self::Hourglass => 0.9 - 1.3 * (2.0 * t * (1.0 - t)).min(0.45) + 0.25 * t,
            Self::Channel => 0.55 + 0.12 * (9.0 * t).sin() + 2.0 * (t - 0.8).max(0.0),
            Self::Slab => 0.6 + 0.55 * (std::f32::consts::PI * t).sin(),
        }
    }
}

impl Landslide {
    /// Lets a landslide go on a slope of at least `min_slope` somewhere in the scene of `size` metres; `None` when no
    /// such slope is found or it comes to rest at once. A fresh one is at most some 600 m long.
    #[must_use]
    pub fn release(
        dice: &mut Dice,
        terrain: &HeightField,
        size: (f32, f32),
        min_slope: f32,
        palette: &Palette,
        fresh: bool,
    ) -> Option<Self> {
        let steepness = |x, y| {
            let (east, south) = terrain.slope(x, y);
            east.hypot(south)
        };
        let source = (0..60)
            .map(|_| {
                (
                    dice.range(-0.05, 1.05) * size.0,
                    dice.range(-0.05, 1.05) * size.1,
                )
            })
            .find(|&(x, y)| steepness(x, y) > min_slope)?;
        let scale = dice.range(0.16, 0.76) * size.0.min(size.1).min(420.0);
        let length = scale * dice.range(0.7, 1.4);
        let half_width = (scale * dice.range(0.1, 0.42)).clamp(5.0, 110.0);
        let form = Form::draw(dice);
        let seed = dice.seed();
        let path = descend(terrain, source, length, |t| {
            let taper = 0.5 + 0.5 * smoothstep(0.0, 0.12, t);
            let toe = 1.0 - 0.5 * smoothstep(0.88, 1.0, t);
            let wobble = 1.0 + 0.35 * fractal(seed, t * 6.0, 1.0, 3);
            (half_width * form.width(t) * taper * toe * wobble).max(2.5)
        })?;
        let (from, to) = if fresh {
            (palette.debris[0], palette.debris[1])
        } else {
            (mix(palette.grass, palette.debris[0], 0.3), palette.grass)
        };
        let shift = dice.range(-0.07, 0.07);
        let main = mix(from, to, dice.range(-0.2, 0.3)).map(|v| v + shift);
        let widest = path.iter().map(|s| s.half_width).fold(0.0, f32::max);
        Some(Self {
            bounds: bounds(&path, 1.6 * widest + 12.0),
            path,
            fresh,
            colours: [main, dim(to, dice.range(0.6, 1.05))],
            streaks: dice.range(0.05, 0.45),
            boulders: dice.unit(),
            islands: if fresh {
                dice.range(-0.75, -0.28)
            } else {
                dice.range(-0.1, 0.15)
            },
            roughness: dice.range(0.1, 0.5),
            raggedness: dice.range(0.08, 0.4),
            seed,
        })
    }

    /// Where a place lies; `None` when it is well outside.
    #[must_use]
    pub fn position(&self, x: f32, y: f32) -> Option<Position> {
        let [west, east, north, south] = self.bounds;
        if x < west || x > east || y < north || y > south {
            return None;
        }
        let mut nearest = Position {
            outside_m: f32::MAX,
            along: 0.0,
            segment: 0,
        };
        let segments = self.path.len() - 1;
        for (segment, pair) in self.path.windows(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let t =
                (((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy).max(1e-6)).clamp(0.0, 1.0);
            let (ex, ey) = (x - a.x - t * dx, y - a.y - t * dy);
            let distance = (ex * ex + ey * ey).sqrt();
            let outside_m = distance - (a.half_width + (b.half_width - a.half_width) * t);
            if outside_m < nearest.outside_m {
                nearest = Position {
                    outside_m,
                    along: (segment as f32 + t) / segments as f32,
                    segment,
                };
            }
        }
        let width = self.path[nearest.segment].half_width;
        let ragged = 2.2 * self.raggedness * width;
        if nearest.outside_m > ragged + WELL_OUTSIDE_M {
            return None;
        }
        let scale = 1.1 * width + 6.0;
        nearest.outside_m += ragged * fractal(self.seed ^ 0xA5, x / scale, y / scale, 3);
        Some(nearest)
    }

    /// West, east, north and south limits in metres.
    #[must_use]
    pub fn bounds(&self) -> [f32; 4] {
        self.bounds
    }
}

/// Follows the fall line with some inertia until the length is run, the ground stays flat or the debris has run up the
/// opposite slope as far as it can; `None` when it hardly got lower.
fn descend(
    terrain: &HeightField,
    source: (f32, f32),
    length: f32,
    half_width: impl Fn(f32) -> f32,
) -> Option<Vec<Station>> {
    const INERTIA: f32 = 0.72;
    /// Debris stops within a few steps where the ground is flatter than this.
    const REST_SLOPE: f32 = 0.1;
    const RUN_UP_M: f32 = 4.0;
    const LEAST_FALL_M: f32 = 3.0;
    let step = (length / 40.0).max(4.0);
    let steps = (length / step).ceil() as usize;
    let downhill = |x, y| {
        let (east, south) = terrain.slope(x, y);
        let slope = east.hypot(south);
        (-east / slope.max(1e-3), -south / slope.max(1e-3), slope)
    };
    let (mut x, mut y) = source;
    let (mut dx, mut dy, _) = downhill(x, y);
    let mut flat = 0;
    let mut lowest = terrain.at(x, y);
    let mut path = Vec::with_capacity(steps + 1);
    for k in 0..=steps {
        path.push(Station {
            x,
            y,
            half_width: half_width(k as f32 / steps as f32),
        });
        let (fx, fy, slope) = downhill(x, y);
        flat += usize::from(slope < REST_SLOPE);
        if flat > 4 {
            break;
        }
        (dx, dy) = (
            INERTIA * dx + (1.0 - INERTIA) * fx,
            INERTIA * dy + (1.0 - INERTIA) * fy,
        );
        let norm = dx.hypot(dy).max(1e-3);
        (dx, dy) = (dx / norm, dy / norm);
        (x, y) = (x + step * dx, y + step * dy);
        let height = terrain.at(x, y);
        if height > lowest + RUN_UP_M {
            break;
        }
        lowest = lowest.min(height);
    }
    let fall =
        terrain.at(source.0, source.1) - path.last().map_or(0.0, |toe| terrain.at(toe.x, toe.y));
    (path.len() >= 4 && fall >= LEAST_FALL_M).then_some(path)
}

fn bounds(path: &[Station], margin: f32) -> [f32; 4] {
    let low = |get: fn(&Station) -> f32| path.iter().map(get).fold(f32::MAX, f32::min) - margin;
    let high = |get: fn(&Station) -> f32| path.iter().map(get).fold(f32::MIN, f32::max) + margin;
    [low(|s| s.x), high(|s| s.x), low(|s| s.y), high(|s| s.y)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_landslide_starts_on_a_steep_slope_and_runs_downhill() {
        let terrain = HeightField::new(120, 120, 5.0, (-50.0, -50.0), |x, y| {
            0.7 * (y - 250.0).abs() + 20.0 * (x / 60.0).sin()
        });
        let mut dice = Dice::new(5, 0);
        let palette = Palette::draw(&mut dice);
        let slides: Vec<Landslide> = (0..40)
            .filter_map(|_| {
                Landslide::release(&mut dice, &terrain, (500.0, 500.0), 0.5, &palette, true)
            })
            .collect();
        assert!(slides.len() > 30);
        for slide in slides {
            let (source, toe) = (slide.path[0], slide.path[slide.path.len() - 1]);
            let (east, south) = terrain.slope(source.x, source.y);
            assert!(east.hypot(south) > 0.5);
            assert!(terrain.at(toe.x, toe.y) < terrain.at(source.x, source.y));
            assert!(slide.position(source.x, source.y).is_some());
        }
    }

    #[test]
    fn flat_ground_releases_nothing() {
        let terrain = HeightField::new(50, 50, 5.0, (0.0, 0.0), |_, _| 10.0);
        let mut dice = Dice::new(5, 0);
        let palette = Palette::draw(&mut dice);
        assert!(
            Landslide::release(&mut dice, &terrain, (200.0, 200.0), 0.3, &palette, true).is_none()
        );
    }
}
