//! A camera that is opened again for as long as it takes.

use std::{
    hash::{DefaultHasher, Hasher},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use scarp_nav::Monotonic;
use serde::Serialize;

use super::camera::{Camera, CameraFault, OpenError, RawFrame};

/// Longest pause before a camera is opened again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Pauses before it is opened again: the first, doubled each time up to the longest.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times();

/// Seconds without a new frame after which a camera that is open is opened anew.
const SILENCE_S: f64 = 3.0;

/// Seconds without a new frame that are said to be wrong.
const QUIET_S: f64 = 0.5;

/// How far in the future a timestamp may lie, in seconds: drivers that derive it from the camera's clock err that much.
const FUTURE_S: f64 = 0.25;

/// Sequence numbers missed at a time that are believed; more is a driver that counts anew.
const BELIEVED_GAP: u32 = 10_000;

/// What has happened to a camera since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// New frames.
    pub frames: u64,
    /// Frames the driver counted but had no buffer for.
    pub dropped: u64,
    /// Frames seen before: the same sequence number, the same time or the same bytes.
    pub frozen: u64,
    /// Frames stamped earlier than one already seen, or later than they can have come.
    pub untimely: u64,
    /// Frames the driver marked as damaged.
    pub damaged: u64,
    /// Times the camera was opened, the first included.
    pub opened: u64,
    /// Times it could not be opened.
    pub refused: u64,
    /// Times it was lost: unplugged, silent or refused by its driver.
    pub lost: u64,
}

/// What came of one step.
#[derive(Debug)]
pub enum Step {
    /// A new frame.
    Frame(RawFrame),
    /// No new frame this time; step again.
    Nothing,
    /// There is no camera; a step before this time has passed does nothing.
    Closed {
        /// Until the camera is tried again.
        retry_in: Duration,
    },
}

/// Gives the new frames of a camera and keeps it alive through faults: opens it again, with pauses that grow from 0.2 s
/// to 5 s until there is a frame, and lets no frame through twice or out of order.
///
/// It never sleeps by itself, and the time is told to it.
pub struct ReconnectingCamera<O> {
    open: O,
    state: State,
    /// The pauses that follow, while there is no new frame.
    pauses: Option<ExponentialBackoff>,
    newest: Option<Newest>,
    counts: Counts,
    fault: Option<String>,
}

enum State {
    Closed {
        retry_at: Option<Monotonic>,
    },
    Open {
        camera: Box<dyn Camera>,
        /// When there was last a new frame, or the camera was opened.
        alive: Monotonic,
        /// The last sequence number of this opening.
        sequence: Option<u32>,
    },
}

/// What is remembered of the newest new frame.
struct Newest {
    timestamp: Monotonic,
    digest: u64,
}

