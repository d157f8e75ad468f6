//! Every kind of photograph that was once placed silently wrong, against an independent computation: `tests/placement/make.py` writes
//! them with where each lies by PROJ, or with why it is to be refused.
//!
//! Needs the Python environment target/pymavlink, which tools/test makes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use geo::{Centroid, Coord, MultiPolygon, Polygon};
use scarp_geo::{LocalPlane, Wgs84};
use serde::Deserialize;
use serde_json::Value;

use super::replay::{features, lines, tiny_model};

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pymavlink/bin/python");
const MAKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/placement/make.py");
const HOW: &str = "target/pymavlink must be a Python environment with numpy, pyproj and pillow; `tools/test rust` makes it";

/// How far a corner of a footprint may lie from where it is, in metres.
const CORNER_M: f64 = 0.1;
/// How far the middle of a landslide may, which is found in pixels of 0.2 m.
const LANDSLIDE_M: f64 = 0.3;

/// What is to become of a photograph.
#[derive(Deserialize)]
struct Expected {
    outcome: String,
    /// Words of the reason.
    says: Option<String>,
    /// Longitude and latitude of what the corners show.
    corners: Option<Vec<[f64; 2]>>,
    /// Of the landslide's centroid.
    landslide: Option<[f64; 2]>,
    time: Option<String>,
}

/// The photographs of one case, by name.
type Case = BTreeMap<String, Expected>;

fn made(folder: &Path) -> BTreeMap<String, Case> {
    let made = Command::new(PYTHON).arg(MAKE).arg(folder).output();
    let made = made.expect(HOW);
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{HOW}: {said}");
    let text = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What a replay of the case's photographs says, its footprints and its landslides.
fn replay(photographs: &Path, out: &Path) -> (Value, Vec<Value>, Vec<Value>) {
    let board = out.join("board.toml");
    let text = "[inference]\ntile_overlap_px = 16\n[detection]\nmin_area_m2 = 5.0\ncell_m = 0.2\n";
    std::fs::write(&board, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp"));
    command.arg("replay");
    let options = photographs.join("options.json");
    if let Ok(options) = std::fs::read_to_string(options) {
        let options: Vec<String> = serde_json::from_str(&options).unwrap();
        command.args(options).current_dir(photographs);
    }
    let output = command
        .arg(photographs)
        .args(["--json", "--model"])
        .arg(tiny_model())
        .arg("--board")
        .arg(&board)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}: {}", photographs.display(), lines(&output)));
    let results = PathBuf::from(report["folder"].as_str().unwrap());
    let whole = report["tagged"] == report["frames"];
    let status = if whole { 0 } else { 3 };
    assert_eq!(output.status.code(), Some(status), "{}", lines(&output));
    let [footprints, landslides] =
        ["footprints.geojson", "landslides.geojson"].map(|file| features(&results.join(file)));
    (report, footprints, landslides)
}

/// The outer rings of a feature, in metres of a plane.
fn rings(feature: &Value, plane: &LocalPlane) -> Vec<Vec<Coord<f64>>> {
    let geometry = &feature["geometry"];
    let polygons = match geometry["type"].as_str().unwrap() {
        "Polygon" => vec![&geometry["coordinates"]],
        _ => geometry["coordinates"].as_array().unwrap().iter().collect(),
    };
    let metres = |point: &Value| {
        let [x, y] = [0, 1].map(|k| point[k].as_f64().unwrap());
        plane.to_metres(Coord { x, y })
    };
    let ring = |polygon: &&Value| polygon[0].as_array().unwrap().iter().map(metres).collect();
    polygons.iter().map(ring).collect()
}

/// How far the nearest of `points` lies from a place, in metres.
fn nearest(points: &[Coord<f64>], place: Coord<f64>) -> f64 {
    let far = points
        .iter()
        .map(|point| (*point - place).x.hypot((*point - place).y));
    far.fold(f64::INFINITY, f64::min)
}

/// What is wrong with a photograph that is to be placed, if anything is.
fn check_placed(expected: &Expected, footprint: &Value, landslides: &[Value]) -> Option<String> {
    let corners = expected.corners.as_ref().unwrap();
    let first = Coord::from(corners[0]);
    let plane = LocalPlane::at(Wgs84::from_coord(first));
    let outline: Vec<_> = rings(footprint, &plane).into_iter().flatten().collect();
    for corner in corners {
        let off = nearest(&outline, plane.to_metres(Coord::from(*corner)));
        if off > CORNER_M {
            return Some(format!("a corner is {off:.2} m off"));
        }
    }
    if let Some(time) = &expected.time
        && footprint["properties"]["time"] != **time
    {
        return Some(format!("its time is {}", footprint["properties"]["time"]));
    }
    let centroid = Coord::from(expected.landslide?);
    // One outline may be cut in two at the antimeridian.
    let centroid_of = |landslide: &Value| {
        let parts = rings(landslide, &plane).into_iter();
        let parts = parts.map(|ring| Polygon::new(ring.into(), Vec::new()));
        MultiPolygon::from_iter(parts).centroid().map(Coord::from)
    };
    let found: Vec<Coord<f64>> = landslides.iter().filter_map(centroid_of).collect();
    let off = nearest(&found, plane.to_metres(centroid));
    (off > LANDSLIDE_M).then(|| format!("the landslide is {off:.2} m off"))
}

#[test]
fn every_kind_of_photograph_is_placed_where_it_is_or_refused_with_the_true_reason() {
    let folder = tempfile::tempdir().unwrap();
    let cases = made(folder.path());
    assert!(cases.len() > 60);
    let mut wrong = Vec::new();
    for (case, photographs) in &cases {
        let out = tempfile::tempdir().unwrap();
        let (report, footprints, landslides) = replay(&folder.path().join(case), out.path());
        for (name, expected) in photographs {
            let not_searched = report["not_searched"].as_array().unwrap();
            let refused = not_searched.iter().find(|frame| frame["name"] == **name);
            let footprint = footprints
                .iter()
                .find(|feature| feature["properties"]["name"] == **name);
            let fault = match (expected.outcome.as_str(), footprint, refused) {
                ("tagged", Some(footprint), None) => check_placed(expected, footprint, &landslides),
                (outcome, None, Some(refused)) => {
                    let reason = refused["reason"].as_str().unwrap();
                    let says = expected.says.as_deref().unwrap_or("nothing");
                    let right = refused["outcome"] == outcome && reason.contains(says);
                    (!right).then(|| format!("{}: {reason}", refused["outcome"]))
                }
                (_, Some(_), _) => Some("it is placed".to_owned()),
                (_, None, None) => Some("nothing became of it".to_owned()),
            };
            wrong.extend(fault.map(|fault| format!("{case}/{name}: {fault}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
