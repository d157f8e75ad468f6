//! A survey on disk: the same bytes from the same seed, and files that other programs read as they should.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use scarp_sim::{
    flight::Plan,
    sensors::Sigmas,
    survey::fly,
    survey_plan::{Request, frame_name},
};

fn small(seed: u64, sigma: f64) -> Request {
    Request {
        seed,
        plan: Plan {
            area_km2: 0.06,
            ..Plan::default()
        },
        sigmas: Sigmas {
            horizontal_m: 1.5 * sigma,
            vertical_m: 2.0 * sigma,
            attitude_deg: 0.5 * sigma,
        },
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            );
        }
    }
    files
}

fn with_threads<T: Send>(count: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build()
        .unwrap()
        .install(work)
}

/// What a program prints; the programs are those that `tools/test` installs.
fn output(program: &str, arguments: &[&str]) -> String {
    let run = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("{program} does not start ({error}); run tools/test, which installs it")
        });
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8(run.stdout).unwrap()
}

fn json(program: &str, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&output(program, arguments)).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (one, four, other) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    with_threads(1, || fly(&small(900_010, 1.0), one.path(), |_| ())).unwrap();
    with_threads(4, || fly(&small(900_010, 1.0), four.path(), |_| ())).unwrap();
    fly(&small(900_011, 1.0), other.path(), |_| ()).unwrap();
    let (one, four, other) = (files(one.path()), files(four.path()), files(other.path()));
    assert!(one.len() >= 7 + 4, "{:?}", one.keys());
    for (name, bytes) in &one {
        assert!(four.get(name) == Some(bytes), "{name} differs");
        assert!(
            other.get(name) != Some(bytes),
            "{name} does not depend on the seed"
        );
    }
}

#[test]
fn exiftool_and_gdal_read_a_survey_without_errors_as_it_was_flown() {
    let folder = tempfile::tempdir().unwrap();
    let survey = fly(&small(900_012, 0.0), folder.path(), |_| ()).unwrap();
    let truth = fs::read_to_string(folder.path().join("track_truth.csv")).unwrap();
    let frame = folder.path().join("frames/SCARP_0002.JPG");
    let row: Vec<&str> = truth.lines().nth(2).unwrap().split(',').collect();
    assert_eq!(row[0], "SCARP_0002.JPG");
    let number = |column: usize| row[column].parse::<f64>().unwrap();

    let tags = json(
        "exiftool",
        &["-n", "-json", "-a", "-G1", frame.to_str().unwrap()],
    );
    let tag = |name: &str| {
        let value = &tags[0][name];
        let parsed = value
            .as_f64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        parsed.unwrap_or_else(|| panic!("{name}: {value}"))
    };
    let near = |a: f64, b: f64, within: f64| assert!((a - b).abs() <= within, "{a} {b}");
    assert!(tags[0].get("ExifTool:Warning").is_none(), "{tags}");
    near(tag("Composite:GPSLatitude"), number(2), 2e-9);
    near(tag("Composite:GPSLongitude"), number(3), 2e-9);
    near(tag("Composite:GPSAltitude"), number(4), 1e-3);
    near(tag("XMP-drone-dji:GPSLatitude"), number(2), 2e-9);
    near(tag("XMP-drone-dji:AbsoluteAltitude"), number(4), 1e-3);
    near(
        tag("XMP-drone-dji:RelativeAltitude"),
        number(4) - survey.takeoff_m,
        2e-3,
    );
    near(tag("XMP-drone-dji:GimbalPitchDegree"), number(6), 1e-4);
    near(tag("XMP-drone-dji:CalibratedFocalLength"), 800.0, 1e-6);
    near(tag("ExifIFD:FocalLength"), 4.0, 1e-3);
    near(tag("ExifIFD:FocalLengthIn35mmFormat"), 22.0, 0.0);
    let time = row[1].replace('-', ":").replace('T', " ");
    let stamp = tags[0]["Composite:SubSecDateTimeOriginal"]
        .as_str()
        .unwrap();
    assert!(
        stamp.starts_with(time.trim_end_matches('Z')),
        "{stamp} {time}"
    );

    let compound = ["--config", "GTIFF_REPORT_COMPD_CS", "YES"];
    let dem = json(
        "gdalinfo",
        &[&compound[..], &["-json", survey.dem.to_str().unwrap()]].concat(),
    );
    let wkt = dem["coordinateSystem"]["wkt"].as_str().unwrap();
    assert!(wkt.contains("EGM96") && wkt.contains("UTM zone"), "{wkt}");
    let (easting, northing) = survey.world.to_plane(500.0, 300.0);
    let place = [easting, northing].map(|metres| format!("{metres:.3}"));
    let height = output(
        "gdallocationinfo",
        &[
            "-valonly",
            "-geoloc",
            survey.dem.to_str().unwrap(),
            &place[0],
            &place[1],
        ],
    );
    near(
        height.trim().parse().unwrap(),
        survey.world.height(500.0, 300.0),
        1.5,
    );

    let layer = output(
        "ogrinfo",
        &[
            "-al",
            "-so",
            folder.path().join("truth.geojson").to_str().unwrap(),
        ],
    );
    assert!(
        layer.contains(&format!("Feature Count: {}", survey.truth.len())),
        "{layer}"
    );
}

#[test]
fn frames_are_in_focus_and_show_more_than_one_tone() {
    let folder = tempfile::tempdir().unwrap();
    let survey = fly(&small(900_013, 1.0), folder.path(), |_| ()).unwrap();
    for shot in 0..survey.frames {
        let path = survey.frames_dir.join(frame_name(shot));
        let image = image::open(path).unwrap().to_luma8();
        assert_eq!(image.dimensions(), (1280, 960));
        let mean = image.iter().map(|&v| f64::from(v)).sum::<f64>() / image.len() as f64;
        let spread = image
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / image.len() as f64;
        assert!(
            (20.0..235.0).contains(&mean) && spread.sqrt() > 8.0,
            "{mean} {spread}"
        );
        assert!(
            image.iter().filter(|&&v| v == 0).count() * 5 < image.len(),
            "unbaked ground in frame {shot}"
        );
    }
}
