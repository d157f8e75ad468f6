//! What browsers are told, as JSON.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use chrono::{DateTime, SecondsFormat, Utc};
use geojson::{Feature, JsonValue};
use scarp_inventory::{FrameReport, Run, footprint_feature};
use scarp_link::Body;
use serde_json::json;
use uuid::Uuid;

use super::hub::{Event, Hub, event};
use crate::{
    feeds::{Commit, standing_feature},
    store::{Flight, Store, StoreError},
};

/// Most bytes of an event. Browsers fetch the whole in place of a larger one.
const MAX_EVENT_BYTES: usize = 2 << 20;

/// What some commits have changed.
#[derive(Default)]
pub struct Changes {
    /// Of which aircraft reported something, each once, with the newest version told.
    landslides: BTreeMap<(Uuid, Uuid), u32>,
    frames: Vec<Feature>,
    runs: BTreeSet<Uuid>,
}

impl Changes {
    /// All that `commits` have changed.
    pub fn of(commits: &[Commit]) -> Self {
        let mut changes = Self::default();
        for message in commits.iter().flat_map(|commit| commit.iter()) {
            let run = message.run();
            changes.runs.insert(run.id);
            match message.body() {
                Body::Survey(_) => {}
                Body::Frame(frame) => changes.frames.push(frame_feature(run, frame)),
                Body::Landslide(landslide) => {
                    let told = changes.landslides.entry((run.survey, landslide.id));
                    let version = told.or_default();
                    *version = landslide.version.max(*version);
                }
            }
        }
        changes
    }

    /// The runs that have changed something.
    pub fn runs(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.runs.iter().copied()
    }

    /// The event that tells of it, with the flights that have changed something; none where it would be too large.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn event(self, store: &Store, hub: &Hub) -> Result<Option<Event>, StoreError> {
        let mut flights = Vec::new();
        store.flights(|run, flight| {
            if self.runs.contains(&run.id) {
                flights.push(flight_json(run, &flight, hub.last_heard(run.id)));
            }
            Ok::<_, StoreError>(())
        })?;
        // As they stand, which is the aircraft's word only where people said nothing else.
        let (mut landslides, mut withdrawn) = (Vec::new(), Vec::new());
        for ((survey, id), version) in self.landslides {
            match store.landslide(survey, id)? {
                Some(standing) => landslides.push(standing_feature(&standing)),
                None => withdrawn.push(json!({ "survey": survey, "id": id, "version": version })),
            }
        }
        let data = json!({
            "landslides": landslides,
            "withdrawn": withdrawn,
            "frames": self.frames,
            "flights": flights,
        });
        let event = event("change", &data);
        Ok((event.len() <= MAX_EVENT_BYTES).then_some(event))
    }
}

/// A frame as a feature: what it searched, or without geometry and with the reason, `untagged`, where it could not be placed.
pub fn frame_feature(run: Run, frame: &FrameReport) -> Feature {
    let reason = frame.placement.as_ref().err();
    let unplaced = || {
        let properties = json!({
            "survey": run.survey,
            "run": run.id,
            "sequence": frame.sequence,
            "name": frame.name,
            "time": frame.time.map(rfc3339),
            "untagged": reason,
        });
        Feature {
            properties: properties.as_object().cloned(),
            ..Feature::default()
        }
    };
    footprint_feature(run, frame).unwrap_or_else(unplaced)
}

/// A flight, and when the station last stored something of it.
pub fn flight_json(run: Run, flight: &Flight, heard: Option<SystemTime>) -> JsonValue {
    json!({
        "survey": run.survey,
        "run": run.id,
        "aircraft": flight.aircraft,
        "start": flight.start.map(rfc3339),
        "software": flight.survey.software,
        "model_name": flight.survey.model_name,
        "model_version": flight.survey.model_version,
        "heard": heard.map(rfc3339),
    })
}

/// RFC 3339 in UTC, to the millisecond.
pub fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}
