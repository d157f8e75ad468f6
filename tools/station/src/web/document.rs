//! The whole of the store as documents, each made once for all browsers that ask at one time.

use std::{
    io::{self, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use geojson::{FeatureWriter, JsonValue};
use parking_lot::Mutex;
use thiserror::Error;

use super::{
    body::Packed,
    hub::Hub,
    json::{flight_json, frame_feature},
};
use crate::{
    feeds::standing_feature,
    store::{Filter, Store, StoreError},
};

/// How long a document is kept that nobody asks for.
const KEPT: Duration = Duration::from_secs(60);

/// A document that cannot be made.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be written, even to memory.
    #[error("map: {0}")]
    Write(io::Error),
}

impl From<io::Error> for DocumentError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// A part of what the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The landslides that stand, as GeoJSON.
    Landslides,
    /// The frames, also those that could not be placed, as GeoJSON.
    Footprints,
    /// The flights and replays, as a list.
    Flights,
}

/// The documents.
pub struct Documents {
    store: Mutex<Store>,
    hub: Arc<Hub>,
    /// By `Part`.
    made: [Mutex<Option<Made>>; 3],
}

struct Made {
    number: u64,
    body: Packed,
    used: Instant,
}

impl Documents {
    pub fn new(store: Store, hub: Arc<Hub>) -> Self {
        Self {
            store: Mutex::new(store),
            hub,
            made: Default::default(),
        }
    }

    /// Where changes are told.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// A document that holds all that was told up to change `number`, and perhaps more. May take its time, and reads the disk.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn get(&self, part: Part, number: u64) -> Result<Packed, DocumentError> {
        // Whoever comes while it is made waits here, and then most likely has it.
        let mut made = self.made[part as usize].lock();
        if let Some(made) = made.as_mut().filter(|made| made.number >= number) {
            made.used = Instant::now();
            return Ok(made.body.clone());
        }
        // Before it is read: what is told meanwhile may be missing in it.
        let number = self.hub.number();
        let body = self.make(part)?;
        *made = Some(Made {
            number,
            body: body.clone(),
            used: Instant::now(),
        });
        Ok(body)
    }

    /// Lets go of documents that nobody has asked for in a while.
    pub fn forget(&self) {
        for made in &self.made {
            // One that is being made is in use.
            let Some(mut made) = made.try_lock() else {
                continue;
            };
            if made.as_ref().is_some_and(|made| made.used.elapsed() > KEPT) {
                *made = None;
            }
        }
    }

    fn make(&self, part: Part) -> Result<Packed, DocumentError> {
        let store = self.store.lock();
        match part {
            Part::Landslides => Packed::new("application/geo+json", |file| {
                let mut writer = FeatureWriter::from_writer(file);
                store.landslides(&Filter::default(), |standing| {
                    write(&mut writer, &standing_feature(&standing))
                })?;
                writer.finish().map_err(unwritten)
            }),
            Part::Footprints => Packed::new("application/geo+json", |file| {
                let mut writer = FeatureWriter::from_writer(file);
                store.footprints(&Filter::default(), |run, frame| {
                    write(&mut writer, &frame_feature(run, &frame.report))
                })?;
                writer.finish().map_err(unwritten)
            }),
            Part::Flights => Packed::new("application/json", |file| {
                let mut flights = Vec::new();
                store.flights(|run, flight| {
                    flights.push(flight_json(run, &flight, self.hub.last_heard(run.id)));
                    Ok::<_, DocumentError>(())
                })?;
                Ok(file.write_all(JsonValue::from(flights).to_string().as_bytes())?)
            }),
        }
    }
}

fn write(
    writer: &mut FeatureWriter<&mut dyn Write>,
    feature: &geojson::Feature,
) -> Result<(), DocumentError> {
    writer.write_feature(feature).map_err(unwritten)
}

fn unwritten(error: geojson::Error) -> DocumentError {
    io::Error::other(error).into()
}