impl<O> ReconnectingCamera<O>
where
    O: FnMut() -> Result<Box<dyn Camera>, OpenError>,
{
    /// A reconnecting camera over those that `open` gives; none is opened before the first step.
    pub fn new(open: O) -> Self {
        Self {
            open,
            state: State::Closed { retry_at: None },
            pauses: None,
            newest: None,
            counts: Counts::default(),
            fault: None,
        }
    }

    /// Waits for a frame for at most `timeout`, or tries to open the camera. `now` is the time of the call.
    pub fn step(&mut self, now: Monotonic, timeout: Duration) -> Step {
        let outcome = match &mut self.state {
            State::Closed { retry_at } => {
                if let Some(left) = retry_at
                    .map(|at| at.seconds_since(now))
                    .filter(|s| *s > 0.0)
                {
                    return Step::Closed {
                        retry_in: Duration::from_secs_f64(left),
                    };
                }
                return self.reopen(now);
            }
            State::Open { camera, .. } => camera.next(timeout),
        };
        match outcome {
            Ok(shot) => {
                let latest = now.plus_seconds(timeout.as_secs_f64() + FUTURE_S);
                if self.is_new(&shot, latest) {
                    self.counts.frames += 1;
                    self.pauses = None;
                    self.fault = None;
                    if let State::Open { alive, .. } = &mut self.state {
                        *alive = now;
                    }
                    return Step::Frame(shot);
                }
            }
            // Nothing yet is what most short waits bring; it tells nothing of a camera that is frozen.
            Err(CameraFault::Timeout(_)) if !self.is_quiet(now) || self.fault.is_some() => {}
            Err(fault) => {
                self.fault = Some(fault.to_string());
                if let CameraFault::Damaged { sequence } = fault {
                    self.counts.damaged += 1;
                    self.count_sequence(sequence);
                }
                if fault.needs_reopening() {
                    return self.lose(now);
                }
            }
        }
        match self.state {
            State::Open { alive, .. } if now.seconds_since(alive) > SILENCE_S => self.lose(now),
            _ => Step::Nothing,
        }
    }

    /// What has happened so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// When the newest new frame was taken; its age is the camera's health.
    pub fn newest(&self) -> Option<Monotonic> {
        self.newest.as_ref().map(|newest| newest.timestamp)
    }

    /// What is wrong, in one line; `None` from the next new frame on.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Whether an open camera has given no new frame for so long that it is worth a word.
    fn is_quiet(&self, now: Monotonic) -> bool {
        matches!(self.state, State::Open { alive, .. } if now.seconds_since(alive) > QUIET_S)
    }

    fn reopen(&mut self, now: Monotonic) -> Step {
        match (self.open)() {
            Ok(camera) => {
                self.counts.opened += 1;
                log::info!("camera opened");
                self.state = State::Open {
                    camera,
                    alive: now,
                    sequence: None,
                };
                Step::Nothing
            }
            Err(error) => {
                self.counts.refused += 1;
                self.fault = Some(error.to_string());
                self.close(now)
            }
        }
    }

    fn lose(&mut self, now: Monotonic) -> Step {
        self.counts.lost += 1;
        self.close(now)
    }

    /// Closes the camera until a pause is over.
    fn close(&mut self, now: Monotonic) -> Step {
        let fault = self.fault.as_deref().unwrap_or_default();
        // Said once, not every few seconds for as long as there is no camera.
        let level = if self.pauses.is_none() {
            log::Level::Warn
        } else {
            log::Level::Debug
        };
        log::log!(level, "{fault}");
        let pauses = self.pauses.get_or_insert_with(|| PAUSES.build());
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
        self.state = State::Closed {
            retry_at: Some(now.plus_seconds(pause.as_secs_f64())),
        };
        Step::Closed { retry_in: pause }
    }

    /// Whether a frame is one not seen before and stamped no later than `latest`; remembers it if so.
    fn is_new(&mut self, shot: &RawFrame, latest: Monotonic) -> bool {
        let digest = digest(&shot.bytes);
        let counted = self.count_sequence(shot.sequence);
        let newest = self.newest.as_ref();
        let seen = |newest: &Newest| newest.timestamp == shot.timestamp || newest.digest == digest;
        if !counted || newest.is_some_and(seen) {
            self.counts.frozen += 1;
            self.fault = Some(format!(
                "camera: frozen, frame {} has been seen before; take the cap off the lens or plug the camera in again",
                shot.sequence
            ));
            return false;
        }
        let early = newest.is_some_and(|newest| shot.timestamp < newest.timestamp);
        if early || shot.timestamp > latest {
            self.counts.untimely += 1;
            self.fault = Some(format!(
                "camera: the time of frame {} is before the last frame's or in the future; look for a newer driver",
                shot.sequence
            ));
            return false;
        }
        self.newest = Some(Newest {
            timestamp: shot.timestamp,
            digest,
        });
        true
    }

    /// Counts the frames between the last one of this opening and this one; false if it is the same.
    fn count_sequence(&mut self, sequence: u32) -> bool {
        let State::Open { sequence: last, .. } = &mut self.state else {
            return true;
        };
        let step = last.map_or(1, |last| sequence.wrapping_sub(last));
        if (2..=BELIEVED_GAP).contains(&step) {
            self.counts.dropped += u64::from(step - 1);
        }
        *last = Some(sequence);
        step != 0
    }
}

/// A digest by which two frames count as the same; noise makes those of a working camera differ.
fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests;
