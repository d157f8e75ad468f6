//! The last stage: counts the frames, lets them vote in the inventory and logs what is new.

use std::{fmt, time::SystemTime};

use geo::MapCoords;
use scarp_inventory::{FrameFootprint, FrameReport, Inventory, Landslide, Observation, Settings};
use serde::Serialize;

use super::{
    Flight,
    frame_processing::Located,
    item::{Item, Reject},
    survey_log::{LogError, SurveyLog},
};

/// Blocks of votes held, 32 KB each: 128 MB, some 17 km² of cells of one metre.
const MAX_BLOCKS: usize = 4096;

/// Frames told of one by one that were not searched: a long flight without a fix has no end of them.
const MAX_TOLD: usize = 10_000;

/// A frame that was not searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotSearched {
    /// Its number in the run.
    pub sequence: u64,
    /// Its name.
    pub name: String,
    /// Under which of the summary's counts it is.
    pub outcome: &'static str,
    /// Why, in one line.
    pub reason: String,
}

/// What became of the frames of one flight.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Frames the source gave, readable or not.
    pub frames: u64,
    /// Frames placed on the ground and searched.
    pub tagged: u64,
    /// Good frames that do not tell where they were taken.
    pub untagged: u64,
    /// Frames that do, over ground that is not known: beyond the elevation model, or over another datum.
    pub unplaced: u64,
    /// Good frames that are no new view of the ground in visible light.
    pub left_out: u64,
    /// Frames whose file could not be read.
    pub unreadable: u64,
    /// Frames whose file is no whole picture.
    pub corrupt: u64,
    /// Good frames of a scale that the model cannot search.
    pub unsuitable: u64,
    /// Frames given up because segmentation had fallen behind.
    pub dropped: u64,
    /// Landslides that stand at the end.
    pub landslides: usize,
    /// Why each frame was not searched that was not dropped; the first 10,000.
    pub not_searched: Vec<NotSearched>,
}

impl Summary {
    /// Frames that were not searched.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.untagged
            + self.unplaced
            + self.left_out
            + self.unreadable
            + self.corrupt
            + self.unsuitable
            + self.dropped
    }
}

impl fmt::Display for Summary {
    /// What became of the frames, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tagged, {} untagged", self.tagged, self.untagged)?;
        for (count, what) in [
            (self.unplaced, "over ground that is not known"),
            (self.left_out, "left out"),
            (self.unreadable, "unreadable"),
            (self.unsuitable, "of an unsuitable scale"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        write!(
            f,
            ", {} corrupt, {} dropped. Landslides: {}.",
            self.corrupt, self.dropped, self.landslides
        )
    }
}

/// The state of the last stage.
pub(super) struct Recorder<'a, 'b> {
    flight: &'a Flight,
    log: &'a mut SurveyLog<'b>,
    /// Number of the last frame that came.
    last: u64,
    /// Made at the first placed frame, on the plane that touches the ground there.
    inventory: Option<Inventory>,
    summary: Summary,
}

impl<'a, 'b> Recorder<'a, 'b> {
    pub fn new(flight: &'a Flight, log: &'a mut SurveyLog<'b>) -> Self {
        Self {
            flight,
            log,
            last: 0,
            inventory: None,
            summary: Summary::default(),
        }
    }

    pub fn frame(&mut self, item: Item<Located>) -> Result<(), LogError> {
        let time = item.time;
        let observed = item.content.and_then(|located| self.observe(located, time));
        let (placement, changed) = match observed {
            Ok((placement, changed)) => {
                self.summary.tagged += 1;
                (Ok(placement), changed)
            }
            Err(reject) => {
                let count = match &reject {
                    Reject::Unreadable(_) => &mut self.summary.unreadable,
                    Reject::Corrupt(_) => &mut self.summary.corrupt,
                    Reject::LeftOut(_) => &mut self.summary.left_out,
                    Reject::Untagged(_) => &mut self.summary.untagged,
                    Reject::Unplaced(_) => &mut self.summary.unplaced,
                    Reject::Unsuitable(_) => &mut self.summary.unsuitable,
                };
                *count += 1;
                // What is wrong with a file names the file.
                match &reject {
                    Reject::Unreadable(reason) | Reject::Corrupt(reason) => log::warn!("{reason}"),
                    other => log::warn!("{}: {}", item.name, other.reason()),
                }
                if self.summary.not_searched.len() < MAX_TOLD {
                    self.summary.not_searched.push(NotSearched {
                        sequence: item.sequence,
                        name: item.name.clone(),
                        outcome: reject.outcome(),
                        reason: reject.reason().to_owned(),
                    });
                }
                (Err(reject.reason().to_owned()), Vec::new())
            }
        };
        // A gap in the numbers is of frames given up because segmentation had fallen behind.
        let dropped = item.sequence.saturating_sub(self.last + 1);
        self.last = item.sequence;
        self.summary.dropped += dropped;
        self.summary.frames += dropped + 1;
        let report = FrameReport {
            sequence: item.sequence,
            name: item.name,
            time: item.time,
            placement,
        };
        self.log.frame(report, changed)
    }

    fn observe(
        &mut self,
        located: Located,
        time: Option<SystemTime>,
    ) -> Result<(FrameFootprint, Vec<Landslide>), Reject> {
        let flight = self.flight;
        let Located {
            plane,
            footprint,
            gsd_m,
            detections,
        } = located;
        let observation = Observation {
            footprint: footprint.map_coords(|lon_lat| plane.to_metres(lon_lat)),
            detections,
            time,
        };
        let inventory = self.inventory.get_or_insert_with(|| {
            Inventory::new(
                flight.run.id,
                plane,
                Settings {
                    cell_m: flight.cell_m,
                    min_area_m2: flight.min_area_m2,
                    max_blocks: MAX_BLOCKS,
                },
            )
        });
        let changed = inventory
            .observe(&observation)
            .map_err(|e| Reject::Unplaced(e.to_string()))?;
        Ok((FrameFootprint { footprint, gsd_m }, changed))
    }

    /// Hands what the inventory finally holds to the log.
    pub fn finish(mut self) -> Result<Summary, LogError> {
        let changed = self
            .inventory
            .as_mut()
            .map(Inventory::finish)
            .unwrap_or_default();
        self.log.finish(changed)?;
        self.summary.landslides = self.inventory.as_ref().map_or(0, Inventory::len);
        Ok(self.summary)
    }
}
