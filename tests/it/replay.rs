//! The firmware as its users start it: `scarp replay` and `scarp check` on folders good and bad.

use std::{
    fs,
    io::Cursor,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use image::{ImageFormat, Rgb, RgbImage};
use img_parts::{
    Bytes,
    jpeg::{Jpeg, JpegSegment, markers},
};
use scarp_test_support::signal::interrupt;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// A photograph from 100 m above ground at 0.2 m per pixel: green, with a red landslide of 40 x 24 pixels.
pub fn photograph() -> Vec<u8> {
    let image = RgbImage::from_fn(240, 160, |x, y| {
        if (80..120).contains(&x) && (32..56).contains(&y) {
            Rgb([180, 90, 60])
        } else {
            Rgb([60, 120, 50])
        }
    });
    let mut jpeg = Cursor::new(Vec::new());
    image.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

/// The photograph with DJI's XMP; `position` is latitude and longitude.
pub fn tagged(position: (f64, f64)) -> Vec<u8> {
    let (latitude, longitude) = position;
    with_xmp(&format!(
        "drone-dji:RelativeAltitude='+100.00' \
         drone-dji:GpsLatitude='{latitude:.8}' drone-dji:GpsLongitude='{longitude:.8}' \
         drone-dji:GimbalYawDegree='+0.00' drone-dji:GimbalPitchDegree='-90.00' drone-dji:GimbalRollDegree='+0.00' \
         drone-dji:CalibratedFocalLength='500.0'"
    ))
}

/// The photograph with these properties of DJI's.
pub fn with_xmp(properties: &str) -> Vec<u8> {
    let xmp = format!(
        "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
         xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' \
         xmlns:drone-dji='http://www.dji.com/drone-dji/1.0/' {properties}/></rdf:RDF></x:xmpmeta>"
    );
    let mut jpeg = Jpeg::from_bytes(photograph().into()).unwrap();
    let segment = JpegSegment::new_with_contents(markers::APP1, Bytes::from(xmp));
    jpeg.segments_mut().insert(0, segment);
    let mut bytes = Vec::new();
    jpeg.encoder().write_to(&mut bytes).unwrap();
    bytes
}

pub struct Flight {
    folder: TempDir,
}

impl Flight {
    /// A folder of photographs and a board file that suits the tiny model.
    pub fn with(photographs: &[(&str, Vec<u8>)]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("photos")).unwrap();
        for (name, bytes) in photographs {
            fs::write(folder.path().join("photos").join(name), bytes).unwrap();
        }
        let board = "[inference]\nworkers = 2\ntile_overlap_px = 16\n[detection]\nmin_area_m2 = 5.0\ncell_m = 0.4\n";
        fs::write(folder.path().join("board.toml"), board).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn replay(&self, model: &Path) -> Command {
        self.replay_by(Command::new(env!("CARGO_BIN_EXE_scarp")), model)
    }

    /// The same, begun by another command that starts the program.
    pub fn replay_by(&self, mut command: Command, model: &Path) -> Command {
        command
            .arg("replay")
            .arg(self.path("photos"))
            .arg("--model")
            .arg(model)
            .arg("--board")
            .arg(self.path("board.toml"))
            .arg("--out")
            .arg(self.path("out"))
            .arg("--json");
        command
    }

    /// The folder of each survey.
    fn surveys(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path("out")) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_dir()).collect()
    }

    fn features(&self, file: &str) -> Vec<Value> {
        let [survey] = &self.surveys()[..] else {
            panic!("surveys: {:?}", self.surveys());
        };
        features(&survey.join(file))
    }
}

pub fn features(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    let collection: Value = serde_json::from_str(&text).unwrap();
    collection["features"].as_array().unwrap().clone()
}

pub fn tiny_model() -> PathBuf {
    Path::new(FIXTURES).join("tiny_model")
}

pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn lines(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_good_folder_gives_footprints_and_the_landslide_at_its_place() {
    let flight = Flight::with(&[
        ("a.jpg", tagged((31.0, 103.5))),
        ("b.jpg", tagged((31.000_000_5, 103.5))),
    ]);
    let output = flight.replay(&tiny_model()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", lines(&output));
    let report = json(&output);
    assert_eq!(
        (&report["frames"], &report["tagged"]),
        (&2.into(), &2.into())
    );
    assert_eq!(report["landslides"], 1);
    assert!(report["peak_rss_bytes"].as_u64().unwrap() > 1_000_000);
    assert_eq!(flight.features("footprints.geojson").len(), 2);
    let landslide = &flight.features("landslides.geojson")[0];
    let area = landslide["properties"]["area_m2"].as_f64().unwrap();
    assert!((area - 40.0 * 24.0 * 0.04).abs() < 8.0, "{area} m²");
    // The middle of the landslide is 20 pixels left of and 36 above the middle of the picture: 4 m west, 7.2 m north.
    let ring = landslide["geometry"]["coordinates"][0].as_array().unwrap();
    let mean = |k: usize| {
        let sum: f64 = ring[1..].iter().map(|c| c[k].as_f64().unwrap()).sum();
        sum / (ring.len() - 1) as f64
    };
    let (east, north) = ((mean(0) - 103.5) * 95_500.0, (mean(1) - 31.0) * 110_860.0);
    assert!(
        (east + 4.0).abs() < 1.0 && (north - 7.2).abs() < 1.0,
        "{east} m east, {north} m north"
    );
}

#[test]
fn bad_files_are_named_and_counted_and_the_good_ones_are_still_searched() {
    let good = tagged((31.0, 103.5));
    let mut pixel = Cursor::new(Vec::new());
    RgbImage::new(1, 1)
        .write_to(&mut pixel, ImageFormat::Jpeg)
        .unwrap();
    let mut from_two_metres = tagged((31.001, 103.5));
    let height = from_two_metres
        .windows(7)
        .position(|w| w == b"+100.00")
        .unwrap();
    from_two_metres[height..height + 7].copy_from_slice(b"+002.00");
    let flight = Flight::with(&[
        ("good.jpg", good.clone()),
        ("cut.jpg", good[..good.len() * 2 / 3].to_vec()),
        ("empty.jpg", Vec::new()),
        ("text.jpg", b"not a picture".to_vec()),
        ("pixel.jpg", pixel.into_inner()),
        ("nowhere.jpg", photograph()),
        ("zero.jpg", tagged((0.0, 0.0))),
        ("low.jpg", from_two_metres),
    ]);
    // As of a card that fails: a file whose bytes the system refuses.
    symlink("/proc/self/mem", flight.path("photos/failing.jpg")).unwrap();
    let output = flight.replay(&tiny_model()).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", lines(&output));
    let report = json(&output);
    assert_eq!(report["frames"], 9);
    assert_eq!(report["tagged"], 1);
    assert_eq!(report["untagged"], 2);
    assert_eq!(report["unreadable"], 1);
    assert_eq!(report["corrupt"], 4);
    assert_eq!(report["unsuitable"], 1);
    assert_eq!(report["landslides"], 1);
    insta::assert_json_snapshot!("json-replay", report, {
        ".survey" => "a UUID", ".folder" => "OUT/survey-ID", ".seconds" => "seconds", ".peak_rss_bytes" => "bytes",
        ".not_searched[].reason" => "one line",
    });
    for frame in report["not_searched"].as_array().unwrap() {
        let reason = frame["reason"].as_str().unwrap();
        assert!(
            reason.contains("; ") && reason.lines().count() == 1,
            "{reason}"
        );
    }
    let said = lines(&output);
    for name in [
        "cut.jpg",
        "empty.jpg",
        "text.jpg",
        "pixel.jpg",
        "nowhere.jpg",
        "zero.jpg",
        "low.jpg",
        "failing.jpg",
    ] {
        assert_eq!(
            said.lines().filter(|line| line.contains(name)).count(),
            1,
            "{name} in:\n{said}"
        );
    }
    let summary = "Frames: 9, of them 1 tagged, 2 untagged, 1 unreadable, 1 of an unsuitable scale, 4 corrupt, 0 dropped.";
    assert!(said.contains(summary), "{said}");
    assert_eq!(flight.features("footprints.geojson").len(), 1);
}

#[test]
fn a_folder_without_photographs_and_a_bad_model_each_give_one_line_and_status_1() {
    let empty = Flight::with(&[]);
    let spoilt = TempDir::new().unwrap();
    for entry in fs::read_dir(tiny_model()).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, spoilt.path().join(file.file_name().unwrap())).unwrap();
    }
    let onnx = spoilt.path().join("model.onnx");
    let bytes = fs::read(&onnx).unwrap();
    fs::write(&onnx, &bytes[..bytes.len() / 2]).unwrap();
    let good = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
    for (flight, model, names) in [
        (&empty, tiny_model(), "photos"),
        (&good, spoilt.path().to_owned(), "model.onnx"),
        (&good, PathBuf::from("/nowhere"), "/nowhere"),
    ] {
        let output = flight.replay(&model).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = lines(&output);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(names), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn an_interrupt_finishes_the_frames_under_way_and_completes_the_files() {
    let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
    let child = flight
        .replay(&tiny_model())
        .args(["--repeat", "1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Long enough to be under way; the interrupt must work whenever it comes.
    thread::sleep(Duration::from_secs(2));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", lines(&output));
    let report = json(&output);
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["landslides"], 1);
    assert_eq!(flight.features("landslides.geojson").len(), 1);
    let frames = report["frames"].as_u64().unwrap() as usize;
    assert_eq!(flight.features("footprints.geojson").len(), frames);
}

#[test]
fn a_second_survey_leaves_the_first_as_it_is_and_the_same_one_is_not_searched_twice() {
    let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
    let first = json(&flight.replay(&tiny_model()).output().unwrap());
    let second = json(&flight.replay(&tiny_model()).output().unwrap());
    assert_eq!(flight.surveys().len(), 2);
    for report in [&first, &second] {
        let folder = Path::new(report["folder"].as_str().unwrap());
        assert_eq!(features(&folder.join("landslides.geojson")).len(), 1);
    }
    let again = flight
        .replay(&tiny_model())
        .args(["--survey", first["survey"].as_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(1));
    let said = lines(&again);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(first["folder"].as_str().unwrap()), "{said}");
}

#[test]
fn a_survey_whose_link_cannot_start_leaves_no_results_and_can_be_begun_again() {
    let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
    let survey = Uuid::from_u128(3).to_string();
    let mut refused = flight.replay(&tiny_model());
    refused.args(["--survey", &survey, "--station", "127.0.0.1:4433"]);
    refused.arg("--keys").arg(flight.path("keys"));
    assert_eq!(refused.output().unwrap().status.code(), Some(1));
    assert!(flight.surveys().is_empty());
    let mut again = flight.replay(&tiny_model());
    let output = again.args(["--survey", &survey]).output().unwrap();
    assert!(output.status.success(), "{}", lines(&output));
}

#[test]
fn what_was_found_can_be_read_whenever_the_program_is_killed() {
    for after_ms in [0, 7, 40, 150] {
        let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
        let mut child = flight
            .replay(&tiny_model())
            .args(["--repeat", "1000000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let found = |survey: &PathBuf| survey.join("landslides.geojson").exists();
        while !flight.surveys().iter().any(found) {
            assert!(started.elapsed() < Duration::from_secs(60));
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(after_ms));
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!flight.features("footprints.geojson").is_empty());
        assert_eq!(flight.features("landslides.geojson").len(), 1);
    }
}

/// The tiny model as a folder below `models` that is called as a released one; its manifest gives it `name`.
fn release(models: &Path, folder: &str, name: &str) {
    let folder = models.join(folder);
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(tiny_model()).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
    let manifest = folder.join("manifest.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let named = text.replace("name = \"tiny\"", &format!("name = \"{name}\""));
    fs::write(&manifest, named).unwrap();
}

#[test]
fn a_model_that_nobody_names_is_looked_for_where_the_environment_says_or_beside_the_program_or_here()
 {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (installed, work) = (folder.path().join("bin"), folder.path().join("work"));
    fs::create_dir_all(&installed).unwrap();
    let program = installed.join("scarp");
    fs::hard_link(env!("CARGO_BIN_EXE_scarp"), &program).unwrap();
    let graph = |models: Option<&Path>| {
        let mut command = Command::new(&program);
        command.args(["check", "--graph", "--json"]);
        command.current_dir(&work).env_remove("SCARP_MODELS");
        command.envs(models.map(|models| ("SCARP_MODELS", models)));
        command.output().unwrap()
    };
    release(&work.join("models"), "segformer-lite1", "here");
    assert_eq!(json(&graph(None))["model"], "here");
    release(&installed.join("models"), "segformer-lite1", "float beside");
    assert_eq!(json(&graph(None))["model"], "float beside");
    release(&installed.join("models"), "segformer-lite1-int8", "beside");
    assert_eq!(json(&graph(None))["model"], "beside");
    assert_eq!(json(&graph(Some(&work.join("models"))))["model"], "here");

    let none = graph(Some(&work));
    assert_eq!(none.status.code(), Some(1));
    let said = lines(&none);
    let place = work.display().to_string();
    assert!(
        said.starts_with("scarp: no model: ") && said.contains(&place),
        "{said}"
    );
}

#[test]
fn a_check_of_the_model_alone_passes_it_and_is_no_go() {
    let folder = TempDir::new().unwrap();
    let check = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_scarp"))
            .args(["check", "--json", "--model"])
            .arg(tiny_model())
            .arg("--out")
            .arg(folder.path().join("out"))
            .args(more)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", lines(&output));
        output
    };
    let alone = check(&[]);
    let report = json(&alone);
    assert_eq!(report["go"], false);
    let model = report["checks"].as_array().unwrap();
    let model = model.iter().find(|check| check["name"] == "model");
    assert_eq!(model.unwrap()["state"], "ok");
    let verdict = "NO GO: not checked: board, camera, terrain, GNSS, autopilot, link";
    assert_eq!(lines(&alone).lines().last(), Some(verdict));
    let bad = check(&["--gnss", "/nowhere/tty"]);
    let said = lines(&bad);
    let verdict = said.lines().last().unwrap();
    assert!(
        verdict.starts_with("NO GO: failed: GNSS; not checked: "),
        "{said}"
    );
    assert!(said.contains("/nowhere/tty"), "{said}");
}

#[test]
fn check_tells_where_a_log_of_a_receiver_has_its_first_fix_or_why_it_has_none() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.nmea");
    let check = |sentences: &[&str]| {
        let line = |body: &&str| {
            let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
            format!("${body}*{sum:02X}\r\n")
        };
        fs::write(&log, sentences.iter().map(line).collect::<String>()).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_scarp"))
            .args(["check", "--model"])
            .arg(tiny_model())
            .arg("--out")
            .arg(folder.path().join("out"))
            .arg("--gnss")
            .arg(&log)
            .output()
            .unwrap();
        (output.status.code(), lines(&output))
    };
    let position = "3106.0,N,10336.0,E";
    let rmc = |time: &str| format!("GNRMC,{time},A,{position},29.16,0.0,010526,,,A");
    let gga = |time: &str, rest: &str| format!("GNGGA,{time},{position},{rest}");
    let good = "1,14,0.8,1500.0,M,-38.0,M,,";
    let (code, said) = check(&[
        &rmc("120000.00"),
        &gga("120000.00", good),
        &rmc("120000.10"),
        &gga("120000.10", good),
    ]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("ok  GNSS      fix at 31.10000, 103.60000"),
        "{said}"
    );
    // An altitude over nobody knows what.
    let bare = "1,14,0.8,1500.0,M,,M,,";
    let (code, said) = check(&[
        &rmc("120000.00"),
        &gga("120000.00", bare),
        &rmc("120000.10"),
        &gga("120000.10", bare),
    ]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("FAILED  GNSS") && said.contains("geoid separation"),
        "{said}"
    );
}

#[test]
fn a_survey_that_is_no_uuid_is_refused_with_where_to_find_one() {
    let flight = Flight::with(&[]);
    let mut replay = flight.replay(&tiny_model());
    let output = replay.args(["--survey", "abc"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = lines(&output);
    assert!(
        said.contains("not a UUID") && said.contains("scarp-station surveys"),
        "{said}"
    );
}

#[test]
fn what_a_replay_leaves_is_geojson_by_the_standard_that_names_its_survey() {
    let flight = Flight::with(&[("a.jpg", tagged((31.0, 103.5)))]);
    let output = flight.replay(&tiny_model()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", lines(&output));
    let survey = &json(&output)["survey"];
    let names = |feature: &Value| -> Vec<String> {
        let properties = feature["properties"].as_object().unwrap();
        properties.keys().cloned().collect()
    };
    for (file, properties) in [
        (
            "landslides.geojson",
            &[
                "area_m2",
                "ce90_m",
                "confidence",
                "cut_off",
                "first_seen",
                "last_seen",
                "observations",
                "run",
                "survey",
                "version",
            ][..],
        ),
        (
            "footprints.geojson",
            &["gsd_m", "name", "run", "sequence", "survey", "time"],
        ),
    ] {
        let feature = &flight.features(file)[0];
        assert_eq!(names(feature), properties, "{file}");
        assert_eq!(&feature["properties"]["survey"], survey, "{file}");
        let read: geojson::Feature = serde_json::from_value(feature.clone()).unwrap();
        assert_eq!(read.id.is_some(), file == "landslides.geojson", "{file}");
        let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
        for number in ring.iter().flat_map(|place| place.as_array().unwrap()) {
            let decimals = number
                .to_string()
                .split_once('.')
                .map_or(0, |(_, d)| d.len());
            assert!(decimals <= 7, "{file}: {number}");
        }
    }
}
