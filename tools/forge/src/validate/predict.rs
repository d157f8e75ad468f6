//! The network's answer for a whole scene, by several workers, the same whatever their number.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use parking_lot::Mutex;
use scarp_infer::{Mosaic, ProbabilityMap, Segmenter};

use super::{Effort, GroundResolution, ValidateError};
use crate::{
    dataset::Local,
    raster::{Kind, Resampled, Window},
};

/// Most cells a probability map may have, 400 MB: 1.6 gigapixels at stride 4.
const MAX_CELLS: u64 = 100_000_000;

/// Segments `image`, enlarged by the scale of `resolution`, window by window; each worker has a segmenter. `tile_done` is called
/// with tiles done and tiles in all.
///
/// # Errors
/// When the image cannot be read or the network fails.
pub(super) fn probability(
    image: &Local,
    resolution: GroundResolution,
    segmenters: &mut [Segmenter],
    mut tile_done: impl FnMut(usize, usize),
) -> Result<(ProbabilityMap, Effort), ValidateError> {
    let Some(first) = segmenters.first() else {
        return Err(ValidateError::NoWorkers);
    };
    let (tiling, model_gsd_m) = (first.tiling(), first.manifest().input.gsd_m);
    let shown = image.shown();
    let image = Resampled::new(image.open(Kind::Rgb)?, resolution.scale);
    let (width, height) = image.size();
    let cell = u64::from(tiling.stride).pow(2);
    if u64::from(width) * u64::from(height) / cell > MAX_CELLS {
        return Err(ValidateError::TooLarge {
            image: shown.to_owned(),
            gsd_m: resolution.gsd_m,
            model_gsd_m,
            size: (width, height),
        });
    }
    // Workers take neighbouring tiles: sharing the strips decoded last costs less time and memory than each having its own.
    let image = Mutex::new(image);
    let mut mosaic = Mosaic::new(tiling, width, height);
    let corners: Vec<_> = (0..mosaic.len())
        .map(|index| mosaic.corner(index))
        .collect();
    let cells = mosaic.tile_cells();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = crossbeam_channel::bounded(2 * segmenters.len());
    thread::scope(|scope| {
        for segmenter in segmenters {
            let (send, image) = (send.clone(), &image);
            let (corners, next, failed) = (&corners, &next, &failed);
            scope.spawn(move || {
                let mut work = || -> Result<(), ValidateError> {
                    while !failed.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(&(x, y)) = corners.get(index) else {
                            break;
                        };
                        let window = Window {
                            x,
                            y,
                            width: tiling.width,
                            height: tiling.height,
                        };
                        let pixels = image.lock().read(window)?;
                        let mut answer = vec![0.0; cells];
                        let start = Instant::now();
                        segmenter.tile(&pixels, &mut answer)?;
                        let seconds = start.elapsed().as_secs_f64();
                        // The receiver outlives the workers.
                        let _ = send.send(Ok((index, answer, seconds)));
                    }
                    Ok(())
                };
                if let Err(error) = work() {
                    failed.store(true, Ordering::Relaxed);
                    let _ = send.send(Err(error));
                }
            });
        }
        drop(send);
        // Sums of floats depend on their order, so tiles are added in theirs.
        let (mut early, mut added) = (BTreeMap::new(), 0);
        let (mut seconds, mut error) = (0.0, None);
        for answer in receive {
            match answer {
                Ok((index, answer, taken)) => {
                    seconds += taken;
                    early.insert(index, answer);
                    while let Some(answer) = early.remove(&added) {
                        mosaic.add(added, &answer);
                        added += 1;
                        tile_done(added, corners.len());
                    }
                }
                Err(e) => error = Some(e),
            }
        }
        let effort = Effort {
            tiles: added,
            seconds,
        };
        error.map_or_else(|| Ok((mosaic.finish(), effort)), Err)
    })
}
