//! What a survey leaves on disk: `survey-ID/footprints.geojson` and `survey-ID/landslides.geojson`.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use geojson::Feature;
use scarp_inventory::{
    FrameReport, Landslide, LandslideStatus, Run, footprint_feature, landslide_feature,
};
use thiserror::Error;
use uuid::Uuid;

/// An output folder or file that cannot be written.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The system refuses.
    #[error("{path}: {reason}; free space or choose another folder with --out")]
    Write {
        /// The file or folder.
        path: String,
        /// Why.
        reason: io::Error,
    },
    /// The survey was searched before.
    #[error(
        "{path}: holds results of this survey; move it away to search it again, or choose another folder with --out"
    )]
    Taken {
        /// The survey's folder.
        path: String,
    },
}

/// The folder of one survey below the folder for all.
#[must_use]
pub fn survey_folder(out: &Path, survey: Uuid) -> PathBuf {
    out.join(format!("survey-{survey}"))
}

/// The output folder of one survey. Footprints are written as they come; landslides when they are asked for and at the end,
/// when they are final. Both files are good GeoJSON at any time, whenever the program is killed.
pub struct OutputFolder {
    folder: PathBuf,
    footprints: FeatureFile,
    /// By run and identity.
    landslides: BTreeMap<(Run, Uuid), Landslide>,
}

impl OutputFolder {
    /// Makes the folder and begins the footprints.
    ///
    /// # Errors
    /// When the folder or the file in it cannot be made, or holds the results of an earlier search.
    pub fn create(folder: &Path) -> Result<Self, OutputError> {
        fs::create_dir_all(folder).map_err(|reason| OutputError::Write {
            path: folder.display().to_string(),
            reason,
        })?;
        let footprints = folder.join("footprints.geojson");
        if footprints.exists() {
            return Err(OutputError::Taken {
                path: folder.display().to_string(),
            });
        }
        Ok(Self {
            folder: folder.to_owned(),
            footprints: FeatureFile::create(footprints)?,
            landslides: BTreeMap::new(),
        })
    }

    /// Writes the footprint of a placed frame; a frame without a place has none.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn frame(&mut self, run: Run, report: &FrameReport) -> Result<(), OutputError> {
        match footprint_feature(run, report) {
            Some(footprint) => self.footprints.push(&footprint),
            None => Ok(()),
        }
    }

    /// Keeps the newest version of each landslide for the end.
    pub fn landslides(&mut self, run: Run, changed: &[Landslide]) {
        for landslide in changed {
            let key = (run, landslide.id);
            match landslide.status {
                LandslideStatus::Active => {
                    self.landslides.insert(key, landslide.clone());
                }
                LandslideStatus::Withdrawn => {
                    self.landslides.remove(&key);
                }
            }
        }
    }

    /// Writes the landslides as they stand, in place of those written before. They and the footprints so far outlast a loss of
    /// power from then on.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn checkpoint(&self) -> Result<(), OutputError> {
        self.footprints.sync()?;
        self.write_landslides()
    }

    fn write_landslides(&self) -> Result<(), OutputError> {
        let path = self.folder.join("landslides.geojson");
        let write = |file: &mut dyn Write| {
            file.write_all(HEAD)?;
            for (n, ((run, _), landslide)) in self.landslides.iter().enumerate() {
                let feature = landslide_feature(*run, landslide);
                write!(file, "{}{feature}", separator(n == 0))?;
            }
            file.write_all(END)
        };
        scarp_files::replace_durably(&path, write, |reason| reason).map_err(|reason| {
            OutputError::Write {
                path: path.display().to_string(),
                reason,
            }
        })
    }

    /// Completes both files.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn finish(&mut self) -> Result<(), OutputError> {
        self.footprints.finish()?;
        self.write_landslides()
    }
}

/// A GeoJSON feature collection written one feature at a time, and whole after each.
struct FeatureFile {
    path: PathBuf,
    file: File,
    /// Bytes written whole, without the end: a feature that a full disk took in part is cut off again.
    bytes: u64,
    first: bool,
}

const HEAD: &[u8] = b"{\"type\":\"FeatureCollection\",\"features\":[";
const END: &[u8] = b"\n]}\n";

/// What parts a feature of a collection from what stands before it.
fn separator(first: bool) -> &'static str {
    if first { "\n" } else { ",\n" }
}

impl FeatureFile {
    fn create(path: PathBuf) -> Result<Self, OutputError> {
        let open = || {
            let mut file = File::create(&path)?;
            file.write_all(&[HEAD, END].concat())?;
            Ok(file)
        };
        let file = open().map_err(|reason| OutputError::Write {
            path: path.display().to_string(),
            reason,
        })?;
        Ok(Self {
            path,
            file,
            bytes: HEAD.len() as u64,
            first: true,
        })
    }

    fn push(&mut self, feature: &Feature) -> Result<(), OutputError> {
        self.append(format!("{}{feature}", separator(self.first)).as_bytes())
            .map_err(|reason| self.failed(reason))?;
        self.first = false;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.bytes))?;
        if let Err(error) = self.file.write_all(&[bytes, END].concat()) {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
            // If not now, then with the next feature.
            let _ = self.file.write_all(END);
            return Err(error);
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn sync(&self) -> Result<(), OutputError> {
        self.file.sync_data().map_err(|reason| self.failed(reason))
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        let end = |file: &mut Self| {
            file.append(&[])?;
            file.file.sync_all()
        };
        end(self).map_err(|reason| self.failed(reason))
    }

    fn failed(&self, reason: io::Error) -> OutputError {
        OutputError::Write {
            path: self.path.display().to_string(),
            reason,
        }
    }
}
