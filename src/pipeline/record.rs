//! The last stage: counts the frames, lets them vote in the inventory and hands on what is new.

use std::{error::Error, time::SystemTime};

use geo::MapCoords;
use scarp_inventory::{FrameFootprint, FrameReport, Inventory, Landslide, Observation, Settings};
use serde::Serialize;

use super::{
    Flight,
    item::{Item, Reject},
    stages::Located,
};

/// Blocks of evidence held, 32 KB each: 128 MB, some 17 km² of cells of one metre.
const MAX_BLOCKS: usize = 4096;

/// Why a sink did not take what was found.
pub type SinkError = Box<dyn Error + Send + Sync>;

/// Where findings go: files, the link, a progress bar.
pub trait Sink {
    /// A frame was searched or turned away; the landslides that are new, changed or withdrawn because of it.
    /// Called once per frame, in the order of the source.
    ///
    /// # Errors
    /// When what was found cannot be kept; the flight then ends.
    fn frame(&mut self, report: FrameReport, changed: Vec<Landslide>) -> Result<(), SinkError>;

    /// The last word of the inventory, once, at the end.
    ///
    /// # Errors
    /// As [`Sink::frame`].
    fn finish(&mut self, changed: Vec<Landslide>) -> Result<(), SinkError>;
}

/// What became of the frames of one flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Frames the source gave, readable or not.
    pub frames: u64,
    /// Frames placed on the ground and searched.
    pub tagged: u64,
    /// Good frames that could not be placed.
    pub untagged: u64,
    /// Frames that could not be read.
    pub corrupt: u64,
    /// Frames given up because segmentation had fallen behind.
    pub dropped: u64,
    /// Landslides that stand at the end.
    pub landslides: usize,
}

/// The state of the last stage.
pub(super) struct Recorder<'a> {
    flight: &'a Flight,
    sink: &'a mut dyn Sink,
    /// Made at the first placed frame, on the plane that touches the ground there.
    inventory: Option<Inventory>,
    summary: Summary,
}

impl<'a> Recorder<'a> {
    pub fn new(flight: &'a Flight, sink: &'a mut dyn Sink) -> Self {
        Self {
            flight,
            sink,
            inventory: None,
            summary: Summary::default(),
        }
    }

    pub fn frame(&mut self, item: Item<Located>) -> Result<(), SinkError> {
        let (placement, changed) = match item.content.and_then(|located| {
            let time = item.time.unwrap_or(self.flight.start);
            self.observe(located, time)
        }) {
            Ok((placement, changed)) => {
                self.summary.tagged += 1;
                (Ok(placement), changed)
            }
            Err(reject) => {
                match &reject {
                    Reject::Corrupt(reason) => {
                        self.summary.corrupt += 1;
                        log::warn!("{reason}");
                    }
                    Reject::Untagged(reason) => {
                        self.summary.untagged += 1;
                        log::warn!("{}: {reason}", item.name);
                    }
                }
                (Err(reject.reason().to_owned()), Vec::new())
            }
        };
        self.summary.frames += 1;
        let report = FrameReport {
            sequence: item.sequence,
            name: item.name,
            time: item.time,
            placement,
        };
        self.sink.frame(report, changed)
    }

    fn observe(
        &mut self,
        located: Located,
        time: SystemTime,
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
                flight.survey,
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
            .map_err(|e| Reject::Untagged(e.to_string()))?;
        Ok((FrameFootprint { footprint, gsd_m }, changed))
    }

    /// Hands the inventory's last word to the sink; `dropped` frames never came this far.
    pub fn finish(mut self, dropped: u64) -> Result<Summary, SinkError> {
        let changed = self
            .inventory
            .as_mut()
            .map(Inventory::finish)
            .unwrap_or_default();
        self.sink.finish(changed)?;
        self.summary.dropped = dropped;
        self.summary.frames += dropped;
        self.summary.landslides = self.inventory.as_ref().map_or(0, Inventory::len);
        Ok(self.summary)
    }
}
