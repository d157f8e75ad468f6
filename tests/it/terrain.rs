//! Elevation models as the world delivers them: each gives the right heights, or the right reason why not.
//!
//! `tests/terrain/kinds.py` writes them with GDAL, and computes the truth with PROJ and numpy.

use std::{fs, path::PathBuf, process::Command};

use scarp_geo::{Dem, DemStatement};
use serde::Deserialize;

use super::support::at;

#[derive(Deserialize)]
struct Kind {
    name: String,
    file: PathBuf,
    stated: Stated,
    /// Latitude, longitude, height.
    #[serde(default)]
    heights: Vec<(f64, f64, f64)>,
    /// Latitude, longitude.
    #[serde(default)]
    gaps: Vec<(f64, f64)>,
    #[serde(default)]
    tolerance_m: f64,
    /// A word of what is told.
    #[serde(default)]
    remark: Option<String>,
    /// Words of the refusal.
    #[serde(default)]
    refused: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Stated {
    datum: Option<String>,
    unit: Option<String>,
    #[serde(default)]
    overrides: bool,
}

impl Stated {
    fn statement(&self) -> DemStatement {
        DemStatement {
            datum: self.datum.as_ref().map(|name| name.parse().unwrap()),
            unit: self.unit.as_ref().map(|name| name.parse().unwrap()),
            overrides: self.overrides,
        }
    }
}

/// What is wrong with how a kind is taken; nothing where it is right.
fn faults(kind: &Kind) -> Vec<String> {
    let dem = match (
        Dem::open(&kind.file, kind.stated.statement()),
        &kind.refused,
    ) {
        (Ok(_), Some(_)) => return vec!["is taken".to_owned()],
        (Err(error), None) => return vec![error.to_string()],
        (Err(error), Some(words)) => {
            let line = error.to_string();
            let file = kind.file.display().to_string();
            return words
                .iter()
                .chain([&file])
                .filter(|word| !line.contains(*word))
                .map(|word| format!("{word:?} is not in {line:?}"))
                .collect();
        }
        (Ok(dem), None) => dem,
    };
    let mut faults = Vec::new();
    for &(latitude, longitude, truth) in &kind.heights {
        match dem.sample(at(latitude, longitude)) {
            Ok(height) if (height - truth).abs() < kind.tolerance_m => {}
            other => faults.push(format!(
                "{latitude}, {longitude}: {other:?} in place of {truth}"
            )),
        }
    }
    for &(latitude, longitude) in &kind.gaps {
        if let Ok(height) = dem.sample(at(latitude, longitude)) {
            faults.push(format!("{latitude}, {longitude}: {height} in a gap"));
        }
    }
    let told = dem.remarks().join("; ");
    match &kind.remark {
        Some(word) if !told.contains(word.as_str()) => {
            faults.push(format!("{word:?} is not told: {told:?}"));
        }
        None if !told.is_empty() => faults.push(format!("tells {told:?}")),
        _ => {}
    }
    faults
}

#[test]
fn every_kind_of_elevation_model_gives_the_right_heights_or_the_right_reason() {
    let folder = tempfile::tempdir().unwrap();
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new("/usr/bin/python3")
        .arg(here.join("tests/terrain/kinds.py"))
        .arg(folder.path())
        .arg(here.join("src/README.md"))
        .output()
        .expect("Debian's python3, which tools/test installs with gdal-bin");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let kinds = fs::read_to_string(folder.path().join("kinds.json")).unwrap();
    let kinds: Vec<Kind> = serde_json::from_str(&kinds).unwrap();
    assert!(kinds.len() > 40, "{}", kinds.len());
    let wrong: Vec<String> = kinds
        .iter()
        .flat_map(|kind| {
            faults(kind)
                .into_iter()
                .map(|fault| format!("{}: {fault}", kind.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
