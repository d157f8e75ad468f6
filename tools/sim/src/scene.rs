//! One piece of country: terrain, covers, landslides and light, all drawn from a seed.

use crate::{
    colour::Palette,
    dice::Dice,
    height_field::HeightField,
    landslide::Landslide,
    noise::{fractal, smoothstep},
};

/// What a scene is asked to be.
#[derive(Debug, Clone, Copy)]
pub struct Brief {
    /// Metres from west to east.
    pub width_m: f32,
    /// Metres from north to south.
    pub height_m: f32,
    /// Distance between the nodes of the terrain in metres.
    pub cell_m: f32,
    /// Steepness of the valley sides, rise over run, drawn between these.
    pub slope: (f32, f32),
    /// Fresh landslides: fewest and most tried for.
    pub landslides: (usize, usize),
    /// Chance that there is none at all.
    pub barren: f32,
}

/// A valley: which way it runs, its river and its floor.
#[derive(Debug, Clone)]
pub struct Valley {
    /// Direction of the valley, radians from east towards south.
    pub heading: f32,
    /// Half-width of the river, 0 for a dry valley, in metres.
    pub river_m: f32,
    /// Width of the gravel along it in metres.
    pub gravel_m: f32,
    /// Half-width of the flat floor in metres.
    pub floor_m: f32,
    middle: (f32, f32),
    offset_m: f32,
    meander: (f32, f32, f32),
    seed: u32,
}

/// Densities and sizes of the covers; thresholds are on noise of about -1..1.
#[derive(Debug, Clone)]
pub struct Covers {
    /// Size of tree crowns in metres.
    pub crown_m: f32,
    /// How rounded the crowns look, 0.35 to 1.
    pub crown_relief: f32,
    /// Forest grows above this.
    pub forest_from: f32,
    /// Bushes grow above this.
    pub scrub_from: f32,
    /// Bare patches lie above this.
    pub clearing_from: f32,
    /// Rock crops out above this.
    pub rock_from: f32,
    /// The valley floor is farmed below this.
    pub fields_below: f32,
    /// Width of a field in metres.
    pub field_m: f32,
    /// Share of the fields without a crop.
    pub bare_fields: f32,
    /// Villages spread with it, -0.5 to 0.6.
    pub village: f32,
    /// Distance between houses in metres.
    pub roof_m: f32,
    /// Direction of field and house rows, radians.
    pub grid_heading: f32,
    /// The road along the valley, if any.
    pub road: Option<Road>,
    /// The track on the slope, if any.
    pub track: Option<Track>,
}

/// A road along the valley.
#[derive(Debug, Clone)]
pub struct Road {
    /// From the river's middle, in metres.
    pub offset_m: f32,
    /// Half its width in metres.
    pub half_width_m: f32,
    /// Which side of the river: 1 or -1.
    pub side: f32,
    /// Whether there is another on the other side.
    pub both_sides: bool,
}

/// A dirt track that keeps its height on the slope, with a cut above it.
#[derive(Debug, Clone)]
pub struct Track {
    /// Height above the valley's base in metres.
    pub height_m: f32,
    /// Half its width in metres.
    pub half_width_m: f32,
}

/// Sun and sky.
#[derive(Debug, Clone)]
pub struct Light {
    /// Direction to the sun: east, south, up.
    pub sun: [f32; 3],
    /// Share of the light that comes from the sky.
    pub ambient: f32,
    /// Noise threshold above which clouds shade the ground; `None` for a clear sky.
    pub clouds: Option<f32>,
}

/// One piece of country. x runs east and y south, in metres from the north-west corner.
#[derive(Debug, Clone)]
pub struct Scene {
    /// What it was asked to be.
    pub brief: Brief,
    /// The ground's heights above the valley's base in metres.
    pub terrain: HeightField,
    /// Its valley.
    pub valley: Valley,
    /// Its colours.
    pub palette: Palette,
    /// Its land use.
    pub covers: Covers,
    /// Its light.
    pub light: Light,
    /// Fresh landslides and old scars.
    pub landslides: Vec<Landslide>,
    /// Seed of its noise fields.
    pub seed: u32,
}

impl Scene {
    /// The scene of a seed.
    #[must_use]
    pub fn new(seed: u64, brief: Brief) -> Self {
        let mut dice = Dice::new(seed, 1);
        let valley = Valley::draw(&mut dice, &brief);
        let slope = dice.range(brief.slope.0, brief.slope.1);
        let terrain = terrain(&mut dice, &brief, &valley, slope);
        let palette = Palette::draw(&mut Dice::new(seed, 2));
        let covers = Covers::draw(&mut Dice::new(seed, 3), &valley);
        let light = Light::draw(&mut Dice::new(seed, 4));
        let landslides = landslides(
            &mut Dice::new(seed, 5),
            &brief,
            &terrain,
            0.85 * slope.min(0.6),
            &palette,
        );
        Self {
            brief,
            terrain,
            valley,
            palette,
            covers,
            light,
            landslides,
            seed: dice.seed(),
        }
    }

    /// Whether the place lies in a fresh landslide, as metres outside the nearest outline (negative inside).
    #[must_use]
    pub fn outside_landslides_m(&self, x: f32, y: f32) -> f32 {
        self.landslides
            .iter()
            .filter(|slide| slide.fresh)
            .filter_map(|slide| slide.position(x, y))
            .map(|position| position.outside_m)
            .fold(f32::MAX, f32::min)
    }
}

