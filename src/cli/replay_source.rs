//! The frames of a replay: a folder once or again and again, at full speed or at the pace it was flown.

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use scarp::pipeline::{Item, Placed, Source};
use scarp_capture::{Folder, FolderError, Frame, Poses, TagSettings};
use scarp_geo::Terrain;

/// A gap longer than this in the photographs' times is a pause of the survey, not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Replays a folder over a terrain, several times if need be: the numbers of its frames go on.
pub struct Replay {
    terrain: Terrain,
    folder: PathBuf,
    settings: TagSettings,
    poses: Option<Poses>,
    current: Folder,
    times_left: u32,
    pace: Option<Pace>,
    /// Number of the next frame.
    next: u64,
}

impl Replay {
    /// Opens the folder, to be replayed `times` times; `paced` hands the frames over with the time between them that their metadata tell.
    pub fn open(
        folder: PathBuf,
        (settings, poses): (TagSettings, Option<Poses>),
        terrain: Terrain,
        times: u32,
        paced: bool,
    ) -> Result<Self, FolderError> {
        Ok(Self {
            terrain,
            current: Folder::open(&folder, &settings, poses.as_ref(), 1)?,
            folder,
            settings,
            poses,
            times_left: times.saturating_sub(1),
            pace: paced.then(Pace::default),
            next: 1,
        })
    }

    /// The files still to come of the folder, in their order.
    pub fn photographs(&self) -> impl Iterator<Item = &Path> {
        let photographs = self.current.photographs().iter();
        photographs.map(|photograph| photograph.path.as_path())
    }

    /// What is to be told of the pose file beside its photographs.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        let readings = self.current.photographs().iter();
        let readings = readings.filter_map(|photograph| photograph.reading.as_ref().ok());
        let own = readings.flat_map(|reading| &reading.remarks);
        let of_poses = self.current.remarks();
        let of_poses = of_poses.rows.iter().chain(&of_poses.photographs);
        of_poses.chain(own).map(String::as_str)
    }

    /// Frames still to come.
    pub fn remaining(&self) -> u64 {
        self.current.remaining() as u64 * (1 + u64::from(self.times_left))
    }
}

impl Source for Replay {
    fn next_frame(&mut self) -> Option<Item<Placed>> {
        loop {
            if let Some(frame) = self.current.next() {
                self.next = frame.sequence + 1;
                if let Some(pace) = &mut self.pace {
                    pace.wait_for(&frame);
                }
                return Some(Item::photograph(frame, &self.terrain));
            }
            if self.times_left == 0 {
                return None;
            }
            self.times_left -= 1;
            // The folder was there a moment ago; if it is gone now, the replay is over.
            self.current =
                Folder::open(&self.folder, &self.settings, self.poses.as_ref(), self.next).ok()?;
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
        let tag = frame.photograph.as_ref().ok().map(|p| p.tag.as_ref());
        let Some(time) = tag.and_then(Result::ok).and_then(|tag| tag.pose.time) else {
            return;
        };
        let ms = time.ms();
        if let Some((last_ms, at)) = self.last {
            let gap = Duration::from_millis(u64::try_from(ms - last_ms).unwrap_or(0));
            thread::sleep(gap.min(LONGEST_WAIT).saturating_sub(at.elapsed()));
        }
        self.last = Some((ms, Instant::now()));
    }
}
