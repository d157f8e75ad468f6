//! A GeoJSON file (RFC 7946), for any program that reads maps.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{
    ValueEnum,
    builder::{PathBufValueParser, TypedValueParser},
};
use geojson::FeatureWriter;
use scarp_inventory::{Run, footprint_feature, landslide_feature};
use scarp_link::Body;
use thiserror::Error;
use uuid::Uuid;

use super::{Commit, Feed, FeedError};
use crate::store::Store;

/// A file that is only ever replaced by a whole one.
#[derive(Debug, Clone)]
pub struct GeoJsonFile {
    path: PathBuf,
}

/// A file whose name is of no format that can be written.
#[derive(Debug, Error)]
#[error("its ending is none that can be written; name it .geojson or .json")]
pub struct UnknownEnding;

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
            Ok(Self { path })
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

    /// Writes a layer, of one survey where it is given, in place of what the file held. Returns the number of features.
    ///
    /// # Errors
    /// When the store cannot be read or the file is the store's or cannot be written; the file stays as it was then.
    pub fn write(
        &self,
        store: &Store,
        layer: Layer,
        survey: Option<Uuid>,
    ) -> Result<usize, FeedError> {
        if store.lies_at(&self.path) {
            let path = self.path.display().to_string();
            return Err(FeedError::OverStore { path });
        }
        let write = |file: &mut dyn Write| self.write_layer(store, layer, survey, file);
        scarp_files::replace_durably(&self.path, write, |reason| self.failed(reason))
    }

    fn write_layer(
        &self,
        store: &Store,
        layer: Layer,
        survey: Option<Uuid>,
        mut file: &mut dyn Write,
    ) -> Result<usize, FeedError> {
        let wanted = |run: Run| survey.is_none_or(|survey| survey == run.survey);
        let mut writer = FeatureWriter::from_writer(&mut file);
        let mut features = 0;
        let mut push = |feature: Option<geojson::Feature>| {
            let Some(feature) = feature else {
                return Ok(());
            };
            features += 1;
            writer
                .write_feature(&feature)
                .map_err(|e| self.failed(cause(e)))
        };
        match layer {
            Layer::Landslides => store.landslides(|run, landslide| {
                push(wanted(run).then(|| landslide_feature(run, &landslide)))
            })?,
            Layer::Footprints => store.footprints(|run, frame| {
                push(
                    wanted(run)
                        .then(|| footprint_feature(run, &frame))
                        .flatten(),
                )
            })?,
        }
        writer.finish().map_err(|e| self.failed(cause(e)))?;
        drop(writer);
        file.write_all(b"\n").map_err(|e| self.failed(e))?;
        Ok(features)
    }

    fn failed(&self, reason: io::Error) -> FeedError {
        FeedError::Write {
            path: self.path.display().to_string(),
            reason,
        }
    }
}

impl Feed for GeoJsonFile {
    fn snapshot(&mut self, store: &Store) -> Result<(), FeedError> {
        self.write(store, Layer::Landslides, None).map(drop)
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
