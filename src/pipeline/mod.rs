//! The way of the data, from frames to reported landslides: one thread per stage, joined by bounded queues.
//!
//! ```text
//! source ─► prepare ─► segment (several workers) ─► locate ─► record ─► log
//! ```
//!
//! Only the first queue has a policy for when it is full ([`WhenFull`]): behind it every stage waits for the next, so
//! that a frame once taken up is finished. To stop, raise the flag: no further frame is taken up, those under way are
//! finished and the inventory makes its final reports.

mod flight_settings;
mod frame_processing;
mod frame_view;
mod inventory_stage;
mod item;
pub mod output;
mod queue;
mod survey_log;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, ScopedJoinHandle},
};

use crossbeam_channel::Receiver;
use scarp_infer::{SegmentError, Segmenter};
use thiserror::Error;

pub use self::{
    flight_settings::{BoardModelError, Flight, load_model},
    frame_view::View,
    inventory_stage::{NotSearched, Summary},
    item::{Item, Placed, Reject, Source, wall_time},
    queue::WhenFull,
    survey_log::{LogError, SurveyLog, WhenRefused},
};
use self::{
    frame_processing::{Located, Locator, Ready, Segmented},
    inventory_stage::Recorder,
    item::{Following, InOrder},
    queue::{Closed, Feed, queue},
};

/// Why a flight ended before its source did.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The network cannot be run.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// What was found could not be handed on.
    #[error(transparent)]
    Log(LogError),
    /// A stage panicked, which is a fault of the program.
    #[error(
        "pipeline: the {0} stage ended in a panic; please report this with the input that caused it"
    )]
    Panic(&'static str),
}

/// Smallest outline kept of one frame, in square metres. The smallest landslide reported is the inventory's matter: a
/// frame's edge may cut a small piece off a large landslide, and the piece has its vote.
const SPECK_M2: f64 = 5.0;

/// Flies `source` to its end, or until `stop` is raised, and keeps what is found in `log`.
///
/// # Errors
/// When the network fails or the log does. What was kept before stands.
pub fn run(
    source: &mut (dyn Source + Send),
    flight: &Flight,
    log: &mut SurveyLog<'_>,
    stop: &AtomicBool,
) -> Result<Summary, PipelineError> {
    let manifest = flight.model.manifest();
    let (gsd_m, threshold) = (manifest.input.gsd_m, manifest.threshold);
    // One session per worker, made before any thread starts, so that a bad setting fails at once.
    let segmenters = (0..flight.workers.max(1))
        .map(|_| {
            Segmenter::with_threads(
                flight.threads_per_tile,
                &flight.model,
                flight.tile_overlap_px,
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    let (captured, to_prepare) = queue(flight.queue_frames, flight.when_full);
    let (prepared, to_segment) = queue(flight.queue_frames, WhenFull::Wait);
    let (segmented, to_locate) = queue(flight.queue_frames, WhenFull::Wait);
    let (located, to_record) = queue(flight.queue_frames, WhenFull::Wait);
    let failed = AtomicBool::new(false);
    let halt = || stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed);

    thread::scope(|scope| {
        let capturing = scope.spawn(|| capture(source, captured, halt));
        let preparing = scope.spawn(move || prepare(&to_prepare, &prepared, gsd_m));
        let workers: Vec<_> = segmenters
            .into_iter()
            .map(|mut segmenter| {
                let (from, to, failed) = (to_segment.clone(), segmented.clone(), &failed);
                scope.spawn(move || {
                    segment(&from, &to, &mut segmenter)
                        .inspect_err(|_| failed.store(true, Ordering::Relaxed))
                })
            })
            .collect();
        drop((to_segment, segmented));
        let locator = Locator::new(threshold, SPECK_M2, gsd_m);
        let locating = scope.spawn(move || locate(&to_locate, &located, locator));
        let mut recorder = Recorder::new(flight, log);
        let recorded = to_record.iter().try_for_each(|frame| recorder.frame(frame));
        // The receiver goes before the joins, so that the stages end should the log have failed.
        drop(to_record);
        join("capture", capturing)?;
        join("prepare", preparing)?;
        for worker in workers {
            join("segment", worker)??;
        }
        join("locate", locating)?;
        recorded.map_err(PipelineError::Log)?;
        recorder.finish().map_err(PipelineError::Log)
    })
}

/// Takes frames from the source until it ends or `halt` says so.
fn capture(source: &mut (dyn Source + Send), to: Feed<Item<Placed>>, halt: impl Fn() -> bool) {
    while !halt() {
        let Some(item) = source.next_frame() else {
            return;
        };
        if to.send(item) == Err(Closed) {
            return;
        }
    }
}

fn prepare(from: &Receiver<Item<Placed>>, to: &Feed<Following<Ready>>, model_gsd_m: f64) {
    // Behind the queue that may drop frames: what comes here goes all the way.
    let mut previous = 0;
    for item in from {
        let sequence = item.sequence;
        let item = item.and_then(|frame| frame_processing::prepare(frame, model_gsd_m));
        if to.send(Following { previous, item }) == Err(Closed) {
            return;
        }
        previous = sequence;
    }
}

fn segment(
    from: &Receiver<Following<Ready>>,
    to: &Feed<Following<Segmented>>,
    segmenter: &mut Segmenter,
) -> Result<(), SegmentError> {
    for Following { previous, item } in from {
        let Item {
            sequence,
            name,
            time,
            content,
        } = item;
        let content = match content {
            Ok(ready) => frame_processing::segment(ready, segmenter)?,
            Err(reject) => Err(reject),
        };
        let item = Item {
            sequence,
            name,
            time,
            content,
        };
        if to.send(Following { previous, item }) == Err(Closed) {
            break;
        }
    }
    Ok(())
}

fn locate(from: &Receiver<Following<Segmented>>, to: &Feed<Item<Located>>, mut locator: Locator) {
    let mut order = InOrder::new();
    for following in from {
        for item in order.push(following) {
            if to.send(item.and_then(|frame| locator.locate(frame))) == Err(Closed) {
                return;
            }
        }
    }
}

fn join<T>(stage: &'static str, thread: ScopedJoinHandle<'_, T>) -> Result<T, PipelineError> {
    thread.join().map_err(|_| PipelineError::Panic(stage))
}
