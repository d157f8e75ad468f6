//! The aircraft's way, written by the sensors' threads and read by the camera's.

use std::sync::Arc;

use parking_lot::Mutex;
use scarp_geo::{
    HeightAboveTakeoff, Pose, Rotation,
    reference_frame::{Ned, Platform},
};
use scarp_nav::{Monotonic, NoPose, NotUsed, TimedFix, Trajectory, TrajectorySettings};

use super::monotonic_clock::now;

/// A [`Trajectory`] that threads share.
#[derive(Debug, Clone)]
pub struct Track(Arc<Mutex<Trajectory>>);

impl Track {
    /// Without samples.
    #[must_use]
    pub fn new(settings: TrajectorySettings) -> Self {
        Self(Arc::new(Mutex::new(Trajectory::new(settings))))
    }

    /// Adds a fix, unless its source doubts it already, and gives it back.
    ///
    /// # Errors
    /// The source's doubt, or why [`Trajectory::push_fix`] does not use it.
    pub fn take(&self, fix: Result<TimedFix, String>) -> Result<TimedFix, String> {
        let fix = fix?;
        match self.0.lock().push_fix(fix.clone()) {
            Ok(()) => Ok(fix),
            Err(doubt) => Err(doubt.to_string()),
        }
    }

    /// See [`Trajectory::push_attitude`].
    ///
    /// # Errors
    /// As there.
    pub fn push_attitude(
        &self,
        at: Monotonic,
        platform: Rotation<Platform, Ned>,
    ) -> Result<(), NotUsed> {
        self.0.lock().push_attitude(at, platform)
    }

    /// See [`Trajectory::push_height`].
    ///
    /// # Errors
    /// As there.
    pub fn push_height(&self, at: Monotonic, height: HeightAboveTakeoff) -> Result<(), NotUsed> {
        self.0.lock().push_height(at, height)
    }

    /// See [`Trajectory::pose_at`], asked for now.
    ///
    /// # Errors
    /// As there.
    pub fn pose_at(&self, exposed: Monotonic) -> Result<Pose, NoPose> {
        self.0.lock().pose_at(exposed, now())
    }
}
