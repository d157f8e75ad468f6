//! Small pictures of the frames searched, as many as the disk allows; the oldest goes first.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Sender, bounded};
use image::{RgbImage, codecs::jpeg::JpegEncoder};
use parking_lot::Mutex;
use scarp_infer::resample;

/// Pixels across.
const WIDTH: f64 = 320.0;
const QUALITY: u8 = 70;
/// Pictures that may wait for a slow disk; more are left out.
const WAITING: usize = 4;

/// How much may lie on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskLimits {
    /// Bytes of thumbnails.
    pub thumbnails_max_bytes: u64,
    /// Bytes that stay free.
    pub min_free_bytes: u64,
}

/// A thread that writes thumbnails.
pub struct Thumbnails {
    store: Store,
    sender: Option<Sender<(u64, RgbImage)>>,
    thread: Option<JoinHandle<()>>,
}

/// The thumbnails on the disk, those of earlier surveys too.
#[derive(Debug, Clone)]
pub struct Store {
    ring: Arc<Mutex<Ring>>,
    limits: DiskLimits,
    folder: PathBuf,
}

#[derive(Debug, Default)]
struct Ring {
    /// Oldest first.
    files: VecDeque<(PathBuf, u64)>,
    bytes: u64,
}

impl Store {
    /// Keeps thumbnails in `survey/thumbnails`; those of other surveys beside it count to the limit.
    ///
    /// # Errors
    /// When the folder cannot be made or its neighbours not listed.
    pub fn open(survey: &Path, limits: DiskLimits) -> io::Result<Self> {
        let folder = survey.join("thumbnails");
        fs::create_dir_all(&folder)?;
        let ring = Ring::of(survey.parent().unwrap_or(survey))?;
        Ok(Self {
            ring: Arc::new(Mutex::new(ring)),
            limits,
            folder,
        })
    }

    /// Removes the older half, so that something graver than a thumbnail can be written. Tells whether there were any.
    #[must_use]
    pub fn make_room(&self) -> bool {
        let mut ring = self.ring.lock();
        let half = ring.files.len().div_ceil(2);
        (0..half).for_each(|_| ring.remove_oldest());
        half > 0
    }

    fn write(&self, sequence: u64, picture: &RgbImage) -> Result<(), String> {
        let path = self.folder.join(format!("{sequence:06}.jpg"));
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
            .encode_image(picture)
            .map_err(|e| e.to_string())?;
        let mut ring = self.ring.lock();
        let bytes = jpeg.len() as u64;
        while !ring.files.is_empty() && ring.bytes + bytes > self.limits.thumbnails_max_bytes {
            ring.remove_oldest();
        }
        let free = fs4::available_space(&self.folder).map_err(|e| e.to_string())?;
        if free < self.limits.min_free_bytes {
            // Two go for one that comes, until there is room again.
            ring.remove_oldest();
            ring.remove_oldest();
        }
        if bytes > self.limits.thumbnails_max_bytes || free < self.limits.min_free_bytes / 2 {
            return Ok(());
        }
        if let Err(error) = fs::write(&path, &jpeg) {
            // What was written of it takes the room that others need.
            let _ = fs::remove_file(&path);
            return Err(error.to_string());
        }
        ring.push(path, bytes);
        Ok(())
    }
}

/// Removes thumbnails of earlier surveys in the folder `out`, the oldest first, until as much is free as is to stay free: a
/// flight begins with it, so that a disk that the last one left full does not keep it from beginning.
///
/// # Errors
/// When the folder cannot be read.
pub fn make_room(out: &Path, limits: DiskLimits) -> io::Result<()> {
    let mut ring = Ring::of(out)?;
    while !ring.files.is_empty() && fs4::available_space(out)? < limits.min_free_bytes {
        ring.remove_oldest();
    }
    Ok(())
}

impl Ring {
    /// The thumbnails of all surveys in the folder `out`.
    fn of(out: &Path) -> io::Result<Self> {
        let mut found = Vec::new();
        for survey in fs::read_dir(out)? {
            let Ok(files) = fs::read_dir(survey?.path().join("thumbnails")) else {
                continue;
            };
            for file in files.flatten() {
                let about = file.metadata()?;
                found.push((about.modified()?, file.path(), about.len()));
            }
        }
        found.sort();
        let mut ring = Self::default();
        for (_, path, bytes) in found {
            ring.push(path, bytes);
        }
        Ok(ring)
    }

    fn push(&mut self, path: PathBuf, bytes: u64) {
        self.bytes += bytes;
        self.files.push_back((path, bytes));
    }

