//! A dataset made of georeferenced images and outlines, as GDCLD was (Fang et al., ESSD 16, 4817, 2024, section 3.2):
//! masks of 0 and 1, tiles without overlap, negatives kept by list, events left out for testing.

mod error;
mod mask;
mod options;
mod outlines;
mod scene;
mod sides;
mod split;
mod write;
mod writer;

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::Path,
};

pub use self::{
    error::{MakeError, SceneError},
    options::{By, Options},
    outlines::{Outlines, OutlinesError, Rings},
    writer::Counts,
};
use self::{
    scene::{Scene, Tile, Tiles},
    writer::{ORIGINS, Writer},
};
use super::{Part, origin::Origins};

/// How far the work is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Images looked at and pairs written.
    pub done: usize,
    /// In all, as far as known.
    pub all: usize,
}

/// What was made.
#[derive(Debug, Default)]
pub struct Made {
    /// Pairs, pixels and pixels of landslide of each part that has any.
    pub parts: Vec<(Part, Counts)>,
    /// Whole tiles left out because nothing slid there.
    pub empty: usize,
    /// Whole tiles left out because more than half of them is no picture.
    pub blank: usize,
    /// Images and negatives that were not used as asked, and why, in one line each.
    pub refused: Vec<String>,
}

/// Makes the dataset. An image that cannot be used is told and the others are done.
///
/// # Errors
/// When the outlines cannot be used, nothing is left, the images cannot be divided, or the dataset cannot be written.
pub fn run(options: &Options, mut progress: impl FnMut(Progress)) -> Result<Made, MakeError> {
    for name in Part::ALL.map(Part::folder).into_iter().chain([ORIGINS]) {
        let path = options.out.join(name);
        if path.exists() {
            return Err(MakeError::Exists(path));
        }
    }
    let outlines = options
        .outlines
        .iter()
        .map(|path| Outlines::read(path, options.layer.as_deref()))
        .collect::<Result<Vec<_>, _>>()?;
    let negatives = negatives(options.negatives.as_deref())?;
    let mut made = Made::default();
    let (mut scenes, mut stems) = (Vec::new(), HashSet::new());
    for (index, path) in options.images.iter().enumerate() {
        let origins = Origins::read(path.parent().unwrap_or(path))?;
        let origin = origins.of(&path.display().to_string());
        match Scene::open(path, origin, &outlines, options.nodata) {
            Ok(scene) if stems.insert(scene.stem.clone()) => scenes.push(scene),
            Ok(scene) => made.refuse(&SceneError::SameName(scene.path)),
            Err(error) => made.refuse(&error),
        }
        progress(Progress {
            done: index + 1,
            all: options.images.len(),
        });
    }
    let (left_out, rest) = sides::leave_out(options, scenes, &mut made)?;
    let mut used = BTreeSet::new();
    let mut test = Vec::new();
    for scene in left_out {
        if scene.has_outlines() || scene.is_named(&negatives) {
            test.push(scene);
        } else {
            made.refuse(&SceneError::NoOutline(scene.path));
        }
    }
    let mut cut = Vec::new();
    for scene in rest {
        match tiles(&scene, options, &negatives, &mut used) {
            Ok(tiles) => {
                made.empty += tiles.empty;
                made.blank += tiles.blank;
                cut.push((scene, tiles.kept));
            }
            Err(error) => made.refuse(&error),
        }
    }
    for name in &negatives {
        let known = |s: &Scene| s.is_named(&HashSet::from([name.clone()]));
        let is_image = test.iter().chain(cut.iter().map(|(s, _)| s)).any(known);
        if !is_image && !used.contains(name) {
            made.refused.push(format!(
                "{name}: is in the list of negatives, but no image or whole tile has that name"
            ));
        }
    }
    let validates = sides::divide(&cut, options)?;
    write_all(options, &test, &cut, &validates, &mut made, &mut progress)?;
    Ok(made)
}

impl Made {
    fn refuse(&mut self, error: &SceneError) {
        self.refused.push(error.to_string());
    }
}

/// Names of the list, without empty lines and comments.
fn negatives(list: Option<&Path>) -> Result<HashSet<String>, MakeError> {
    let Some(path) = list else {
        return Ok(HashSet::new());
    };
    let text = fs::read_to_string(path).map_err(|reason| MakeError::Negatives {
        path: path.to_owned(),
        reason,
    })?;
    let lines = text.lines().map(|line| line.split('#').next());
    let names = lines.flatten().map(|name| name.trim().to_owned());
    Ok(names.filter(|name| !name.is_empty()).collect())
}

/// The tiles of an image; negatives that name some of them go to `used`.
fn tiles(
    scene: &Scene,
    options: &Options,
    negatives: &HashSet<String>,
    used: &mut BTreeSet<String>,
) -> Result<Tiles, SceneError> {
    let named = |tile: &Tile| negatives.contains(&tile.name);
    let tiles = scene.tiles(options, negatives);
    if !scene.has_outlines() && !scene.is_named(negatives) {
        match &tiles {
            Ok(tiles) if tiles.kept.iter().any(named) => {}
            _ => return Err(SceneError::NoOutline(scene.path.clone())),
        }
    }
    let tiles = tiles?;
    used.extend(
        tiles
            .kept
            .iter()
            .filter(|t| named(t))
            .map(|t| t.name.clone()),
    );
    Ok(tiles)
}

fn write_all(
    options: &Options,
    test: &[Scene],
    cut: &[(Scene, Vec<Tile>)],
    validates: &[Vec<bool>],
    made: &mut Made,
    progress: &mut impl FnMut(Progress),
) -> Result<(), MakeError> {
    let all = test.len() + cut.iter().map(|(_, tiles)| tiles.len()).sum::<usize>();
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress(Progress { done, all });
    };
    let mut writer = Writer::new(&options.out);
    for scene in test {
        if let Some(refused) = writer.whole(scene)? {
            made.refuse(&refused);
        }
        step();
    }
    for ((scene, tiles), validates) in cut.iter().zip(validates) {
        if let Some(refused) = writer.tiles(scene, tiles, validates, &mut step)? {
            made.refuse(&refused);
        }
    }
    made.parts = writer.finish()?;
    if made.parts.is_empty() {
        let reason = made.refused.first().cloned();
        return Err(MakeError::Nothing(
            reason.unwrap_or_else(|| "there is no image".to_owned()),
        ));
    }
    Ok(())
}
