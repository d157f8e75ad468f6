//! The model that a command runs: the one named, else a released one where they are kept.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::Context;
use scarp_config::Board;
use scarp_infer::MANIFEST;

/// Released models, the preferred one first: the quantized one takes a tenth of the time of the float one it was made from.
const RELEASED: [&str; 2] = ["segformer-lite1-int8", "segformer-lite1"];
/// The environment's folder of models.
const VARIABLE: &str = "SCARP_MODELS";
/// Where they are installed.
const INSTALLED: &str = "/usr/share/scarp/models";
/// Where they lie beside the program, and in a checkout, as seen from its root.
const MODELS: &str = "models";

/// The search, for `--help`.
pub const SEARCH: &str = "\
A model that neither --model nor the board names is segformer-lite1-int8, else segformer-lite1, in the first of these folders that has one:
  $SCARP_MODELS, and no other where it is set
  models/ beside the program
  /usr/share/scarp/models
  models/ in the working directory";

/// The folder of the model on the command line, else of the board, else of the first released model that is found.
///
/// # Errors
/// When none is named and none found; the text names every folder that was looked in.
pub fn find(named: Option<&Path>, board: &Board) -> anyhow::Result<PathBuf> {
    let on_board = Some(board.paths.model.as_path()).filter(|path| !path.as_os_str().is_empty());
    if let Some(folder) = named.or(on_board) {
        return Ok(folder.to_owned());
    }
    // Empty is how scripts unset it; it would stand for the working directory.
    let places = match env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        Some(folder) => vec![folder_of_models(folder.into())?],
        None => {
            let program = env::current_exe().context("cannot tell where this program lies")?;
            vec![
                program.with_file_name(MODELS),
                INSTALLED.into(),
                MODELS.into(),
            ]
        }
    };
    first_in(&places)
}

/// Whether a folder is that of a model, good or not.
fn is_model(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// The environment's folder, unless it is of another kind.
fn folder_of_models(folder: PathBuf) -> anyhow::Result<PathBuf> {
    let kind = if is_model(&folder) {
        "a model's own folder"
    } else if folder.is_file() {
        "a file"
    } else {
        return Ok(folder);
    };
    anyhow::bail!(
        "{VARIABLE}: {} is {kind}; name the folder that holds model folders, or this one with --model",
        folder.display()
    )
}

fn first_in(places: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let mut folders = places
        .iter()
        .flat_map(|place| RELEASED.map(|name| place.join(name)));
    folders.find(|folder| is_model(folder)).with_context(|| {
        let places: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
        format!(
            "no model: no folder {} with a {MANIFEST} in {}; name a model's folder with --model, or the folder of such folders in {VARIABLE}",
            RELEASED.join(" or "),
            places.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_first_folder_that_has_a_model_counts_and_in_it_the_quantized_one() {
        let root = TempDir::new().unwrap();
        let places = ["a", "b", "c"].map(|name| root.path().join(name));
        let empty = |place: usize, name| fs::create_dir_all(places[place].join(name)).unwrap();
        let add = |place: usize, name| {
            empty(place, name);
            fs::write(places[place].join(name).join(MANIFEST), "").unwrap();
        };
        let found = || {
            let folder = first_in(&places).unwrap();
            folder.strip_prefix(root.path()).unwrap().to_owned()
        };
        add(2, "segformer-lite1-int8");
        assert_eq!(found(), Path::new("c/segformer-lite1-int8"));
        empty(1, "segformer-lite1-int8");
        add(1, "segformer-lite1");
        assert_eq!(found(), Path::new("b/segformer-lite1"));
        add(1, "segformer-lite1-int8");
        assert_eq!(found(), Path::new("b/segformer-lite1-int8"));
    }

    #[test]
    fn where_there_is_none_every_folder_looked_in_is_named() {
        let line = first_in(&["/nowhere/a".into(), "/nowhere/b".into()]).unwrap_err();
        let line = line.to_string();
        assert!(line.contains("/nowhere/a, /nowhere/b;"), "{line}");
    }

    #[test]
    fn the_command_line_comes_before_the_board() {
        let board = |text| Board::from_toml("/boards/b.toml", text).unwrap();
        let named = board("[paths]\nmodel = '/models/mine'");
        let argument = Some(Path::new("other"));
        assert_eq!(find(argument, &named).unwrap(), Path::new("other"));
        assert_eq!(find(None, &named).unwrap(), Path::new("/models/mine"));
    }
}
