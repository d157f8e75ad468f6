//! The network's answer for a whole scene, by several workers, the same whatever their number.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use scarp::infer::{Mosaic, ProbabilityMap, Segmenter};

use super::ValidateError;
use crate::{
    dataset::Local,
    raster::{Kind, Resampled, Window},
};

/// Segments `image`, enlarged by `scale`, window by window; each worker has a segmenter. `tile_done` is called
/// with tiles done and tiles in all.
///
/// # Errors
/// When the image cannot be read or the network fails.
pub(super) fn probability(
    image: &Local,
    scale: f64,
    segmenters: &mut [Segmenter],
    mut tile_done: impl FnMut(usize, usize),
) -> Result<ProbabilityMap, ValidateError> {
    let open = || {
        image
            .open(Kind::Rgb)
            .map(|raster| Resampled::new(raster, scale))
    };
    let (width, height) = open()?.size();
    let Some(tiling) = segmenters.first().map(Segmenter::tiling) else {
        return Err(ValidateError::NoWorkers);
    };
    let mut mosaic = Mosaic::new(tiling, width, height);
    let corners: Vec<_> = (0..mosaic.len())
        .map(|index| mosaic.corner(index))
        .collect();
    let cells = mosaic.tile_cells();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = crossbeam_channel::bounded(2 * segmenters.len());
    thread::scope(|scope| {
        for segmenter in segmenters {
            let (send, corners, next, failed) = (send.clone(), &corners, &next, &failed);
            scope.spawn(move || {
                let mut work = || -> Result<(), ValidateError> {
                    let mut image = open()?;
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
                        let mut answer = vec![0.0; cells];
                        segmenter.tile(&image.read(window)?, &mut answer)?;
                        // The receiver outlives the workers.
                        let _ = send.send(Ok((index, answer)));
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
        let mut error = None;
        for answer in receive {
            match answer {
                Ok((index, answer)) => {
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
        error.map_or_else(|| Ok(mosaic.finish()), Err)
    })
}
