//! The way of the data, from frames to reported landslides: one thread per stage, joined by bounded queues.
//!
//! ```text
//! capture ─► prepare ─► segment (several workers) ─► locate ─► record ─► sink
//! ```
//!
//! Only the first queue has a policy for when it is full ([`WhenFull`]): behind it every stage waits for the next, so
//! that a frame once taken up is finished. To stop, raise the flag: no further frame is taken up, those under way are
//! finished and the inventory has its last word.

mod item;
pub mod output;
mod queue;
mod record;
mod settings;
mod stages;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, ScopedJoinHandle},
    time::{Duration, SystemTime},
};

use crossbeam_channel::Receiver;
use scarp_capture::{Frame, FrameSource};
use scarp_geo::{Terrain, Timestamp};
use scarp_infer::{SegmentError, Segmenter};
use thiserror::Error;

use self::{
    item::{InOrder, Item, Reject},
    queue::{Closed, Feed, queue},
    record::Recorder,
    stages::{Located, Locator, Ready, Segmented},
};
pub use self::{
    queue::WhenFull,
    record::{Sink, SinkError, Summary},
    settings::Flight,
};

/// Why a flight ended before its source did.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The network cannot be run.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// What was found could not be handed on.
    #[error(transparent)]
    Sink(SinkError),
    /// A stage panicked, which is a fault of the program.
    #[error(
        "pipeline: the {0} stage ended in a panic; please report this with the input that caused it"
    )]
    Panic(&'static str),
}

/// Smallest outline kept of one frame, in square metres. The smallest landslide reported is the inventory's matter: a
/// frame's edge may cut a small piece off a large landslide, and the piece has its vote.
const SPECK_M2: f64 = 5.0;

/// A numbered frame between stages; the number orders what workers finish out of turn.
type Numbered<T> = (u64, Item<T>);

/// Flies `source` to its end, or until `stop` is raised, and hands what is found to `sink`.
///
/// # Errors
/// When the network fails or the sink does. What was handed to the sink before stands.
pub fn run(
    source: &mut (dyn FrameSource + Send),
    flight: &Flight,
    sink: &mut dyn Sink,
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
    let (captured, to_prepare, dropped) = queue(flight.queue_frames, flight.when_full);
    let (prepared, to_segment, _) = queue(flight.queue_frames, WhenFull::Wait);
    let (segmented, to_locate, _) = queue(flight.queue_frames, WhenFull::Wait);
    let (located, to_record, _) = queue(flight.queue_frames, WhenFull::Wait);
    let failed = AtomicBool::new(false);
    let halt = || stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed);

    thread::scope(|scope| {
        let capturing = scope.spawn(|| capture(source, captured, halt));
        let terrain = &flight.terrain;
        let preparing = scope.spawn(move || prepare(&to_prepare, &prepared, terrain, gsd_m));
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
        let mut recorder = Recorder::new(flight, sink);
        let recorded = to_record.iter().try_for_each(|frame| recorder.frame(frame));
        // The receiver goes before the joins, so that the stages end should the sink have failed.
        drop(to_record);
        join("capture", capturing)?;
        join("prepare", preparing)?;
        for worker in workers {
            join("segment", worker)??;
        }
        join("locate", locating)?;
        recorded.map_err(PipelineError::Sink)?;
        recorder
            .finish(dropped.load(Ordering::Relaxed))
            .map_err(PipelineError::Sink)
    })
}

/// Takes frames from the source until it ends or `halt` says so.
fn capture(source: &mut (dyn FrameSource + Send), to: Feed<Item<Frame>>, halt: impl Fn() -> bool) {
    for sequence in 1.. {
        if halt() {
            return;
        }
        let Some(frame) = source.next_frame() else {
            return;
        };
        let item = match frame {
            Ok(frame) => Item {
                sequence,
                name: frame.name.clone(),
                time: frame
                    .tag
                    .as_ref()
                    .ok()
                    .and_then(|tag| wall_time(tag.pose.time)),
                content: Ok(frame),
            },
            Err(error) => Item {
                sequence,
                name: format!("frame {sequence}"),
                time: None,
                content: Err(Reject::Corrupt(error.to_string())),
            },
        };
        if to.send(item) == Err(Closed) {
            return;
        }
    }
}

/// A frame's time as a system time. The camera's own clock has no known zone: it is taken for UTC, which keeps
/// intervals right.
fn wall_time(time: Option<Timestamp>) -> Option<SystemTime> {
    let ms = match time? {
        Timestamp::Gnss(time) => time.unix_ms(),
        Timestamp::Camera(time) => time.local_ms(),
    };
    let since_epoch = Duration::from_millis(u64::try_from(ms).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since_epoch)
}

fn prepare(
    from: &Receiver<Item<Frame>>,
    to: &Feed<Numbered<Ready>>,
    terrain: &Terrain,
    model_gsd_m: f64,
) {
    // Numbered here, behind the queue that may drop frames, so that the order has no gaps.
    for (number, item) in (0..).zip(from) {
        let ready = item.and_then(|frame| stages::prepare(frame, terrain, model_gsd_m));
        if to.send((number, ready)) == Err(Closed) {
            return;
        }
    }
}

fn segment(
    from: &Receiver<Numbered<Ready>>,
    to: &Feed<Numbered<Segmented>>,
    segmenter: &mut Segmenter,
) -> Result<(), SegmentError> {
    for (number, item) in from {
        let Item {
            sequence,
            name,
            time,
            content,
        } = item;
        let content = match content {
            Ok(ready) => stages::segment(ready, segmenter)?,
            Err(reject) => Err(reject),
        };
        let segmented = Item {
            sequence,
            name,
            time,
            content,
        };
        if to.send((number, segmented)) == Err(Closed) {
            break;
        }
    }
    Ok(())
}

fn locate(from: &Receiver<Numbered<Segmented>>, to: &Feed<Item<Located>>, mut locator: Locator) {
    let mut order = InOrder::new();
    for (number, item) in from {
        for item in order.push(number, item) {
            if to.send(item.and_then(|frame| locator.locate(frame))) == Err(Closed) {
                return;
            }
        }
    }
}

fn join<T>(stage: &'static str, thread: ScopedJoinHandle<'_, T>) -> Result<T, PipelineError> {
    thread.join().map_err(|_| PipelineError::Panic(stage))
}
