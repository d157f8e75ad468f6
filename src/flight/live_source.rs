//! The live source: the camera's frames, each with the pose at the middle of its exposure.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use scarp_capture::{
    FrameError,
    live::{Camera, Counts, OpenError, RawFrame, ReconnectingCamera, Step, to_rgb},
};
use scarp_geo::{CameraModel, GeoError, Geometry, Pose, Terrain};
use scarp_infer::too_little_ground;
use scarp_nav::{Monotonic, NoPose};

use super::{
    frame_accounting::Workload, load_shedder::Level, monotonic_clock::now, overlap::Overlap,
    placement_health::PlacementHealth, shared_trajectory::Track, thumbnail_store::Thumbnails,
};
use crate::pipeline::{Flight, Item, Placed, Reject, Source, View, wall_time};

/// Frames that wait for their pose: what comes in a second, the longest that a pose is waited for, at ten a second.
const WAITING: usize = 10;
/// Longest wait for the camera, so that the flight can end and poses are asked for in time.
const STEP: Duration = Duration::from_millis(50);

/// Below this height above take-off, metres, a camera that comes out below the ground is on it.
const ON_GROUND_M: f64 = 10.0;

/// How frames are taken and chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameSelection {
    /// From the driver's time stamp to the middle of the exposure, seconds.
    pub offset_s: f64,
    /// One-sigma error of that, seconds.
    pub sigma_s: f64,
    /// Least time between frames that are searched, seconds.
    pub interval_s: f64,
    /// Share of its ground that a frame may have in common with the last one searched, 0 to 1.
    pub overlap: f64,
    /// The same when less is done.
    pub least_overlap: f64,
}

/// What the camera has given so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CameraStatus {
    /// Time stamp of the newest real frame.
    pub newest: Option<Monotonic>,
    /// What is wrong; nothing while all is well.
    pub fault: Option<String>,
    /// Frames, drops and faults.
    pub counts: Counts,
    /// Frames given up because too many waited for their pose.
    pub given_up: u64,
}

/// What the source shares with who watches the flight.
#[derive(Debug, Clone)]
pub struct Watched {
    /// What the camera has given.
    pub camera: Arc<Mutex<CameraStatus>>,
    /// How much is done.
    pub level: Arc<Mutex<Level>>,
    /// Whether frames are searched: not before the survey has begun.
    pub surveying: Arc<AtomicBool>,
    /// Raised when the flight is to end.
    pub stop: Arc<AtomicBool>,
    /// Frames under way.
    pub workload: Workload,
    /// Whether frames can be placed.
    pub placement: PlacementHealth,
}

/// A camera and the aircraft's way.
pub struct Live<O> {
    camera: ReconnectingCamera<O>,
    model: CameraModel,
    exposure: FrameSelection,
    track: Track,
    terrain: Terrain,
    model_gsd_m: f64,
    watched: Watched,
    thumbnails: Thumbnails,
    waiting: VecDeque<RawFrame>,
    taken: Option<Monotonic>,
    overlap: Overlap,
    sequence: u64,
    given_up: u64,
}

