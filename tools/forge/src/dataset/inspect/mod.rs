//! A look at a whole dataset: what is there, what is missing, what does not fit.

mod facts;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;
use serde::Serialize;

pub use self::facts::Misfit;
use self::facts::{Facts, Form};
use super::{DatasetError, Pair, Part, layout};

/// Landslide share of GDCLD as published.
pub const PUBLISHED_SHARE: f64 = 0.0801;

impl Part {
    /// Pairs of this part in GDCLD as published.
    #[must_use]
    pub fn published(self) -> usize {
        match self {
            Self::Train => 11_162,
            Self::Val => 4_459,
            Self::Test => 7,
        }
    }
}

/// What a dataset holds. Fields may be added, never renamed.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The folder or archive.
    pub path: PathBuf,
    /// Each part that is there.
    pub parts: Vec<PartSummary>,
    /// All pairs that fit.
    pub overall: Summary,
    /// Pairs by event; "unknown" where neither name nor dataset.toml tells.
    pub events: BTreeMap<String, Summary>,
    /// Pairs by sensor.
    pub sensors: BTreeMap<String, Summary>,
    /// Pairs by size and reference system, the most frequent first.
    pub forms: Vec<FormSummary>,
    /// What does not fit and why, in one line each.
    pub misfits: Vec<String>,
}

/// Pairs and pixels.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Summary {
    /// Pairs that fit.
    pub pairs: usize,
    /// Their pixels.
    pub pixels: u64,
    /// Pixels of landslide among them.
    pub landslide_pixels: u64,
    /// Their share.
    pub landslide_share: Option<f64>,
}

impl Summary {
    fn add(&mut self, facts: &Facts) {
        self.pairs += 1;
        self.pixels += facts.pixels;
        self.landslide_pixels += facts.landslide;
        self.landslide_share =
            (self.pixels > 0).then(|| self.landslide_pixels as f64 / self.pixels as f64);
    }
}

/// One part.
#[derive(Debug, Serialize)]
pub struct PartSummary {
    /// "train", "val", "test", or "all" for files in no folder named after a part.
    pub part: &'static str,
    /// Pairs found, whether they fit or not.
    pub found: usize,
    /// Pairs of this part in GDCLD as published.
    pub published: Option<usize>,
    /// Those that fit.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Images stored alike.
#[derive(Debug, Serialize)]
pub struct FormSummary {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bands; other images do not fit.
    pub bands: u8,
    /// Type of the samples; others do not fit.
    pub dtype: &'static str,
    /// The reference system of the georeference, if there is one.
    pub georeference: Option<String>,
    /// How many.
    pub pairs: usize,
}

/// Reads every pair below `root`, a folder or zip archive, to its end. `progress` is called with pairs done and pairs in all.
///
/// # Errors
/// When nothing is found, or a folder cannot be listed.
pub fn run(
    root: &Path,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Inspection, DatasetError> {
    let mut layout = layout::read(root)?;
    let whole = root
        .file_stem()
        .and_then(|name| layout::part_of_name(&name.to_string_lossy()));
    let pairs = std::mem::take(&mut layout.complete);
    let done = AtomicUsize::new(0);
    let facts: Vec<_> = pairs
        .par_iter()
        .map(|(_, pair)| {
            let facts = facts::read(pair);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, pairs.len());
            facts
        })
        .collect();
    let mut tally = Tally::default();
    for ((part, pair), facts) in pairs.iter().zip(facts) {
        tally.add(part.or(whole), pair, facts);
    }
    let mut misfits = tally.misfits;
    let mut tell = |misfit: Misfit| misfits.push(misfit.to_string());
    for (_, path) in layout.unlabelled {
        tell(Misfit::NoLabel(path));
    }
    for path in layout.imageless {
        tell(Misfit::NoImage(path));
    }
    for path in layout.doubled {
        tell(Misfit::Doubled(path));
    }
    for error in layout.archives {
        tell(error.into());
    }
    if pairs.is_empty() && misfits.is_empty() {
        return Err(DatasetError::NoImages(
            root.to_owned(),
            Part::Train.folder(),
        ));
    }
    let mut forms: Vec<_> = tally.forms.into_iter().collect();
    forms.sort_by_key(|(form, pairs)| (std::cmp::Reverse(*pairs), *form));
    Ok(Inspection {
        path: root.to_owned(),
        parts: tally.parts.into_values().collect(),
        overall: tally.overall,
        events: tally.events,
        sensors: tally.sensors,
        forms: forms.into_iter().map(summary).collect(),
        misfits,
    })
}

fn summary((form, pairs): (Form, usize)) -> FormSummary {
    FormSummary {
        width: form.width,
        height: form.height,
        bands: 3,
        dtype: "uint8",
        georeference: form.crs.map(|crs| crs.to_string()),
        pairs,
    }
}

#[derive(Default)]
struct Tally {
    parts: BTreeMap<Option<Part>, PartSummary>,
    overall: Summary,
    events: BTreeMap<String, Summary>,
    sensors: BTreeMap<String, Summary>,
    forms: BTreeMap<Form, usize>,
    misfits: Vec<String>,
}

impl Tally {
    fn add(&mut self, part: Option<Part>, pair: &Pair, facts: Result<Facts, Misfit>) {
        let of_part = self.parts.entry(part).or_insert_with(|| PartSummary {
            part: part.map_or("all", Part::name),
            found: 0,
            published: part.map(Part::published),
            summary: Summary::default(),
        });
        of_part.found += 1;
        let facts = match facts {
            Ok(facts) => facts,
            Err(misfit) => {
                self.misfits.push(misfit.to_string());
                return;
            }
        };
        let known = |of: &Option<String>| of.clone().unwrap_or_else(|| "unknown".to_owned());
        of_part.summary.add(&facts);
        self.overall.add(&facts);
        self.events
            .entry(known(&pair.origin.event))
            .or_default()
            .add(&facts);
        self.sensors
            .entry(known(&pair.origin.sensor))
            .or_default()
            .add(&facts);
        *self.forms.entry(facts.form).or_default() += 1;
    }
}
