//! A GeoJSON file (RFC 7946), for any program that reads maps.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{
    ValueEnum,
    builder::{PathBufValueParser, TypedValueParser},
};
use geojson::{Feature, FeatureWriter, JsonValue};
use scarp_inventory::{Run, footprint_feature, landslide_feature, outline_geometry};
use scarp_link::Body;
use serde_json::json;
use thiserror::Error;

use super::{Commit, Feed, FeedError};
use crate::store::{Filter, LeftOut, Standing, Store};

/// A file that is only ever replaced by a whole one.
#[derive(Debug, Clone)]
pub struct GeoJsonFile {
    path: PathBuf,
    /// What could not be read the last time, so that it is told once.
    told: LeftOut,
}

/// A file whose name is of no format that can be written.
#[derive(Debug, Error)]
#[error("its ending is none that can be written; name it .geojson or .json")]
pub struct UnknownEnding;

/// What came into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The number of features.
    pub features: u64,
    /// What could not be read.
    pub left_out: LeftOut,
}

/// What of the store a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Layer {
    /// The landslides that stand
    Landslides,
    /// What was searched: the ground that each placed frame shows
    Footprints,
}

impl GeoJsonFile {
    /// The file at `path`, which need not exist.
    ///
    /// # Errors
    /// When its name does not end as that of a GeoJSON file.
    pub fn new(path: PathBuf) -> Result<Self, UnknownEnding> {
        let ending = path.extension().unwrap_or_default();
        if ["geojson", "json"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
        {
            Ok(Self {
                path,
                told: LeftOut::default(),
            })
        } else {
            Err(UnknownEnding)
        }
    }

    /// Takes it from the command line.
    #[must_use]
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        PathBufValueParser::new().try_map(Self::new)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what is wanted of a layer in place of what the file held.
    ///
    /// # Errors
    /// When the store cannot be read or the file is the store's or cannot be written; the file stays as it was then.
    pub fn write(
        &self,
        store: &Store,
        layer: Layer,
        filter: &Filter,
    ) -> Result<Written, FeedError> {
        if store.lies_at(&self.path) {
            let path = self.path.display().to_string();
            return Err(FeedError::OverStore { path });
        }
        let write = |file: &mut dyn Write| self.write_layer(store, layer, filter, file);
        scarp_files::replace_durably(&self.path, write, |reason| self.failed(reason))
    }

    fn write_layer(
        &self,
        store: &Store,
        layer: Layer,
        filter: &Filter,
        mut file: &mut dyn Write,
    ) -> Result<Written, FeedError> {
        let mut writer = FeatureWriter::from_writer(&mut file);
        let mut features = 0;
        let mut push = |feature: Option<Feature>| {
            let Some(feature) = feature else {
                return Ok(());
            };
            features += 1;
            writer
                .write_feature(&feature)
                .map_err(|e| self.failed(cause(e)))
        };
        let left_out = match layer {
            Layer::Landslides => {
                store.landslides(filter, |standing| push(Some(standing_feature(&standing))))?
            }
            Layer::Footprints => store.footprints(filter, |run, frame| {
                let feature = footprint_feature(run, &frame.report);
                push(feature.map(|feature| Feature {
                    geometry: outline_geometry(&frame.outline),
                    ..feature
                }))
            })?,
        };
        writer.finish().map_err(|e| self.failed(cause(e)))?;
        drop(writer);
        file.write_all(b"\n").map_err(|e| self.failed(e))?;
        Ok(Written { features, left_out })
    }

    /// Tells of what a feed leaves out, where it is something else than before.
    fn tell(&mut self, left_out: LeftOut) {
        if left_out != self.told && left_out.count > 0 {
            log::warn!(
                "file {}: {} landslides cannot be read and are left out: {}; mend or delete them in QGIS",
                self.path.display(),
                left_out.count,
                left_out.first.join(", ")
            );
        }
        self.told = left_out;
    }

    fn failed(&self, reason: io::Error) -> FeedError {
        FeedError::Write {
            path: self.path.display().to_string(),
            reason,
        }
    }
}

/// A landslide as the aircraft writes it, and what the station and people add.
#[must_use]
pub fn standing_feature(standing: &Standing) -> Feature {
    let Standing {
        run,
        survey,
        landslide,
        outline,
        ..
    } = standing;
    let of = Run {
        survey: *survey,
        id: run.unwrap_or(*survey),
    };
    let mut feature = landslide_feature(of, landslide);
    feature.geometry = outline_geometry(outline);
    let properties = feature.properties.get_or_insert_default();
    if run.is_none() {
        // Nobody flew over one that was drawn by hand.
        for unknown in ["run", "cut_off"] {
            properties.insert(unknown.to_owned(), JsonValue::Null);
        }
    }
    for (name, value) in [
        ("name", json!(standing.name)),
        ("priority", json!(standing.priority)),
        ("source", json!(standing.source)),
        ("review", json!(standing.review)),
        ("note", json!(standing.note)),
    ] {
        properties.insert(name.to_owned(), value);
    }
    feature
}

impl Feed for GeoJsonFile {
    fn snapshot(&mut self, store: &Store) -> Result<(), FeedError> {
        let written = self.write(store, Layer::Landslides, &Filter::default())?;
        self.tell(written.left_out);
        Ok(())
    }

    /// Writes the file anew, since GeoJSON cannot be changed in place; frames, which are most of what comes, do not
    /// change it.
    fn update(&mut self, store: &Store, commits: &[Commit]) -> Result<(), FeedError> {
        let mut messages = commits.iter().flat_map(|commit| commit.iter());
        if messages.any(|message| matches!(message.body(), Body::Landslide(_))) {
            self.snapshot(store)?;
        }
        Ok(())
    }
}

/// What the system said where the disk is at fault.
fn cause(error: geojson::Error) -> io::Error {
    match error {
        geojson::Error::Io(error) => error,
        geojson::Error::MalformedGeoJson(error) => error.into(),
        other => io::Error::other(other),
    }
}
