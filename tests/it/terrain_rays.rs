//! Rays to elevation models, against a caster of rays that `tests/terrain/rays.py` is: by nothing but what the surface is.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use scarp_geo::{
    Altitudes, Attitude, CameraModel, Dem, GeoError, Geometry, GroundPoint, HeightEgm96,
    LocalPlane, Pose, PoseCovariance, Terrain, VerticalDatum, Wgs84,
};
use serde::Deserialize;

use super::support::at;

/// How far from one another the two may lie on the ground, in metres.
const APART_M: f64 = 0.1;

#[derive(Deserialize)]
struct Reference {
    camera: Camera,
    poses: Vec<ReferencePose>,
}

#[derive(Deserialize)]
struct Camera {
    width: f64,
    height: f64,
    focal_px: f64,
}

#[derive(Deserialize)]
struct ReferencePose {
    longitude: f64,
    latitude: f64,
    height: f64,
    yaw: f64,
    pitch: f64,
    roll: f64,
    rays: Vec<Ray>,
}

#[derive(Deserialize)]
struct Ray {
    pixel: (f64, f64),
    meets: Meets,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Meets {
    /// Longitude, latitude, height.
    Ground(f64, f64, f64),
    /// `outside` or `graze`.
    Not(String),
}

impl ReferencePose {
    fn geometry(&self, camera: &Camera, terrain: &Terrain) -> Result<Geometry, GeoError> {
        let pose = Pose {
            place: at(self.latitude, self.longitude),
            altitude: Altitudes {
                egm96: Some(HeightEgm96::new(self.height)),
                ..Altitudes::default()
            },
            attitude: Attitude {
                yaw_deg: self.yaw,
                pitch_deg: self.pitch,
                roll_deg: self.roll,
            },
            covariance: PoseCovariance::default(),
            velocity: None,
            time: None,
        };
        let size = (camera.width as u32, camera.height as u32);
        let camera = CameraModel::centred(size.0, size.1, camera.focal_px);
        Geometry::new(camera, &pose, terrain)
    }
}

fn apart_m(a: Wgs84, b: Wgs84) -> f64 {
    let there = LocalPlane::at(a).to_metres(b.coord());
    there.x.hypot(there.y)
}

/// What is wrong with a ray; nothing where it is right.
fn fault(ray: &Ray, found: &Result<GroundPoint, GeoError>) -> Option<String> {
    match (&ray.meets, found) {
        (&Meets::Ground(longitude, latitude, height), Ok(point)) => {
            let (beside, above) = (
                apart_m(at(latitude, longitude), point.place),
                (point.height.metres() - height).abs(),
            );
            let right = beside < APART_M && above < APART_M;
            (!right).then(|| format!("{beside} m beside it, {above} m above or below"))
        }
        (Meets::Not(why), Ok(point)) if why == "outside" => {
            Some(format!("{point:?}, where there is nothing"))
        }
        (Meets::Ground(..), Err(error)) => Some(error.to_string()),
        (Meets::Not(_), _) => None,
    }
}

/// Casts the rays of the reference onto a model, and compares; how many met the ground.
fn compare(model: &Path, dem: Dem) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rays.json");
    let made = Command::new("/usr/bin/python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terrain/rays.py"))
        .args([model, &out])
        .output()
        .expect("Debian's python3, which tools/test installs with gdal-bin");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    let reference: Reference = serde_json::from_str(&fs::read_to_string(out).unwrap()).unwrap();
    let terrain = Terrain::dem(dem, 1.0);
    let (mut met, mut left_out, mut faults) = (0, 0, Vec::new());
    for (n, pose) in reference.poses.iter().enumerate() {
        let geometry = pose.geometry(&reference.camera, &terrain).unwrap();
        for ray in &pose.rays {
            let found = geometry.pixel_to_ground(ray.pixel.0, ray.pixel.1);
            met += usize::from(matches!(ray.meets, Meets::Ground(..)));
            left_out += usize::from(matches!(&ray.meets, Meets::Not(why) if why == "graze"));
            faults.extend(fault(ray, &found).map(|f| format!("pose {n}, {:?}: {f}", ray.pixel)));
        }
        faults.extend(footprint_fault(pose, &geometry).map(|f| format!("pose {n}: {f}")));
    }
    assert!(faults.is_empty(), "{met} met\n{}", faults.join("\n"));
    assert!(
        left_out * 20 < met,
        "{left_out} graze the ground, {met} meet it"
    );
    met
}

/// The first four rays are those of the corners, in the order of a footprint.
fn footprint_fault(pose: &ReferencePose, geometry: &Geometry) -> Option<String> {
    let corners = pose.rays[..4].iter().map(|ray| match ray.meets {
        Meets::Ground(longitude, latitude, _) => Some(at(latitude, longitude)),
        Meets::Not(_) => None,
    });
    let corners: Vec<Wgs84> = corners.collect::<Option<_>>()?;
    // A point between them may have no ground.
    let footprint = geometry.footprint().ok()?;
    let ring: Vec<Wgs84> = footprint
        .exterior()
        .coords()
        .map(|c| Wgs84::from_coord(*c))
        .collect();
    let far = corners
        .iter()
        .map(|corner| {
            ring.iter()
                .map(|c| apart_m(*corner, *c))
                .fold(f64::INFINITY, f64::min)
        })
        .fold(0.0, f64::max);
    (far > APART_M).then(|| format!("a corner of the footprint lies {far} m off"))
}

#[test]
fn rays_to_steep_ground_end_where_the_surface_is() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/georeference/dem.tif");
    let met = compare(&model, Dem::open(&model, None).unwrap());
    assert!(met > 300, "{met}");
}

#[test]
fn rays_to_the_mountains_of_exploradores_end_where_the_surface_is() {
    let data = env::var_os("SCARP_REAL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let model = data.join("dem/exploradores-30m-utm18s.tif");
    if !model.exists() {
        eprintln!(
            "NOT CHECKED: {} is absent; set SCARP_REAL_DATA",
            model.display()
        );
        return;
    }
    let met = compare(
        &model,
        Dem::open(&model, Some(VerticalDatum::Egm96)).unwrap(),
    );
    assert!(met > 300, "{met}");
}
