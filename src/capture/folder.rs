//! A folder of geotagged photographs as a source of frames.

use std::{collections::HashSet, path::Path, vec};

use image::RgbImage;

use super::{
    FolderError, Frame, FrameError, LeftOut, Photograph, PoseRemarks, Poses, Reading, Surveyed,
    TagSettings, Untagged, decode, photograph_files, survey,
};

/// The photographs of a folder, and of those in it, in the order of their paths. The metadata of all are in memory, and one picture
/// at a time.
#[derive(Debug)]
pub struct Folder {
    photographs: vec::IntoIter<Surveyed>,
    /// Photographs taken so far, good or not.
    taken: usize,
    /// The first photograph of each exposure of which a picture was whole, by its place in the folder.
    whole: HashSet<usize>,
    next: u64,
    remarks: PoseRemarks,
}

impl Folder {
    /// Lists the folder and reads the photographs' metadata, in place of whose poses `poses` may stand; the pictures are decoded one by one
    /// later. `first` is the number of the first frame.
    ///
    /// # Errors
    /// When the folder, or one in it, cannot be listed, or there is no photograph.
    pub fn open(
        dir: &Path,
        settings: &TagSettings,
        poses: Option<&Poses>,
        first: u64,
    ) -> Result<Self, FolderError> {
        let files = photograph_files::find(dir)?;
        let (photographs, remarks) = survey::survey(dir, files, settings, poses);
        Ok(Self {
            photographs: photographs.into_iter(),
            taken: 0,
            whole: HashSet::new(),
            next: first,
            remarks,
        })
    }

    /// What is to be told of the pose file beside its photographs.
    #[must_use]
    pub fn remarks(&self) -> &PoseRemarks {
        &self.remarks
    }

    /// The photographs not yet decoded, in their order.
    #[must_use]
    pub fn photographs(&self) -> &[Surveyed] {
        self.photographs.as_slice()
    }

    /// The number of frames not yet taken.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.photographs.len()
    }
}

impl Iterator for Folder {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let photograph = self.photographs.next()?;
        let (sequence, this, name) = (self.next, self.taken, photograph.name());
        self.next += 1;
        self.taken += 1;
        let mut decoded = decode(&photograph.path, photograph.reading);
        if let Ok(good) = &mut decoded {
            let same = photograph.same_exposure;
            let again = !self
                .whole
                .insert(same.as_ref().map_or(this, |(first, _)| *first));
            if let Some((_, other)) = same.filter(|_| again) {
                good.tag = Err(LeftOut::SameExposure { other }.into());
            }
        }
        Some(Frame {
            sequence,
            name,
            photograph: decoded,
        })
    }
}

fn decode(path: &Path, reading: Result<Reading, FrameError>) -> Result<Photograph, FrameError> {
    let reading = reading?;
    let image = match (decode::read(path), &reading.kind) {
        // What is left out is left out for what it shows, whether or not its bits are those that are read.
        (Err(FrameError::OtherTiff { .. }), Err(kind @ Untagged::LeftOut(_))) => {
            return Ok(Photograph {
                image: RgbImage::default(),
                tag: Err(kind.clone()),
            });
        }
        (decoded, _) => decoded?,
    };
    if image.dimensions() != reading.size {
        return Err(FrameError::Damaged {
            path: path.display().to_string(),
            reason: "its size changed while it was read".to_owned(),
        });
    }
    Ok(Photograph {
        image,
        tag: reading.tag(),
    })
}
