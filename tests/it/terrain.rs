//! Elevation models and geoids as the world delivers them: each gives the right heights, or the right reason why not.
//!
//! `tests/terrain/make.py` writes them with GDAL, and computes the truth with PROJ and numpy.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use scarp_geo::{Dem, DemStatement, GeoidError, GeoidGrid, Geoids, Height, VerticalDatum};
use serde::{Deserialize, de::DeserializeOwned};
use tempfile::TempDir;

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

/// A folder of what the script writes.
fn made() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let made = Command::new("/usr/bin/python3")
            .arg(here.join("tests/terrain/make.py"))
            .arg(folder.path())
            .arg(here.join("src/README.md"))
            .output()
            .expect("Debian's python3, which tools/test installs with gdal-bin");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        folder
    });
    folder.path()
}

fn listed<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fs::read_to_string(made().join(name)).unwrap()).unwrap()
}

#[test]
fn every_kind_of_elevation_model_gives_the_right_heights_or_the_right_reason() {
    let kinds: Vec<Kind> = listed("kinds.json");
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

#[derive(Deserialize)]
struct KnownGeoids {
    /// Latitude, longitude, undulation.
    egm96: Vec<(f64, f64, f64)>,
    egm2008: Vec<Grid>,
}

#[derive(Deserialize)]
struct Grid {
    file: PathBuf,
    #[serde(default)]
    undulations: Vec<(f64, f64, f64)>,
    #[serde(default)]
    outside: Vec<(f64, f64)>,
    #[serde(default)]
    refused: Option<String>,
}

/// How high the zero of a datum lies over the ellipsoid.
fn undulation(geoids: &Geoids, datum: VerticalDatum, place: (f64, f64)) -> Result<f64, GeoidError> {
    let zero = Height::new(datum, 0.0);
    geoids
        .convert(zero, at(place.0, place.1), VerticalDatum::Ellipsoid)
        .map(|over| over.height.metres())
}

#[test]
fn egm96_lies_where_proj_has_it_all_over_the_earth() {
    let known: KnownGeoids = listed("geoids.json");
    let geoids = Geoids::default();
    assert!(known.egm96.len() > 300);
    for (latitude, longitude, truth) in known.egm96 {
        let here = undulation(&geoids, VerticalDatum::Egm96, (latitude, longitude)).unwrap();
        assert!(
            (here - truth).abs() < 0.1,
            "{latitude}, {longitude}: {here} {truth}"
        );
    }
}

#[test]
fn a_grid_of_egm2008_gives_what_proj_finds_in_it_and_something_else_is_refused() {
    let known: KnownGeoids = listed("geoids.json");
    for grid in known.egm2008 {
        let file = grid.file.display();
        let geoids = match (GeoidGrid::open(&grid.file), &grid.refused) {
            (Ok(read), None) => Geoids::with_egm2008(read),
            (Err(error), Some(word)) => {
                let line = error.to_string();
                assert!(line.contains(word.as_str()), "{file}: {line}");
                continue;
            }
            (read, _) => panic!("{file}: {:?}", read.map(|_| ())),
        };
        let over = |place| undulation(&geoids, VerticalDatum::Egm2008, place);
        for (latitude, longitude, truth) in grid.undulations {
            let here = over((latitude, longitude)).unwrap();
            assert!(
                (here - truth).abs() < 0.002,
                "{file}: {latitude}, {longitude}: {here} {truth}"
            );
        }
        for place in grid.outside {
            let outside = over(place);
            assert!(
                matches!(outside, Err(GeoidError::Outside { .. })),
                "{outside:?}"
            );
        }
    }
}
