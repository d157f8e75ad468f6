//! The ranges of activations on real images, by running the float network through the engine that flies.

use std::collections::HashMap;

use parking_lot::Mutex;
use rayon::prelude::*;

use super::observe::{Histogram, Observer, Range};
use crate::{
    engine::Engine,
    graph::{Graph, GraphError},
};

/// Runs `graph` on every image and chooses a range for each of `values`. `tick` is called as often as
/// [`passes`] says for each image.
///
/// # Errors
/// When tract cannot run the graph.
pub fn ranges(
    graph: &Graph,
    shape: &[usize; 4],
    values: &[&str],
    images: &[Vec<f32>],
    observer: Observer,
    tick: &(dyn Fn() + Sync),
) -> Result<HashMap<String, Range>, GraphError> {
    let engine = Engine::new(graph, shape, values)?;
    let widest = Mutex::new(vec![Range::empty(); values.len()]);
    images.par_iter().try_for_each(|image| {
        engine.run(image, |index, numbers| {
            let mut seen = Range::empty();
            seen.cover(numbers);
            let mut widest = widest.lock();
            if let Some(range) = widest.get_mut(index) {
                range.cover(&[seen.low, seen.high]);
            }
        })?;
        tick();
        Ok(())
    })?;
    let widest = widest.into_inner();
    let chosen = if observer == Observer::MinMax {
        widest
    } else {
        let total = widest
            .iter()
            .map(|range| Mutex::new(Histogram::new(*range)));
        let total: Vec<_> = total.collect();
        images.par_iter().try_for_each(|image| {
            engine.run(image, |index, numbers| {
                let mut own = Histogram::new(widest.get(index).copied().unwrap_or(Range::empty()));
                own.add(numbers);
                if let Some(total) = total.get(index) {
                    total.lock().merge(&own);
                }
            })?;
            tick();
            Ok(())
        })?;
        let choose = |total: &Mutex<Histogram>| total.lock().choose(observer);
        total.par_iter().map(choose).collect()
    };
    Ok(values
        .iter()
        .map(|&name| name.to_owned())
        .zip(chosen)
        .collect())
}

/// How often each image is run.
#[must_use]
pub fn passes(observer: Observer) -> usize {
    if observer == Observer::MinMax { 1 } else { 2 }
}
