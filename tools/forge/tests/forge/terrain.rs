//! `scarp-forge terrain` against the formula of a hill, PROJ's grid of EGM96 and GDAL's warp.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use scarp_geo::{Dem, Latitude, Longitude, Wgs84};
use serde::Deserialize;
use serde_json::Value;

/// How far a prepared height may lie from the truth.
const TOLERANCE_M: f64 = 0.1;

#[derive(Deserialize)]
struct Case {
    name: String,
    arguments: Vec<String>,
    /// Latitude, longitude, height.
    #[serde(default)]
    heights: Vec<(f64, f64, f64)>,
    #[serde(default)]
    gaps: Vec<(f64, f64)>,
    #[serde(default)]
    datum: String,
    #[serde(default)]
    status: i32,
    /// Share of the area without a height.
    missing: Option<f64>,
    cell_m: Option<f64>,
    /// How far it may lie from its sources.
    apart_m: Option<f64>,
    #[serde(default)]
    horizontal_sigma_m: f64,
    refused: Option<Vec<String>>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn at(latitude: f64, longitude: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude),
        Longitude::from_degrees(longitude),
    )
}

fn terrain(arguments: &[String], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scarp-forge"))
        .arg("terrain")
        .args(arguments)
        .arg("--out")
        .arg(out)
        .arg("--json")
        .output()
        .unwrap()
}

