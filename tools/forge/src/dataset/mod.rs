//! Pairs of image and label, found in folders or zip archives in GDCLD's layout or in plain `images/` and `labels/`.

mod entry;
pub mod inspect;
mod layout;
pub mod make;
mod origin;

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use self::entry::Archive;
pub use self::{
    entry::{Entry, EntryError, Local, Zipped},
    origin::{IGNORED, Origin},
};

/// Which part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// `train_dataset`.
    Train,
    /// `val_dataset`.
    Val,
    /// `test_data`.
    Test,
}

impl Part {
    /// All parts, in the order of their use.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// The folder of the part in GDCLD.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Train => "train_dataset",
            Self::Val => "val_dataset",
            Self::Test => "test_data",
        }
    }

    /// The part as the command line names it.
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

/// One image with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// File name without extension; with the folders above it where that alone is not unique.
    pub name: String,
    /// The image.
    pub image: Entry,
    /// Its label.
    pub label: Entry,
    /// Where the image comes from.
    pub origin: Origin,
    /// Whether pixels of the label may have the value [`IGNORED`].
    pub ignored: bool,
}

/// A dataset's pairs, and the images that have no label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pairs {
    /// Complete pairs, by name.
    pub complete: Vec<Pair>,
    /// Images without a label.
    pub unlabelled: Vec<PathBuf>,
}

/// A dataset in which nothing can be found.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// There are no images.
    #[error(
        "{0}: no images (.tif, .tiff, .png, .jpg); expected {1}/images and {1}/labels as in GDCLD, or images and labels, in folders or zip archives"
    )]
    NoImages(PathBuf, &'static str),
    /// There are images, but of other parts only.
    #[error("{root}: holds no images of the part {wanted}, only of {found}; choose with --part")]
    OtherParts {
        /// The dataset.
        root: PathBuf,
        /// The part asked for.
        wanted: &'static str,
        /// The parts that there are.
        found: String,
    },
    /// The path is neither a folder nor an archive.
    #[error("{0}: is neither a folder nor a zip archive; give the dataset's folder")]
    NoDataset(PathBuf),
    /// A folder cannot be listed.
    #[error("{0}: {1}")]
    List(PathBuf, io::Error),
    /// The only archive that could hold the images is damaged.
    #[error(transparent)]
    Archive(#[from] EntryError),
    /// The file that says where images come from is wrong.
    #[error("{path}: {reason}; each [[image]] has name = \"*\" and any of event, sensor, gsd_m")]
    Origins {
        /// The file.
        path: PathBuf,
        /// Where and what.
        reason: String,
    },
}

/// Finds the pairs of `part` in a folder or zip archive; images that are in no folder named after a part are taken for any.
///
/// # Errors
/// When there are no images, or a folder or archive cannot be read.
pub fn find(root: &Path, part: Part) -> Result<Pairs, DatasetError> {
    let mut layout = layout::read(root)?;
    for wanted in [Some(part), None] {
        let pairs = Pairs {
            complete: take(&mut layout.complete, wanted),
            unlabelled: take(&mut layout.unlabelled, wanted),
        };
        if pairs != Pairs::default() {
            return Ok(pairs);
        }
    }
    if let Some(error) = layout.archives.pop() {
        return Err(error.into());
    }
    let has = |part: &Part| {
        let of = Some(*part);
        layout.complete.iter().any(|(found, _)| *found == of)
            || layout.unlabelled.iter().any(|(found, _)| *found == of)
    };
    let found: Vec<_> = Part::ALL.into_iter().filter(has).map(Part::name).collect();
    Err(if found.is_empty() {
        DatasetError::NoImages(root.to_owned(), part.folder())
    } else {
        DatasetError::OtherParts {
            root: root.to_owned(),
            wanted: part.name(),
            found: found.join(" and "),
        }
    })
}

fn take<T>(all: &mut Vec<(Option<Part>, T)>, part: Option<Part>) -> Vec<T> {
    all.extract_if(.., |(of, _)| *of == part)
        .map(|(_, item)| item)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn gdcld_parts_and_plain_folders_are_found_and_images_without_label_are_listed() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "val_dataset/images/a.tif",
            "val_dataset/labels/a.tif",
            "images/b.png",
            "labels/b.tif",
            "images/c.JPG",
            "images/notes.txt",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, []).unwrap();
        }
        let names = |pairs: &Pairs| {
            pairs
                .complete
                .iter()
                .map(|p| p.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&find(root.path(), Part::Val).unwrap()), ["a"]);
        let plain = find(root.path(), Part::Test).unwrap();
        assert_eq!(names(&plain), ["b"]);
        assert_eq!(plain.unlabelled, [root.path().join("images/c.JPG")]);
    }

    #[test]
    fn a_dataset_without_the_part_asked_for_says_which_it_has() {
        let root = tempfile::tempdir().unwrap();
        for (file, found) in [
            ("train_dataset/images/a.tif", "only of train; choose"),
            ("val_dataset/images/a.tif", "only of train and val; choose"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, []).unwrap();
            let error = find(root.path(), Part::Test).unwrap_err().to_string();
            assert!(
                error.contains("of the part test") && error.contains(found),
                "{error}"
            );
        }
    }

    #[test]
    fn a_folder_without_images_says_what_was_expected() {
        let root = tempfile::tempdir().unwrap();
        let error = find(root.path(), Part::Test).unwrap_err().to_string();
        assert!(
            error.contains("test_data/images and test_data/labels"),
            "{error}"
        );
    }
}
