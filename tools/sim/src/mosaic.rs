//! The ground under a flight, baked in blocks where a camera will look and nowhere else.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::{colour::Colour, noise::split, ortho::WHITE, scene::Scene, surface};

/// Side of a pixel of the baked ground in metres: the resolution of the detail that frames can show.
pub const GSD_M: f32 = 0.2;
/// Side of a block in pixels, a power of two.
const BLOCK_PX: usize = 256;
const BLOCK_M: f32 = BLOCK_PX as f32 * GSD_M;

/// Column and row of a block, counted from the scene's north-west corner.
type Place = (i32, i32);

/// The blocks that a set of places needs.
#[derive(Debug, Clone, Default)]
pub struct Blocks(BTreeSet<Place>);

impl Blocks {
    /// Asks for the ground within a few metres of a place.
    pub fn need(&mut self, x: f32, y: f32) {
        const AROUND_M: f32 = 3.0;
        for (dx, dy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
            self.0
                .insert((index(x + dx * AROUND_M), index(y + dy * AROUND_M)));
        }
    }

    /// Number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn index(metres: f32) -> i32 {
    (metres / BLOCK_M).floor() as i32
}

/// Baked ground: 3 bytes per pixel, some 80 MB per km².
pub struct Mosaic {
    west: i32,
    north: i32,
    columns: usize,
    blocks: Vec<Option<Vec<[u8; 3]>>>,
}

impl Mosaic {
    /// Bakes blocks on all cores, calling `done` after each; the result does not depend on their number.
    #[must_use]
    pub fn bake(scene: &Scene, needed: &Blocks, done: impl Fn() + Sync) -> Self {
        let range = |axis: fn(&Place) -> i32| {
            let low = needed.0.iter().map(axis).min().unwrap_or(0);
            (
                low,
                (needed.0.iter().map(axis).max().unwrap_or(low) - low + 1) as usize,
            )
        };
        let ((west, columns), (north, rows)) = (range(|p| p.0), range(|p| p.1));
        let baked: Vec<(Place, Vec<[u8; 3]>)> = needed
            .0
            .par_iter()
            .map(|&place| {
                let pixels = bake_block(scene, place);
                done();
                (place, pixels)
            })
            .collect();
        let mut blocks = vec![None; columns * rows];
        for ((i, j), pixels) in baked {
            blocks[(j - north) as usize * columns + (i - west) as usize] = Some(pixels);
        }
        Self {
            west,
            north,
            columns,
            blocks,
        }
    }

    /// The colour at a place in the scene, bilinear between pixel centres; black where nothing was baked.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> Colour {
        let (u, v) = (x / GSD_M - 0.5, y / GSD_M - 0.5);
        let ((i, a), (j, b)) = (split(u), split(v));
        let corners = [
            self.pixel(i, j),
            self.pixel(i + 1, j),
            self.pixel(i, j + 1),
            self.pixel(i + 1, j + 1),
        ];
        let weights =
            [(1.0 - a) * (1.0 - b), a * (1.0 - b), (1.0 - a) * b, a * b].map(|w| w / WHITE);
        std::array::from_fn(|c| {
            corners
                .iter()
                .zip(weights)
                .map(|(p, w)| f32::from(p[c]) * w)
                .sum()
        })
    }

    fn pixel(&self, i: i32, j: i32) -> [u8; 3] {
        let side = BLOCK_PX as i32;
        let (column, row) = (
            i.div_euclid(side) - self.west,
            j.div_euclid(side) - self.north,
        );
        if column < 0 || row < 0 || column as usize >= self.columns {
            return [0; 3];
        }
        let within = j.rem_euclid(side) as usize * BLOCK_PX + i.rem_euclid(side) as usize;
        match self
            .blocks
            .get(row as usize * self.columns + column as usize)
        {
            Some(Some(pixels)) => pixels[within],
            _ => [0; 3],
        }
    }
}

fn bake_block(scene: &Scene, (i, j): Place) -> Vec<[u8; 3]> {
    let corner = (i as f32 * BLOCK_M, j as f32 * BLOCK_M);
    (0..BLOCK_PX * BLOCK_PX)
        .map(|k| {
            let x = corner.0 + ((k % BLOCK_PX) as f32 + 0.5) * GSD_M;
            let y = corner.1 + ((k / BLOCK_PX) as f32 + 0.5) * GSD_M;
            crate::ortho::stored(surface::look(scene, x, y).0)
        })
        .collect()
}
