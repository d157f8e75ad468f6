//! Where a dataset's images and labels are, however its folders are nested and spelled, unpacked or zipped.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use super::{Archive, DatasetError, Entry, EntryError, Pair, Part, origin::Origins};

/// Folders below the dataset's that are searched: train_dataset/train_dataset/images is three.
const DEPTH: usize = 6;
const IMAGE_FOLDERS: [&str; 4] = ["images", "image", "img", "imgs"];
const LABEL_FOLDERS: [&str; 4] = ["labels", "label", "masks", "mask"];
const EXTENSIONS: [&str; 5] = ["tif", "tiff", "png", "jpg", "jpeg"];

/// What a dataset holds. A part is unknown where neither a folder nor an archive is named after one.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) complete: Vec<(Option<Part>, Pair)>,
    pub(super) unlabelled: Vec<(Option<Part>, PathBuf)>,
    /// Labels without an image.
    pub(super) imageless: Vec<PathBuf>,
    /// Files whose name another file of the same kind and place has too.
    pub(super) doubled: Vec<PathBuf>,
    /// Archives that cannot be opened.
    pub(super) archives: Vec<EntryError>,
}

/// Both sides of a pair; the key is the path without the folder that says which side it is.
#[derive(Default)]
struct Sides {
    image: Option<(String, Entry)>,
    label: Option<Entry>,
}

/// Finds everything below `root`, a folder or a zip archive.
pub(super) fn read(root: &Path) -> Result<Layout, DatasetError> {
    let mut layout = Layout::default();
    let mut sides = BTreeMap::new();
    if root.is_dir() {
        walk(root, "", DEPTH, &mut sides, &mut layout)?;
    } else if is_zip(root) {
        unzip(root, "", &mut sides, &mut layout);
    } else {
        return Err(DatasetError::NoDataset(root.to_owned()));
    }
    let home = if root.is_dir() {
        root
    } else {
        root.parent().unwrap_or(root)
    };
    let origins = Origins::read(home)?;
    let mut stems: HashMap<_, usize> = HashMap::new();
    for key in sides.keys() {
        *stems.entry((part(key), stem(key).to_owned())).or_default() += 1;
    }
    for (key, Sides { image, label }) in sides {
        let part = part(&key);
        match (image, label) {
            (Some((relative, image)), Some(label)) => {
                let stem = stem(&key).to_owned();
                // A name is a file name in reports, so folders tell twins apart.
                let alone = stems.get(&(part, stem.clone())) == Some(&1);
                let name = if alone { stem } else { key.replace('/', "_") };
                let origin = origins.of(&relative);
                let pair = Pair {
                    name,
                    image,
                    label,
                    origin,
                    ignored: origins.ignored,
                };
                layout.complete.push((part, pair));
            }
            (Some((_, image)), None) => layout.unlabelled.push((part, image.shown())),
            (None, Some(label)) => layout.imageless.push(label.shown()),
            (None, None) => {}
        }
    }
    Ok(layout)
}

fn walk(
    folder: &Path,
    relative: &str,
    depth: usize,
    sides: &mut BTreeMap<String, Sides>,
    layout: &mut Layout,
) -> Result<(), DatasetError> {
    let failed = |e| DatasetError::List(folder.to_owned(), e);
    let mut paths = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            continue;
        };
        let below = format!("{relative}{name}");
        if path.is_dir() {
            if depth > 0 {
                walk(&path, &format!("{below}/"), depth - 1, sides, layout)?;
            }
        } else if is_zip(&path) {
            let folder = path.with_extension("");
            if folder.is_dir() {
                log::warn!(
                    "{}: not read, its unpacked folder is beside it",
                    path.display()
                );
            } else {
                let stem = below.strip_suffix(".zip").unwrap_or(&below);
                unzip(&path, &format!("{stem}/"), sides, layout);
            }
        } else {
            put(below.clone(), Entry::File(path), sides, layout);
        }
    }
    Ok(())
}

fn unzip(path: &Path, relative: &str, sides: &mut BTreeMap<String, Sides>, layout: &mut Layout) {
    match Archive::list(path) {
        Ok(entries) => {
            for (name, entry) in entries {
                // Windows' own packer wrote backslashes for years.
                let name = format!("{relative}{}", name.replace('\\', "/"));
                put(name, entry, sides, layout);
            }
        }
        Err(error) => layout.archives.push(error),
    }
}

/// Takes in the file if it is an image or label.
fn put(relative: String, entry: Entry, sides: &mut BTreeMap<String, Sides>, layout: &mut Layout) {
    // macOS leaves such files everywhere.
    let hidden = |name: &str| name.starts_with('.') || name == "__MACOSX";
    let Some((stem, extension)) = relative.rsplit_once('.') else {
        return;
    };
    if !EXTENSIONS.contains(&extension.to_lowercase().as_str()) || relative.split('/').any(hidden) {
        return;
    }
    let mut names: Vec<_> = stem.split('/').collect();
    let above = names.len() - 1;
    let role = |name: &&str| {
        let name = name.to_lowercase();
        let image = IMAGE_FOLDERS.contains(&name.as_str());
        (image || LABEL_FOLDERS.contains(&name.as_str())).then_some(image)
    };
    let found = (0..above)
        .rev()
        .find_map(|at| Some((at, role(&names[at])?)));
    let Some((at, is_image)) = found else {
        return;
    };
    names.remove(at);
    let pair = sides.entry(names.join("/")).or_default();
    let shown = entry.shown();
    let taken = if is_image {
        pair.image.is_some()
    } else {
        pair.label.is_some()
    };
    if taken {
        layout.doubled.push(shown);
    } else if is_image {
        pair.image = Some((relative, entry));
    } else {
        pair.label = Some(entry);
    }
}

fn is_zip(path: &Path) -> bool {
    path.is_file()
        && path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("zip"))
}

fn stem(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, stem)| stem)
}

/// The part that the nearest folder above a file is named after.
fn part(key: &str) -> Option<Part> {
    key.split('/').rev().skip(1).find_map(part_of_name)
}

/// "train", "val_dataset", "test_data" and their like.
pub(super) fn part_of_name(name: &str) -> Option<Part> {
    let name = name.to_lowercase();
    let mut words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    let part = match words.next()? {
        "train" | "training" => Part::Train,
        "val" | "valid" | "validation" => Part::Val,
        "test" | "testing" => Part::Test,
        _ => return None,
    };
    let plain = |word: &str| {
        ["data", "dataset", "set"].contains(&word) || word.chars().all(|c| c.is_ascii_digit())
    };
    words.all(plain).then_some(part)
}
