//! The frames of a replay: a folder once or again and again, at full speed or at the pace it was flown.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use scarp_capture::{Folder, FolderError, Frame, FrameError, FrameSource, TagSettings};
use scarp_geo::Timestamp;

/// A gap longer than this in the photographs' times is a pause of the survey, not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Replays a folder `times` times.
pub struct Replay {
    folder: PathBuf,
    settings: TagSettings,
    current: Folder,
    times_left: u32,
    pace: Option<Pace>,
}

impl Replay {
    /// Opens the folder; `paced` hands the frames over with the time between them that their metadata tell.
    pub fn open(
        folder: PathBuf,
        settings: TagSettings,
        times: u32,
        paced: bool,
    ) -> Result<Self, FolderError> {
        Ok(Self {
            current: Folder::open(&folder, settings)?,
            folder,
            settings,
            times_left: times.saturating_sub(1),
            pace: paced.then(Pace::default),
        })
    }

    /// Frames still to come.
    pub fn remaining(&self) -> u64 {
        self.current.remaining() as u64 * (1 + u64::from(self.times_left))
    }
}

impl FrameSource for Replay {
    fn next_frame(&mut self) -> Option<Result<Frame, FrameError>> {
        loop {
            if let Some(frame) = self.current.next_frame() {
                if let (Some(pace), Ok(frame)) = (&mut self.pace, &frame) {
                    pace.wait_for(frame);
                }
                return Some(frame);
            }
            if self.times_left == 0 {
                return None;
            }
            self.times_left -= 1;
            // The folder was there a moment ago; if it is gone now, the replay is over.
            self.current = Folder::open(&self.folder, self.settings).ok()?;
            if let Some(pace) = &mut self.pace {
                *pace = Pace::default();
            }
        }
    }
}

/// Waits until as much time has passed as lay between the exposures.
#[derive(Default)]
struct Pace {
    last: Option<(i64, Instant)>,
}

impl Pace {
    fn wait_for(&mut self, frame: &Frame) {
        let time = frame.tag.as_ref().ok().and_then(|tag| tag.pose.time);
        let Some(ms) = time.map(|time| match time {
            Timestamp::Gnss(time) => time.unix_ms(),
            Timestamp::Camera(time) => time.local_ms(),
        }) else {
            return;
        };
        if let Some((last_ms, at)) = self.last {
            let gap = Duration::from_millis(u64::try_from(ms - last_ms).unwrap_or(0));
            thread::sleep(gap.min(LONGEST_WAIT).saturating_sub(at.elapsed()));
        }
        self.last = Some((ms, Instant::now()));
    }
}