fn landslides(
    dice: &mut Dice,
    brief: &Brief,
    terrain: &HeightField,
    min_slope: f32,
    palette: &Palette,
) -> Vec<Landslide> {
    let size = (brief.width_m, brief.height_m);
    let (fewest, most) = brief.landslides;
    let count = if dice.chance(brief.barren) {
        0
    } else {
        fewest + (dice.unit() * dice.unit() * (most - fewest + 1) as f32) as usize
    };
    let scars = count
        .div_ceil(2)
        .min((dice.unit() * dice.unit() * 4.0) as usize + count / 4);
    let mut release = |fresh, slope| Landslide::release(dice, terrain, size, slope, palette, fresh);
    let mut slides: Vec<_> = (0..count)
        .filter_map(|_| release(true, min_slope))
        .collect();
    slides.extend((0..scars).filter_map(|_| release(false, 0.8 * min_slope)));
    slides
}

fn terrain(dice: &mut Dice, brief: &Brief, valley: &Valley, slope: f32) -> HeightField {
    /// The terrain reaches beyond the scene, so that slopes and water at its edges are as elsewhere.
    const MARGIN: f32 = 0.12;
    let (relief, wavelength) = (dice.range(10.0, 45.0), dice.range(60.0, 220.0));
    let seed = dice.seed();
    let corner = (-MARGIN * brief.width_m, -MARGIN * brief.height_m);
    let nodes = |length: f32| ((1.0 + 2.0 * MARGIN) * length / brief.cell_m).ceil() as usize + 1;
    let mut field = HeightField::new(
        nodes(brief.width_m),
        nodes(brief.height_m),
        brief.cell_m,
        corner,
        |x, y| {
            let from_floor = (valley.across_m(x, y).abs() - valley.floor_m).max(0.0);
            let ridges = 1.0 - (2.0 * fractal(seed, x / wavelength, y / wavelength, 4)).abs();
            slope * from_floor * from_floor / (from_floor + 15.0)
                + smoothstep(0.0, 80.0, from_floor) * relief * ridges
                + 0.6 * fractal(seed ^ 5, x / 15.0, y / 15.0, 3)
        },
    );
    field.erode(12, 0.05 * brief.cell_m);
    field
}

impl Valley {
    fn draw(dice: &mut Dice, brief: &Brief) -> Self {
        let short = brief.width_m.min(brief.height_m);
        let far = if dice.chance(0.5) { 1.0 } else { 1.6 };
        let river_m = if dice.chance(0.25) {
            0.0
        } else {
            dice.range(3.0, 40.0)
        };
        let gravel_m = dice.range(0.0, 30.0) * dice.unit();
        Self {
            heading: dice.range(0.0, std::f32::consts::TAU),
            river_m,
            gravel_m,
            floor_m: river_m + gravel_m + dice.range(5.0, 90.0) * dice.unit(),
            middle: (brief.width_m / 2.0, brief.height_m / 2.0),
            offset_m: dice.range(-0.75, 0.6) * short.min(600.0) * far,
            meander: (
                dice.range(0.0, 30.0),
                dice.range(80.0, 300.0),
                dice.range(0.0, std::f32::consts::TAU),
            ),
            seed: dice.seed(),
        }
    }

    /// Metres from the river's middle, negative on its left side.
    #[must_use]
    pub fn across_m(&self, x: f32, y: f32) -> f32 {
        let (sin, cos) = self.heading.sin_cos();
        let (dx, dy) = (x - self.middle.0, y - self.middle.1);
        let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let (amplitude, wavelength, phase) = self.meander;
        across
            - self.offset_m
            - amplitude * (along / wavelength + phase).sin()
            - 12.0 * fractal(self.seed, along / 90.0, 0.0, 3)
    }
}

impl Covers {
    fn draw(dice: &mut Dice, valley: &Valley) -> Self {
        let road = dice.chance(0.75).then(|| Road {
            offset_m: valley.floor_m * dice.range(0.75, 1.0) + dice.range(0.0, 6.0),
            half_width_m: dice.range(2.0, 5.5),
            side: if dice.chance(0.5) { 1.0 } else { -1.0 },
            both_sides: dice.chance(0.3),
        });
        let track = dice.chance(0.4).then(|| Track {
            height_m: dice.range(15.0, 120.0),
            half_width_m: dice.range(1.5, 4.0),
        });
        Self {
            crown_m: dice.range(3.0, 8.5),
            crown_relief: dice.range(0.35, 1.0),
            forest_from: dice.range(-0.55, 0.35),
            scrub_from: dice.range(-0.2, 0.5),
            clearing_from: dice.range(0.35, 1.0),
            rock_from: dice.range(0.3, 0.95),
            fields_below: dice.range(-0.4, 0.5),
            field_m: dice.range(15.0, 60.0),
            bare_fields: dice.range(0.1, 0.7),
            village: dice.range(-0.5, 0.6),
            roof_m: dice.range(9.0, 22.0),
            grid_heading: dice.range(0.0, 1.57),
            road,
            track,
        }
    }
}

impl Light {
    fn draw(dice: &mut Dice) -> Self {
        let (azimuth, elevation) = (
            dice.range(0.0, std::f32::consts::TAU),
            dice.range(0.45, 1.2),
        );
        Self {
            sun: [
                azimuth.cos() * elevation.cos(),
                azimuth.sin() * elevation.cos(),
                elevation.sin(),
            ],
            ambient: dice.range(0.25, 0.6),
            clouds: dice.chance(0.3).then(|| dice.range(0.0, 0.4)),
        }
    }
}
