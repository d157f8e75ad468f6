//! Elevation models and geoids as the world delivers them: each gives the right heights, or the right reason why not.
//!
//! `tests/terrain/make.py` writes them with GDAL, and computes the truth with PROJ and numpy.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use scarp_geo::{
    Altitudes, Attitude, CameraModel, Dem, DemStatement, GeoidError, GeoidGrid, Geoids, Geometry,
    Height, HeightEgm96, Pose, PoseCovariance, Terrain, VerticalDatum, Wgs84,
};
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

/// The shifts to WGS84 that `proj4rs` knows by names of their own, as its source has them.
const NAMED_SHIFTS: [&str; 7] = [
    "GGRS87=-199.87,74.79,246.62",
    "OSGB36=446.448,-125.157,542.060,0.1502,0.2470,0.8421,-20.4894",
    "carthage=-263.0,6.0,431.0",
    "hermannskogel=577.326,90.129,463.919,5.137,1.474,5.297,2.4232",
    "ire65=482.530,-130.596,564.557,-1.042,-0.214,-0.631,8.15",
    "nzgd49=59.47,-5.04,187.44,0.47,-0.1,1.024,-4.5993",
    "potsdam=598.1,73.7,418.2,0.202,0.045,-2.455,6.7",
];

#[test]
fn every_older_datum_is_known_as_well_as_epsgs_register_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = fs::read_to_string(here.join("src/geo/datum_shifts.txt")).unwrap();
    let shifts = kept.lines().map(|line| line.split(' ').next().unwrap());
    let named = |shift: &str| {
        let named = NAMED_SHIFTS
            .iter()
            .find(|known| known.starts_with(&format!("{shift}=")));
        named.map_or_else(|| shift.to_owned(), |known| (*known).to_owned())
    };
    let asked: Vec<String> = shifts.map(named).collect();
    assert!(asked.len() > 250, "{}", asked.len());
    let mut script = Command::new("/usr/bin/python3")
        .arg(here.join("tests/terrain/datum_shifts.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = script.stdin.take().unwrap();
    stdin.write_all(asked.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let said = script.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), kept);
}

/// The half-width of the error of the ground's height straight below a camera whose own place and attitude are known exactly.
fn le90_below(dem: Dem, place: Wgs84, height_m: f64) -> f64 {
    let pose = Pose {
        place,
        altitude: Altitudes {
            egm96: Some(HeightEgm96::new(height_m)),
            ..Altitudes::default()
        },
        attitude: Attitude {
            yaw_deg: 0.0,
            pitch_deg: -90.0,
            roll_deg: 0.0,
        },
        covariance: PoseCovariance::isotropic(0.0, 0.0, 0.0),
        velocity: None,
        time: None,
    };
    let camera = CameraModel::centred(400, 300, 300.0);
    let geometry = Geometry::new(camera, &pose, &Terrain::dem(dem, 1.0)).unwrap();
    geometry.pixel_to_ground(200.0, 150.0).unwrap().le90_m
}

#[test]
fn a_datum_that_is_known_to_metres_widens_the_error_where_the_ground_is_steep() {
    let kinds: Vec<Kind> = listed("kinds.json");
    let kind = kinds
        .iter()
        .find(|kind| kind.name == "British grid")
        .unwrap();
    let open = || Dem::open(&kind.file, kind.stated.statement()).unwrap();
    let (dem, sigma_m) = (open(), 2.0);
    for &(latitude, longitude, height) in &kind.heights {
        let at_metres = |north: f64, east: f64| {
            let metres = 111_320.0;
            let east = east / latitude.to_radians().cos();
            dem.sample(at(latitude + north / metres, longitude + east / metres))
                .unwrap()
        };
        let north = (at_metres(30.0, 0.0) - at_metres(-30.0, 0.0)) / 60.0;
        let east = (at_metres(0.0, 30.0) - at_metres(0.0, -30.0)) / 60.0;
        // A metre of the model's own, and what two metres to the side change on the slope; 1.6449 sigmas to either side hold 90 %.
        let expected = 1.644_9 * 1.0_f64.hypot(sigma_m * north.hypot(east));
        let le90 = le90_below(open(), at(latitude, longitude), height + 500.0);
        assert!((le90 - expected).abs() < 0.002, "{le90} {expected}");
    }
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
