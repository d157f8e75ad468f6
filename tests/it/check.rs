//! `scarp check` where what it is given cannot be used: every fault is told, once, and the end is NO GO.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

const TINY_MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny_model");

/// What one run of the program said.
struct Said {
    people: String,
    programs: Value,
}

impl Said {
    /// State and detail of one check.
    fn check(&self, name: &str) -> (&str, &str) {
        let checks = self.programs["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        let text = |key: &str| check[key].as_str().unwrap();
        (text("state"), text("detail"))
    }

    fn names(&self) -> Vec<&str> {
        let checks = self.programs["checks"].as_array().unwrap();
        let names = checks.iter().map(|check| check["name"].as_str().unwrap());
        names.collect()
    }

    fn reason(&self) -> &str {
        self.programs["reason"].as_str().unwrap()
    }
}

fn scarp(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarp"));
    command.args(arguments).current_dir(folder);
    command.env_remove("SCARP_MODELS");
    command
}

/// A check that ends with NO GO, run in `folder`.
fn no_go(folder: &Path, arguments: &[&str]) -> Said {
    refused(&mut scarp(
        folder,
        &[&["check", "--json"], arguments].concat(),
    ))
}

/// A check with `--json` that ends with NO GO.
fn refused(check: &mut Command) -> Said {
    let output = check.output().unwrap();
    let people = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{people}");
    let programs: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(programs["go"], false);
    let reason = programs["reason"].as_str().unwrap();
    assert!(people.ends_with(&format!("NO GO: {reason}\n")), "{people}");
    Said { people, programs }
}

/// A check of a board of this text.
fn of_board(text: &str) -> Said {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("b.toml"), text).unwrap();
    no_go(folder.path(), &["--board", "b.toml", "--model", TINY_MODEL])
}

#[test]
fn a_board_file_that_cannot_be_read_is_no_go_and_all_that_it_names_is_not_checked() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("b.toml"), "[camera").unwrap();
    for (board, said) in [
        ("b.toml", "board file b.toml: line 1: "),
        ("none.toml", "board file none.toml: No such file"),
        (".", "board file .: Is a directory"),
    ] {
        let told = no_go(folder.path(), &["--board", board]);
        let (state, detail) = told.check("board");
        assert!(state == "failed" && detail.starts_with(said), "{detail}");
        assert!(told.reason().starts_with("failed: board; not checked: "));
        let named = of_board("");
        let loaded = ["engine", "golden"];
        let mut named = named.names();
        named.retain(|name| !loaded.contains(name));
        assert_eq!(told.names(), named);
        for name in &named[1..] {
            let (state, detail) = told.check(name);
            assert!(
                state == "not_checked" && detail.contains("board"),
                "{detail}"
            );
            assert!(told.reason().contains(name), "{name}");
        }
    }
}

#[test]
fn every_gap_and_fault_of_a_board_is_told_in_one_run_and_each_once() {
    let told = of_board("[camera]\nformats = ['H264']\n[autopilot]\naddress = 'tty'");
    for cause in [
        "camera.device is not set",
        "camera.focal_px is not set",
        "camera.formats: ",
        "gnss.device is not set",
        "is no address of an autopilot",
    ] {
        assert_eq!(told.people.matches(cause).count(), 1, "{}", told.people);
    }
    let (state, detail) = told.check("autopilot");
    assert!(state == "not_checked" && detail.contains("board file"));
}

#[test]
fn the_disk_is_checked_where_the_folder_will_be_and_nothing_is_left_there() {
    let folder = TempDir::new().unwrap();
    let out = |out: &str| no_go(folder.path(), &["--model", TINY_MODEL, "--out", out]);
    for name in ["scarp-out", "a/b/c", "./x"] {
        let told = out(name);
        let (state, detail) = told.check("disk");
        assert!(state == "ok" && detail.ends_with(name), "{detail}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    }
    fs::write(folder.path().join("file"), "").unwrap();
    for name in ["file", "file/b"] {
        let told = out(name);
        let said = ("failed", "file: is no folder; choose another with --out");
        assert_eq!(told.check("disk"), said);
    }
}

#[test]
fn a_gpsd_without_an_address_is_told_the_form_of_one() {
    let folder = TempDir::new().unwrap();
    for device in ["gpsd://", "gpsd://host", "gpsd:127.0.0.1:2947"] {
        let told = no_go(folder.path(), &["--model", TINY_MODEL, "--gnss", device]);
        let (state, detail) = told.check("GNSS");
        assert!(
            state == "failed" && detail.contains(device) && detail.contains("gpsd://HOST:PORT"),
            "{detail}"
        );
    }
}

#[test]
fn a_log_without_a_datum_is_told_where_to_write_it_and_is_read_where_it_is_written() {
    let folder = TempDir::new().unwrap();
    let mut log = String::new();
    for second in 0..3 {
        let rmc = format!("GPRMC,12000{second}.00,A,4530.0,N,00730.0,E,0.0,0.0,010625,,,A");
        let gga = format!("GPGGA,12000{second}.00,4530.0,N,00730.0,E,1,09,0.9,500.0,M,,,,");
        for body in [rmc, gga] {
            let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
            log.push_str(&format!("${body}*{sum:02X}\r\n"));
        }
    }
    fs::write(folder.path().join("flight.nmea"), log).unwrap();
    let arguments = ["--model", TINY_MODEL, "--gnss", "flight.nmea"];
    let told = no_go(folder.path(), &arguments);
    let (state, detail) = told.check("GNSS");
    assert!(
        state == "failed" && detail.contains("altitude_datum in [gnss] of the board file"),
        "{detail}"
    );
    let text = "[gnss]\naltitude_datum = 'egm96'\n";
    fs::write(folder.path().join("b.toml"), text).unwrap();
    let told = no_go(
        folder.path(),
        &[&arguments[..], &["--board", "b.toml"]].concat(),
    );
    let (state, detail) = told.check("GNSS");
    assert!(state == "ok", "{detail}");
}

#[test]
fn photographs_and_a_camera_at_once_are_refused_by_name() {
    let mut check = scarp(Path::new("."), &["check", "--photos", "a", "--camera", "b"]);
    let output = check.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("--photos <DIR>") && text.contains("--camera <PATH>"),
        "{text}"
    );
}

#[test]
fn the_environment_names_the_folder_of_model_folders_and_nothing_where_it_is_empty() {
    let folder = TempDir::new().unwrap();
    let detail = |models: &str| {
        let mut check = scarp(folder.path(), &["check", "--json"]);
        let told = refused(check.env("SCARP_MODELS", models));
        told.check("model").1.to_owned()
    };
    for (models, kind) in [
        (TINY_MODEL.to_owned(), "is a model's own folder; "),
        (format!("{TINY_MODEL}/manifest.toml"), "is a file; "),
        (
            "none".to_owned(),
            "no model: no folder segformer-lite1-int8 or segformer-lite1 with a manifest.toml in none; ",
        ),
    ] {
        let detail = detail(&models);
        assert!(detail.contains(kind), "{detail}");
    }
    // A model in the working directory itself is in none of the places.
    fs::create_dir(folder.path().join("segformer-lite1")).unwrap();
    fs::write(folder.path().join("segformer-lite1/manifest.toml"), "").unwrap();
    let detail = detail("");
    assert!(!detail.contains("manifest segformer-lite1/"), "{detail}");
}
