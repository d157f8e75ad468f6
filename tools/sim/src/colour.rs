//! Linear-light colours of ground covers.

use crate::dice::Dice;

/// Red, green, blue; 0 black to 1 white, brighter allowed before the camera's response.
pub type Colour = [f32; 3];

/// Between `a` and `b`, `t` clamped to 0..1.
#[must_use]
pub fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    let t = t.clamp(0.0, 1.0);
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
}

/// `colour` with its brightness multiplied.
#[must_use]
pub fn dim(colour: Colour, by: f32) -> Colour {
    colour.map(|v| v * by)
}

/// What the covers of one scene look like.
#[derive(Debug, Clone)]
pub struct Palette {
    /// Fresh debris, and what it grades into.
    pub debris: [Colour; 2],
    /// Dark, light and odd tree crowns.
    pub forest: [Colour; 3],
    /// Meadow.
    pub grass: Colour,
    /// Bushes.
    pub scrub: Colour,
    /// Bare soil and dirt tracks.
    pub soil: Colour,
    /// River water.
    pub water: Colour,
    /// River gravel.
    pub gravel: Colour,
    /// Paved or gravelled road.
    pub road: Colour,
    /// Rock faces.
    pub rock: Colour,
}

/// Debris seen from the air: limestone, granite, clay, slate, marl, sandstone, chalk, wet earth.
const DEBRIS: [Colour; 8] = [
    [0.86, 0.84, 0.81],
    [0.74, 0.66, 0.54],
    [0.62, 0.45, 0.31],
    [0.58, 0.57, 0.54],
    [0.78, 0.66, 0.64],
    [0.68, 0.60, 0.46],
    [0.90, 0.86, 0.80],
    [0.50, 0.40, 0.30],
];

/// Roofs: zinc, blue steel, tile, slate, white membrane.
pub const ROOFS: [Colour; 5] = [
    [0.75, 0.75, 0.77],
    [0.30, 0.45, 0.75],
    [0.60, 0.33, 0.25],
    [0.40, 0.40, 0.42],
    [0.90, 0.90, 0.90],
];

impl Palette {
    /// The palette of one scene: season, rock and soil drawn together.
    #[must_use]
    pub fn draw(dice: &mut Dice) -> Self {
        let mut kind = || DEBRIS[dice.index(DEBRIS.len())];
        let (a, b, c) = (kind(), kind(), kind());
        let main = mix(a, b, dice.range(0.0, 0.5));
        let debris = [main, mix(main, c, dice.range(0.2, 0.8))];
        let mut between = |a: Colour, b: Colour, spread: f32| -> Colour {
            let t = dice.unit();
            let shift = dice.range(-spread, spread);
            std::array::from_fn(|c| {
                a[c] + (b[c] - a[c]) * t + shift + 0.4 * dice.range(-spread, spread)
            })
        };
        let dark = between([0.10, 0.17, 0.08], [0.24, 0.32, 0.12], 0.03);
        let light = between([0.18, 0.27, 0.10], [0.38, 0.42, 0.18], 0.04);
        let autumn = between([0.45, 0.30, 0.12], [0.50, 0.42, 0.15], 0.04);
        let palette = Self {
            debris,
            forest: [dark, light, light],
            grass: between([0.30, 0.36, 0.16], [0.48, 0.44, 0.26], 0.04),
            scrub: between([0.22, 0.25, 0.14], [0.34, 0.30, 0.22], 0.03),
            soil: between([0.55, 0.42, 0.30], [0.70, 0.60, 0.46], 0.05),
            water: between([0.32, 0.42, 0.38], [0.62, 0.62, 0.54], 0.05),
            gravel: between([0.62, 0.60, 0.57], [0.88, 0.87, 0.85], 0.04),
            road: between([0.55, 0.55, 0.55], [0.95, 0.93, 0.90], 0.03),
            rock: between([0.42, 0.40, 0.38], [0.66, 0.62, 0.57], 0.04),
        };
        let odd = if dice.chance(0.2) { autumn } else { light };
        Self {
            forest: [dark, light, odd],
            ..palette
        }
    }
}