/// Standard output of a program of GDAL.
fn gdal(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .expect("GDAL's programs, which tools/test installs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What is wrong with what came of a case.
fn faults(case: &Case, out: &Path) -> Vec<String> {
    let output = terrain(&case.arguments, out);
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(words) = &case.refused {
        let is_one_line = said.lines().count() == 1 && output.status.code() == Some(1);
        let missing = words.iter().filter(|word| !said.contains(*word));
        let mut faults: Vec<String> = missing
            .map(|word| format!("{word:?} is not said"))
            .collect();
        if !is_one_line || out.exists() {
            faults.push(format!("{:?} {said}", output.status));
        }
        return faults;
    }
    if output.status.code() != Some(case.status) {
        return vec![format!("{:?} {said}", output.status)];
    }
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let dem = Dem::open(out, None).unwrap();
    let mut faults = Vec::new();
    for &(latitude, longitude, truth) in &case.heights {
        match dem.sample(at(latitude, longitude)) {
            Ok(height) if (height - truth).abs() < TOLERANCE_M => {}
            other => faults.push(format!("{latitude}, {longitude}: {other:?} for {truth}")),
        }
    }
    for &(latitude, longitude) in &case.gaps {
        if let Ok(height) = dem.sample(at(latitude, longitude)) {
            faults.push(format!("{latitude}, {longitude}: {height} in a gap"));
        }
    }
    let area = &report["area"];
    let missing = area["voids"].as_f64().unwrap() / area["cells"].as_f64().unwrap();
    if case
        .missing
        .is_some_and(|share| (missing - share).abs() > 0.1 * share)
    {
        faults.push(format!("{missing} of the area is missing"));
    }
    if case.status == 3 && !said.contains("has no height") {
        faults.push(format!("{said:?} does not tell what is missing"));
    }
    let cell_m = report["cell_m"].as_f64().unwrap();
    if case.cell_m.is_some_and(|wanted| wanted != cell_m) {
        faults.push(format!("cells of {cell_m} m"));
    }
    let most = report["resampling"]["most_m"].as_f64().unwrap();
    // Heights are kept in 32 bits.
    if case.apart_m.is_some_and(|apart| most > apart + 1e-4) {
        faults.push(format!("{most} m from its sources"));
    }
    let told = (dem.datum().name(), dem.horizontal_sigma_m());
    if told != (case.datum.as_str(), case.horizontal_sigma_m) || report["datum"] != case.datum {
        faults.push(format!("{told:?}"));
    }
    faults
}

#[test]
fn every_prepared_model_holds_the_hill_or_says_why_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("/usr/bin/python3")
        .arg(repository().join("tests/terrain/prepare.py"))
        .arg(folder.path())
        .output()
        .expect("Debian's python3, which tools/test installs with gdal-bin");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    let cases = fs::read_to_string(folder.path().join("prepare.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&cases).unwrap();
    assert!(cases.len() > 12);
    let wrong: Vec<String> = cases
        .iter()
        .enumerate()
        .flat_map(|(n, case)| {
            let out = folder.path().join(format!("prepared-{n}.tif"));
            let faults = faults(case, &out).into_iter();
            faults.map(|fault| format!("{}: {fault}", case.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The heights of a raster, row by row, as GDAL reads them.
fn heights(path: &Path) -> Vec<f64> {
    let text = path.with_extension("xyz");
    gdal(
        "gdal_translate",
        &[
            "-q",
            "-of",
            "XYZ",
            path.to_str().unwrap(),
            text.to_str().unwrap(),
        ],
    );
    let heights = fs::read_to_string(text).unwrap();
    heights
        .lines()
        .map(|line| line.split(' ').nth(2).unwrap().parse().unwrap())
        .collect()
}

#[test]
fn a_prepared_model_of_steep_ground_is_gdals_warp_of_it_cell_by_cell() {
    let folder = tempfile::tempdir().unwrap();
    let source = repository().join("tests/fixtures/georeference/geographic-point-egm2008.tif");
    let (ours, theirs) = (
        folder.path().join("ours.tif"),
        folder.path().join("theirs.tif"),
    );
    let picture = folder.path().join("ours.png");
    let arguments = [
        "-73.1725,-46.5650,-73.1665,-46.5615",
        "--from",
        source.to_str().unwrap(),
        "--datum",
        "egm2008",
        "--margin",
        "0",
        "--picture",
        picture.to_str().unwrap(),
    ];
    let output = terrain(&arguments.map(str::to_owned), &ours);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["epsg"], 32718);

    let info: Value =
        serde_json::from_str(&gdal("gdalinfo", &["-json", ours.to_str().unwrap()])).unwrap();
    let system = info["coordinateSystem"]["wkt"].as_str().unwrap();
    assert!(
        system.contains("UTM zone 18S") && system.contains("EGM2008"),
        "{system}"
    );
    assert_eq!(info["bands"][0]["block"], serde_json::json!([256, 256]));
    let place = |n: usize| info["geoTransform"][n].as_f64().unwrap();
    let (cell, west, north) = (place(1), place(0), place(3));
    let size = |n: usize| info["size"][n].as_f64().unwrap();
    let (east, south) = (west + size(0) * cell, north - size(1) * cell);
    let warp = format!(
        "-q -novshift -et 0 -r bilinear -t_srs EPSG:32718+3855 -te {west} {south} {east} {north} -tr {cell} {cell}"
    );
    let mut warp: Vec<&str> = warp.split(' ').collect();
    warp.extend([source.to_str().unwrap(), theirs.to_str().unwrap()]);
    gdal("gdalwarp", &warp);
    let (ours, theirs) = (heights(&ours), heights(&theirs));
    assert!(ours.len() == theirs.len() && ours.len() > 1000);
    let apart = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs());
    let furthest = apart.fold(0.0, f64::max);
    assert!(furthest < TOLERANCE_M, "{furthest}");

    let picture = image::open(&picture).unwrap();
    assert_eq!(
        (f64::from(picture.width()), f64::from(picture.height())),
        (size(0), size(1))
    );
}

#[test]
fn heights_over_the_ellipsoid_are_stated_so_that_gdal_reads_them_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let source = repository().join("tests/fixtures/georeference/dem.tif");
    let ours = folder.path().join("ours.tif");
    let arguments = [
        "-73.1725,-46.5650,-73.1665,-46.5615",
        "--from",
        source.to_str().unwrap(),
        "--datum",
        "ellipsoid",
        "--margin",
        "0",
    ];
    let output = terrain(&arguments.map(str::to_owned), &ours);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let info = gdal("gdalinfo", &[ours.to_str().unwrap()]);
    assert!(
        info.to_lowercase().contains("ellipsoid") && info.contains("Unit Type: m"),
        "{info}"
    );
}