    fn remove_oldest(&mut self) {
        if let Some((path, bytes)) = self.files.pop_front() {
            self.bytes = self.bytes.saturating_sub(bytes);
            if let Err(error) = fs::remove_file(&path) {
                log::debug!("{}: {error}", path.display());
            }
        }
    }
}

impl Thumbnails {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(store: Store) -> io::Result<Self> {
        let (sender, pictures) = bounded::<(u64, RgbImage)>(WAITING);
        let writer = store.clone();
        let thread = thread::Builder::new()
            .name("thumbnails".to_owned())
            .spawn(move || {
                for (sequence, picture) in pictures {
                    if let Err(reason) = writer.write(sequence, &picture) {
                        log::warn!("thumbnail {sequence}: {reason}; free space on the disk");
                    }
                }
            })?;
        Ok(Self {
            store,
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// The thumbnails on the disk.
    #[must_use]
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// Keeps a small copy of a frame, unless the disk is behind.
    pub fn save(&self, sequence: u64, image: &RgbImage) {
        let by = (f64::from(image.width()) / WIDTH).max(1.0);
        let (Some(sender), Ok(small)) = (&self.sender, resample(image, 1.0, by)) else {
            return;
        };
        if sender.try_send((sequence, small)).is_err() {
            log::debug!("thumbnail {sequence}: the disk is behind");
        }
    }
}

impl Drop for Thumbnails {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own message.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(bytes: u64) -> DiskLimits {
        DiskLimits {
            thumbnails_max_bytes: bytes,
            min_free_bytes: 0,
        }
    }

    fn names(survey: &Path) -> Vec<String> {
        let files = fs::read_dir(survey.join("thumbnails")).unwrap();
        let mut names: Vec<_> = files
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn picture() -> RgbImage {
        RgbImage::from_fn(1920, 1080, |x, y| {
            image::Rgb([x as u8, y as u8, (x + y) as u8])
        })
    }

    #[test]
    fn the_oldest_thumbnails_go_first_those_of_the_survey_before_too() {
        let out = tempfile::tempdir().unwrap();
        let (before, this) = (out.path().join("survey-a"), out.path().join("survey-b"));
        let small = image::imageops::thumbnail(&picture(), 320, 180);
        let store = Store::open(&before, limits(u64::MAX)).unwrap();
        store.write(1, &small).unwrap();
        let one = fs::metadata(before.join("thumbnails/000001.jpg"))
            .unwrap()
            .len();

        let store = Store::open(&this, limits(one * 3)).unwrap();
        for sequence in 1..=2 {
            store.write(sequence, &small).unwrap();
        }
        assert_eq!(names(&before), ["000001.jpg"]);
        store.write(3, &small).unwrap();
        assert_eq!(names(&before), [""; 0]);
        store.write(4, &small).unwrap();
        assert_eq!(names(&this), ["000002.jpg", "000003.jpg", "000004.jpg"]);
        assert!(store.make_room());
        assert_eq!(names(&this), ["000004.jpg"]);
    }

    #[test]
    fn a_flight_begins_with_room_though_the_last_one_left_none() {
        let out = tempfile::tempdir().unwrap();
        let survey = out.path().join("survey-a");
        let store = Store::open(&survey, limits(u64::MAX)).unwrap();
        store.write(1, &RgbImage::new(32, 32)).unwrap();
        make_room(out.path(), limits(0)).unwrap();
        assert_eq!(names(&survey), ["000001.jpg"]);
        let never_enough = DiskLimits {
            min_free_bytes: u64::MAX,
            ..limits(u64::MAX)
        };
        make_room(out.path(), never_enough).unwrap();
        assert_eq!(names(&survey), [""; 0]);
    }

    #[test]
    fn a_disk_that_is_nearly_full_gets_no_more_thumbnails() {
        let out = tempfile::tempdir().unwrap();
        let survey = out.path().join("survey-a");
        let nearly_full = DiskLimits {
            thumbnails_max_bytes: u64::MAX,
            min_free_bytes: u64::MAX,
        };
        let store = Store::open(&survey, nearly_full).unwrap();
        store.write(1, &RgbImage::new(32, 32)).unwrap();
        assert_eq!(names(&survey), [""; 0]);
    }

    #[test]
    fn a_frame_becomes_a_small_picture_of_the_same_shape() {
        let out = tempfile::tempdir().unwrap();
        let survey = out.path().join("survey-a");
        let thumbnails =
            Thumbnails::start(Store::open(&survey, limits(u64::MAX)).unwrap()).unwrap();
        thumbnails.save(7, &picture());
        drop(thumbnails);
        let saved = image::open(survey.join("thumbnails/000007.jpg")).unwrap();
        assert_eq!((saved.width(), saved.height()), (320, 180));
    }
}
