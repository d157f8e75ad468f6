//! Pairs of image and label, found in a folder in GDCLD's layout or one with plain `images/` and `labels/`.

mod origin;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

pub use self::origin::Origin;

/// Which part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `train_dataset`.
    Train,
    /// `val_dataset`.
    Val,
    /// `test_data`.
    Test,
}

impl Part {
    fn folder(self) -> &'static str {
        match self {
            Self::Train => "train_dataset",
            Self::Val => "val_dataset",
            Self::Test => "test_data",
        }
    }
}

/// One image with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// File name without extension.
    pub name: String,
    /// The image.
    pub image: PathBuf,
    /// Its label.
    pub label: PathBuf,
    /// Where the image comes from.
    pub origin: Origin,
}

/// A dataset's pairs, and the images that have no label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pairs {
    /// Complete pairs, by name.
    pub complete: Vec<Pair>,
    /// Images without a label.
    pub unlabelled: Vec<PathBuf>,
}

/// A folder in which nothing can be found.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// There is no folder of images.
    #[error("{0}: no images; expected {1}/images and {1}/labels as in GDCLD, or images and labels")]
    NoImages(PathBuf, &'static str),
    /// The folder of images is empty.
    #[error("{0}: holds no .tif, .tiff, .png, .jpg or .jpeg file")]
    Empty(PathBuf),
    /// A folder cannot be listed.
    #[error("{0}: {1}")]
    List(PathBuf, io::Error),
}

/// Finds the pairs of `part`; a folder with `images/` and `labels/` in itself is taken for any part.
///
/// # Errors
/// When there is no folder of images, it is empty, or it cannot be listed.
pub fn find(root: &Path, part: Part) -> Result<Pairs, DatasetError> {
    let folder = [root.join(part.folder()), root.to_owned()]
        .into_iter()
        .find(|folder| folder.join("images").is_dir())
        .ok_or_else(|| DatasetError::NoImages(root.to_owned(), part.folder()))?;
    let mut labels = files(&folder.join("labels")).or_else(|error| match error {
        DatasetError::List(_, e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        other => Err(other),
    })?;
    let mut pairs = Pairs::default();
    for (name, image) in files(&folder.join("images"))? {
        match labels.remove(&name) {
            Some(label) => pairs.complete.push(Pair {
                name,
                image,
                label,
                origin: Origin::default(),
            }),
            None => pairs.unlabelled.push(image),
        }
    }
    if pairs.complete.is_empty() && pairs.unlabelled.is_empty() {
        return Err(DatasetError::Empty(folder.join("images")));
    }
    Ok(pairs)
}

/// Image files of a folder by name without extension.
fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, DatasetError> {
    let failed = |e| DatasetError::List(folder.to_owned(), e);
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or("")
            .to_lowercase();
        if ["tif", "tiff", "png", "jpg", "jpeg"].contains(&extension.as_str())
            && let Some(name) = path.file_stem().and_then(|s| s.to_str())
        {
            found.insert(name.to_owned(), path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
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
    fn a_folder_without_images_says_what_was_expected() {
        let root = tempfile::tempdir().unwrap();
        let error = find(root.path(), Part::Test).unwrap_err().to_string();
        assert!(
            error.contains("test_data/images and test_data/labels"),
            "{error}"
        );
    }
}
