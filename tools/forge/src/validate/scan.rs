//! One pass over image, label and probability, row by row: counts, and the picture of hits, misses and false alarms.

use std::path::Path;

use image::RgbImage;
use scarp_infer::ProbabilityMap;

use super::{GroundResolution, ValidateError, sample::Sampler};
use crate::{
    dataset::{IGNORED, Local},
    metrics::{Counts, EdgeScan, ObjectScan},
    raster::{Kind, Raster, Window},
};

/// Longest side of an overlay in pixels.
const OVERLAY_SIDE: u32 = 900;
const HIT: [f32; 3] = [60.0, 200.0, 90.0];
const MISS: [f32; 3] = [255.0, 200.0, 30.0];
const FALSE_ALARM: [f32; 3] = [235.0, 50.0, 60.0];
/// How much of the class colour covers the image.
const OPACITY: f32 = 0.55;

/// Compares `map`, made of the image as `resolution` says, with the label. `thresholds` rise; objects, distances and the overlay
/// are those at number `shown` of them. The label comes with whether it may hold [`IGNORED`]: such pixels count nowhere.
///
/// # Errors
/// When a file cannot be read, sizes differ, or the label holds other values than 0 and 1.
pub(super) fn scan(
    image: &Local,
    (label, ignored): (&Local, bool),
    map: &ProbabilityMap,
    resolution: GroundResolution,
    thresholds: &[f32],
    shown: usize,
) -> Result<(Counts, RgbImage), ValidateError> {
    let label_path = label.shown();
    let (mut image, mut label) = (image.open(Kind::Rgb)?, label.open(Kind::Label)?);
    check_sizes(label_path, &image, &label)?;
    let (width, height) = image.size();
    let block = width.max(height).div_ceil(OVERLAY_SIDE);
    let sampler = Sampler::new(map, width, resolution.scale);
    let mut counts = Counts::new(thresholds.len());
    let (mut objects, mut edges) = (
        ObjectScan::new(resolution.gsd_m),
        EdgeScan::new(width as usize),
    );
    let mut finds = vec![0; width as usize];
    let mut overlay = RgbImage::new(width.div_ceil(block), height.div_ceil(block));
    let (mut colours, mut truths) = (Vec::new(), Vec::new());
    for top in (0..height).step_by(block as usize) {
        let rows = block.min(height - top);
        let window = Window {
            x: 0,
            y: top,
            width,
            height: rows,
        };
        image.read(window, &mut colours)?;
        label.read(window, &mut truths)?;
        check_values(label_path, &truths, ignored)?;
        let mut cells = vec![Block::default(); overlay.width() as usize];
        for (row, line) in truths.chunks_exact_mut(width as usize).enumerate() {
            let colours = colours[row * 3 * width as usize..].chunks_exact(3);
            let pixels = line
                .iter_mut()
                .zip(colours)
                .zip(sampler.row(top + row as u32));
            for (x, ((truth, colour), probability)) in pixels.enumerate() {
                let judged = *truth != IGNORED;
                if judged {
                    counts.curve.count(probability, *truth == 1, thresholds);
                } else {
                    *truth = 0;
                }
                let found = judged && thresholds.get(shown).is_some_and(|t| probability >= *t);
                finds[x] = u8::from(found);
                cells[x / block as usize].add(colour, *truth == 1, found);
            }
            objects.row(line, &finds);
            edges.row(line, &finds);
        }
        for (x, cell) in cells.iter().enumerate() {
            overlay.put_pixel(x as u32, top / block, image::Rgb(cell.colour()));
        }
    }
    (counts.objects, counts.edges) = (objects.finish(), edges.finish());
    Ok((counts, overlay))
}

fn check_sizes(path: &Path, image: &Raster, label: &Raster) -> Result<(), ValidateError> {
    if image.size() == label.size() {
        return Ok(());
    }
    Err(ValidateError::Sizes {
        label: path.to_owned(),
        image_size: image.size(),
        label_size: label.size(),
    })
}

/// GDCLD's labels are 0 and 1; guessing what others mean could turn a score upside down.
fn check_values(path: &Path, truths: &[u8], ignored: bool) -> Result<(), ValidateError> {
    let known = |value: u8| value <= 1 || ignored && value == IGNORED;
    match truths.iter().find(|value| !known(**value)) {
        None => Ok(()),
        Some(&value) => Err(ValidateError::LabelValue {
            label: path.to_owned(),
            value,
        }),
    }
}

/// Pixels that fall into one pixel of the overlay.
#[derive(Clone, Copy, Default)]
struct Block {
    sum: [u32; 3],
    pixels: u32,
    hits: u32,
    misses: u32,
    false_alarms: u32,
}

impl Block {
    fn add(&mut self, colour: &[u8], truth: bool, found: bool) {
        self.sum
            .iter_mut()
            .zip(colour)
            .for_each(|(sum, value)| *sum += u32::from(*value));
        self.pixels += 1;
        match (truth, found) {
            (true, true) => self.hits += 1,
            (true, false) => self.misses += 1,
            (false, true) => self.false_alarms += 1,
            (false, false) => {}
        }
    }

    /// The mean colour, tinted by what most of the marked pixels are once half of all are marked.
    fn colour(&self) -> [u8; 3] {
        let mean = self.sum.map(|sum| sum as f32 / self.pixels.max(1) as f32);
        let marked = self.hits + self.misses + self.false_alarms;
        if 2 * marked < self.pixels || marked == 0 {
            return mean.map(|v| v as u8);
        }
        let tint = if self.hits >= self.misses.max(self.false_alarms) {
            HIT
        } else if self.misses >= self.false_alarms {
            MISS
        } else {
            FALSE_ALARM
        };
        std::array::from_fn(|i| (mean[i] * (1.0 - OPACITY) + tint[i] * OPACITY) as u8)
    }
}
