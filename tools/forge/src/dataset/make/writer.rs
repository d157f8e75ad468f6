//! The folders of a dataset as it grows.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use glob::Pattern;
use serde::Serialize;

use super::{
    MakeError, SceneError,
    scene::{Scene, Tile},
    write,
};
use crate::{
    dataset::Part,
    raster::{Kind, Raster, RasterError, Window},
};

/// File of a made dataset that says where its images come from.
pub(super) const ORIGINS: &str = "dataset.toml";

/// Pairs and pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pairs.
    pub pairs: usize,
    /// Their pixels.
    pub pixels: u64,
    /// Those of landslide.
    pub landslide: u64,
}

/// Rows of a whole image read at a time.
const ROWS: u32 = 256;

/// Writes pairs, counts them, and remembers where they come from.
pub(super) struct Writer<'a> {
    out: &'a Path,
    counts: [Counts; 3],
    origins: Origins,
}

/// `dataset.toml` as it is read again.
#[derive(Default, Serialize)]
struct Origins {
    image: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    name: String,
    event: Option<String>,
    sensor: Option<String>,
    gsd_m: Option<f64>,
}

/// Why a pair is not there: the image is bad, and the others go on, or the disk is, and nothing does.
enum Failure {
    Image(RasterError),
    Disk(MakeError),
}

impl From<RasterError> for Failure {
    fn from(error: RasterError) -> Self {
        Self::Image(error)
    }
}

impl From<MakeError> for Failure {
    fn from(error: MakeError) -> Self {
        Self::Disk(error)
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a Path) -> Self {
        Self {
            out,
            counts: [Counts::default(); 3],
            origins: Origins::default(),
        }
    }

    /// Writes an image as it is, with its label, for testing. Returns why if it turns out to be damaged.
    pub(super) fn whole(&mut self, scene: &Scene) -> Result<Option<SceneError>, MakeError> {
        let [image, label] = self.paths(Part::Test, &scene.stem)?;
        let result = self.whole_label(scene, &label).and_then(|landslide| {
            fs::copy(&scene.path, &image)
                .map_err(failed(&image))
                .map_err(Failure::Disk)?;
            Ok(landslide)
        });
        match result {
            Ok(landslide) => {
                self.count(Part::Test, scene.size, landslide);
                self.remember(scene, &Pattern::escape(&scene.stem));
                Ok(None)
            }
            Err(Failure::Image(error)) => {
                remove(&[label])?;
                Ok(Some(error.into()))
            }
            Err(Failure::Disk(error)) => Err(error),
        }
    }

    fn whole_label(&self, scene: &Scene, path: &Path) -> Result<u64, Failure> {
        let mut raster = Raster::open(&scene.path, Kind::Rgb)?;
        let (mut samples, mut landslide) = (Vec::new(), 0);
        let (width, height) = scene.size;
        write::label(
            path,
            (width, height),
            ROWS.min(height),
            &scene.place.tags_at(0, 0),
            |y, height| {
                let window = Window {
                    x: 0,
                    y,
                    width,
                    height,
                };
                let labels = scene.read(&mut raster, window, &mut samples)?;
                landslide += ones(&labels);
                Ok(labels)
            },
            |e| Failure::Disk(failed(path)(e)),
        )?;
        Ok(landslide)
    }

    /// Writes tiles of an image, those marked in `validates` to validate with. Returns why if the image turns out to be
    /// damaged; none of its tiles is kept then, because what else is wrong with it is not known.
    pub(super) fn tiles(
        &mut self,
        scene: &Scene,
        tiles: &[Tile],
        validates: &[bool],
        step: &mut impl FnMut(),
    ) -> Result<Option<SceneError>, MakeError> {
        let (counts, mut written) = (self.counts, Vec::new());
        let mut all = || -> Result<(), Failure> {
            let mut raster = Raster::open(&scene.path, Kind::Rgb)?;
            for (tile, &validates) in tiles.iter().zip(validates) {
                let part = if validates { Part::Val } else { Part::Train };
                let paths = self.paths(part, &tile.name)?;
                written.extend(paths.clone());
                let landslide = self.tile(scene, &mut raster, tile, &paths)?;
                self.count(part, (tile.window.width, tile.window.height), landslide);
                step();
            }
            Ok(())
        };
        match all() {
            Ok(()) => {
                self.remember(scene, &format!("{}_r*_c*", Pattern::escape(&scene.stem)));
                Ok(None)
            }
            Err(Failure::Image(error)) => {
                self.counts = counts;
                remove(&written)?;
                Ok(Some(error.into()))
            }
            Err(Failure::Disk(error)) => Err(error),
        }
    }

    fn tile(
        &self,
        scene: &Scene,
        raster: &mut Raster,
        tile: &Tile,
        [image, label]: &[PathBuf; 2],
    ) -> Result<u64, Failure> {
        let (window, mut samples) = (tile.window, Vec::new());
        let size = (window.width, window.height);
        let labels = scene.read(raster, window, &mut samples)?;
        let tags = scene.place.tags_at(window.x, window.y);
        write::image(image, size, &samples, &tags).map_err(failed(image))?;
        let landslide = ones(&labels);
        write::label(
            label,
            size,
            window.height,
            &tags,
            |_, _| Ok(labels.clone()),
            failed(label),
        )?;
        Ok(landslide)
    }

    /// Writes `dataset.toml` and tells what each part holds.
    pub(super) fn finish(self) -> Result<Vec<(Part, Counts)>, MakeError> {
        let parts: Vec<_> = Part::ALL
            .into_iter()
            .zip(self.counts)
            .filter(|(_, counts)| counts.pairs > 0)
            .collect();
        if !parts.is_empty() {
            let path = self.out.join(ORIGINS);
            let text = toml::to_string(&self.origins).map_err(io::Error::other);
            text.and_then(|text| fs::write(&path, text))
                .map_err(failed(&path))?;
        }
        Ok(parts)
    }

    fn paths(&self, part: Part, name: &str) -> Result<[PathBuf; 2], MakeError> {
        let folder = self.out.join(part.folder());
        let [image, label] = ["images", "labels"].map(|side| folder.join(side));
        for folder in [&image, &label] {
            fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        Ok([image, label].map(|folder| folder.join(format!("{name}.tif"))))
    }

    fn count(&mut self, part: Part, (width, height): (u32, u32), landslide: u64) {
        let counts = &mut self.counts[part as usize];
        counts.pairs += 1;
        counts.pixels += u64::from(width) * u64::from(height);
        counts.landslide += landslide;
    }

    fn remember(&mut self, scene: &Scene, name: &str) {
        let origin = scene.origin.clone();
        self.origins.image.push(Rule {
            name: name.to_owned(),
            event: origin.event,
            sensor: origin.sensor,
            gsd_m: origin.gsd_m,
        });
    }
}

fn ones(labels: &[u8]) -> u64 {
    labels.iter().map(|v| u64::from(*v)).sum()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> MakeError + Copy + '_ {
    |reason| MakeError::Write {
        path: path.to_owned(),
        reason,
    }
}

fn remove(paths: &[PathBuf]) -> Result<(), MakeError> {
    for path in paths {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(path)(e)),
            _ => {}
        }
    }
    Ok(())
}
