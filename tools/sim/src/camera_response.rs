//! From light to what a camera stores: softness, exposure, white balance, haze, contrast, noise.

use image::{Rgb, RgbImage};

use crate::{
    colour::Colour,
    dice::Dice,
    noise::{cell, unit},
};

/// How the air and the camera change colours, the same for all frames of a flight.
#[derive(Debug, Clone)]
pub struct CameraResponse {
    balance: Colour,
    exposure: f32,
    gamma: f32,
    contrast: f32,
    saturation: f32,
    haze: f32,
    haze_colour: Colour,
    noise: f32,
    softness: f32,
    seed: u32,
}

impl CameraResponse {
    /// Draws the weather and the camera of a seed.
    #[must_use]
    pub fn draw(dice: &mut Dice) -> Self {
        let hazy = dice.chance(0.35);
        Self {
            balance: [
                dice.range(0.88, 1.14),
                dice.range(0.94, 1.06),
                dice.range(0.86, 1.14),
            ],
            exposure: dice.range(0.75, 1.55),
            gamma: dice.range(0.65, 1.15),
            contrast: dice.range(0.85, 1.35),
            saturation: dice.range(0.6, 1.35),
            haze: if hazy {
                dice.range(0.0, 0.4)
            } else {
                dice.range(0.0, 0.06)
            },
            haze_colour: [
                dice.range(0.65, 0.80),
                dice.range(0.70, 0.82),
                dice.range(0.72, 0.90),
            ],
            noise: dice.range(0.0, 0.025),
            softness: dice.range(0.0, 1.1) * dice.unit(),
            seed: dice.seed(),
        }
    }

    /// The stored picture; `light` gives the colour at each pixel, `shot` makes the noise of each picture its own.
    #[must_use]
    pub fn expose(
        &self,
        width: u32,
        height: u32,
        shot: u32,
        light: impl Fn(u32, u32) -> Colour,
    ) -> RgbImage {
        let (columns, rows) = (width as usize, height as usize);
        let mut colours: Vec<Colour> = (0..columns * rows)
            .map(|k| light((k % columns) as u32, (k / columns) as u32))
            .collect();
        self.soften(&mut colours, columns, rows);
        RgbImage::from_fn(width, height, |x, y| {
            let stored = self.respond(colours[y as usize * columns + x as usize]);
            Rgb(std::array::from_fn(|c| {
                let hash = cell(
                    self.seed ^ shot.wrapping_mul(7919) ^ (c as u32 + 500),
                    x as i32,
                    y as i32,
                );
                let grain = 3.0 * self.noise * (unit(hash) - 0.5);
                ((stored[c] + grain) * 255.0).round().clamp(0.0, 255.0) as u8
            }))
        })
    }

    fn respond(&self, colour: Colour) -> Colour {
        let tone: Colour = std::array::from_fn(|c| {
            (colour[c].max(0.0) * self.balance[c] * self.exposure).powf(self.gamma)
        });
        let grey = tone.iter().sum::<f32>() / 3.0;
        std::array::from_fn(|c| {
            let saturated = grey + (tone[c] - grey) * self.saturation;
            let contrasty = (saturated - 0.45) * self.contrast + 0.45;
            contrasty * (1.0 - self.haze) + self.haze_colour[c] * self.haze
        })
    }

    /// Two passes of a three-tap kernel along each axis.
    fn soften(&self, colours: &mut [Colour], columns: usize, rows: usize) {
        let side = (0.5 * self.softness * self.softness).min(0.3);
        if self.softness < 0.25 {
            return;
        }
        for step in [1, columns, 1, columns] {
            let sharp = colours.to_vec();
            for k in columns..columns * (rows.max(2) - 1) {
                colours[k] = std::array::from_fn(|c| {
                    sharp[k][c] * (1.0 - 2.0 * side)
                        + side * (sharp[k - step][c] + sharp[k + step][c])
                });
            }
        }
    }
}