impl<O> Live<O>
where
    O: FnMut() -> Result<Box<dyn Camera>, OpenError>,
{
    /// A source over the camera that `open` opens, in an aircraft that flies along `track` over `terrain`; `flight` says at what scale it is
    /// searched.
    pub fn new(
        open: O,
        (model, exposure): (CameraModel, FrameSelection),
        (track, terrain): (Track, Terrain),
        flight: &Flight,
        watched: Watched,
        thumbnails: Thumbnails,
    ) -> Self {
        Self {
            camera: ReconnectingCamera::new(open),
            model,
            exposure,
            track,
            terrain,
            model_gsd_m: flight.model.manifest().input.gsd_m,
            watched,
            thumbnails,
            waiting: VecDeque::with_capacity(WAITING),
            taken: None,
            overlap: Overlap::default(),
            sequence: 0,
            given_up: 0,
        }
    }

    /// Waits a little for a frame of the camera and keeps it if it is wanted.
    fn step(&mut self) {
        match self.camera.step(now(), STEP) {
            Step::Frame(raw) => self.keep(raw),
            Step::Nothing => {}
            Step::Closed { retry_in } => thread::sleep(retry_in.min(STEP)),
        }
        let mut status = self.watched.camera.lock();
        status.newest = self.camera.newest();
        status.fault = self.camera.fault().map(str::to_owned);
        status.counts = *self.camera.counts();
        status.given_up = self.given_up;
    }

    fn keep(&mut self, raw: RawFrame) {
        let soon = self
            .taken
            .is_some_and(|last| raw.timestamp.seconds_since(last) < self.exposure.interval_s);
        if soon || !self.watched.surveying.load(Ordering::Relaxed) {
            return;
        }
        self.taken = Some(raw.timestamp);
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
            self.given_up += 1;
        }
        self.waiting.push_back(raw);
    }

    /// The oldest waiting frame, once its pose is known or cannot be known any more.
    fn decided(&mut self) -> Option<(RawFrame, Result<Pose, NoPose>)> {
        let exposed = self.exposed(self.waiting.front()?);
        match self.track.pose_at(exposed) {
            Err(NoPose::NotYet(_)) => None,
            pose => Some((self.waiting.pop_front()?, pose)),
        }
    }

    fn exposed(&self, raw: &RawFrame) -> Monotonic {
        raw.timestamp.plus_seconds(self.exposure.offset_s)
    }

    /// A frame for the pipeline, if it is worth searching.
    fn frame(&mut self, raw: &RawFrame, pose: Result<Pose, NoPose>) -> Option<Item<Placed>> {
        let time = pose.as_ref().ok().and_then(|pose| wall_time(pose.time));
        let view = match pose {
            Ok(pose) => self.view(pose)?,
            Err(reason) => Err(Reject::Untagged(reason.to_string())),
        };
        let new_m2 = match &view {
            Ok(view) => self.worth(view, raw.timestamp)?,
            Err(reject) => {
                let reason = reject.reason().to_owned();
                self.watched.placement.unplaced(reason, now());
                0.0
            }
        };
        self.sequence += 1;
        self.watched
            .workload
            .hand_over(self.sequence, new_m2, now());
        let name = format!("frame {}", self.sequence);
        let content = match to_rgb(&raw.layout, &raw.bytes) {
            Ok(image) => {
                self.thumbnails.save(self.sequence, &image);
                view.map(|view| Placed { image, view })
            }
            Err(reason) => {
                let name = name.clone();
                let error = FrameError::Pixels { name, reason };
                Err(Reject::Corrupt(error.to_string()))
            }
        };
        Some(Item {
            sequence: self.sequence,
            name,
            time: time.filter(|_| !matches!(content, Err(Reject::Corrupt(_)))),
            content,
        })
    }

    /// Where the camera looks, or why that cannot be told; nothing when the aircraft is on the ground.
    fn view(&self, mut pose: Pose) -> Option<Result<View, Reject>> {
        let sigma_time_s = &mut pose.covariance.sigma_time_s;
        *sigma_time_s = sigma_time_s.hypot(self.exposure.sigma_s);
        let geometry = Geometry::new(self.model, &pose, &self.terrain);
        if self.is_too_low(&pose, &geometry) {
            self.watched.workload.too_low();
            return None;
        }
        let view = geometry.and_then(View::new);
        Some(view.map_err(|e| Reject::Unplaced(e.to_string())))
    }

    /// Square metres of new ground; nothing when the frame is not worth searching.
    fn worth(&mut self, view: &View, at: Monotonic) -> Option<f64> {
        self.watched.placement.placed();
        let level = *self.watched.level.lock();
        let limit = match level {
            Level::Full => self.exposure.overlap,
            Level::LessOverlap | Level::Shed => self.exposure.least_overlap,
        };
        let worth = self.overlap.take(at, view.footprint.clone(), limit)?;
        let left_out = self.watched.workload.leaves_out(level, worth.new_m2);
        (!left_out).then_some(worth.new_m2)
    }
}

impl<O> Live<O> {
    /// Whether the aircraft is on the ground or just above it. There its height may well come out negative.
    fn is_too_low(&self, pose: &Pose, geometry: &Result<Geometry, GeoError>) -> bool {
        let camera = &self.model;
        match geometry {
            Ok(geometry) => geometry.gsd_m().is_ok_and(|gsd_m| {
                too_little_ground(camera.width, camera.height, gsd_m, self.model_gsd_m)
            }),
            Err(GeoError::BelowGround) => {
                let height = pose.altitude.takeoff;
                height.is_some_and(|height| height.metres() < ON_GROUND_M)
            }
            Err(_) => false,
        }
    }
}

impl<O> Source for Live<O>
where
    O: FnMut() -> Result<Box<dyn Camera>, OpenError>,
{
    /// Waits for the next frame that is worth searching; the source ends when the flight is to.
    fn next_frame(&mut self) -> Option<Item<Placed>> {
        while !self.watched.stop.load(Ordering::Relaxed) {
            if let Some((raw, pose)) = self.decided() {
                if let Some(frame) = self.frame(&raw, pose) {
                    return Some(frame);
                }
            } else {
                self.step();
            }
        }
        None
    }
}
