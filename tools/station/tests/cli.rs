//! What the command line says when something is wrong: one line, and the exit status that --help promises.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::process::{Command, Output};

use common::{AIRCRAFT, Site, frame, landslide, passphrase_file, survey};
use scarp_inventory::LandslideStatus::Active;
use scarp_station::store::Store;
use uuid::Uuid;

fn scarp_station(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Standard error of a command that must fail with status 1, print nothing for programs and one line for people.
fn failure(arguments: &[&str]) -> String {
    let output = scarp_station(arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(output.stdout.is_empty());
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn keys_are_made_once_and_never_over_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (keys, secret) = (path("keys"), passphrase_file(dir.path()));
    let init = [
        "keys",
        "init",
        "--keys",
        &keys,
        "--passphrase-file",
        &secret,
    ];
    assert!(scarp_station(&init).status.success());
    let again = failure(&init);
    assert!(again.contains("never overwritten"), "{again}");
}

#[test]
fn serve_says_what_is_wrong_with_keys_store_and_address() {
    let site = Site::new();
    let station = site.serve(0);
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let (keys, store, other) = (
        path("keys/station"),
        path("other.gpkg"),
        path("no/such/s.gpkg"),
    );
    let taken = station.address.to_string();
    let serve = |keys: &str, store: &str, listen: &str| {
        failure(&[
            "serve", "--keys", keys, "--store", store, "--listen", listen,
        ])
    };
    let any = "127.0.0.1:0";
    let all = serve(&path("keys"), &store, any);
    assert!(
        all.contains("is the folder of all keys; give ") && all.contains("keys/station"),
        "{all}"
    );
    assert!(serve(&path("none"), &store, any).contains("there is no such folder"));
    let authority = serve(&path("keys/authority"), &store, any);
    assert!(authority.contains("station/ on the ground"), "{authority}");
    assert!(serve(&keys, &other, any).contains("its folder does not exist"));
    assert!(serve(&keys, &path("keys"), any).contains("is a folder"));
    assert!(serve(&keys, "/dev/null", any).contains("is a device or a pipe"));
    let nowhere = serve(&keys, &store, "192.0.2.1:4433");
    assert!(
        nowhere.contains("one of this computer's addresses"),
        "{nowhere}"
    );
    let in_use = serve(&keys, &store, &taken);
    assert!(in_use.contains("give a free address"), "{in_use}");
    assert_eq!(in_use.matches("os error").count(), 1, "{in_use}");
    assert!(
        serve(&path("keys/aircraft/drone"), &store, "127.0.0.1:0").contains("are an aircraft's")
    );
    assert!(
        !site.path("other.gpkg").exists(),
        "no new store is left behind"
    );
}

/// Standard error of a command line that must be refused, with nothing printed for programs.
fn refusal(arguments: &[&str]) -> String {
    let output = scarp_station(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty());
    text
}

#[test]
fn an_address_that_lacks_a_part_is_refused_with_an_example_of_a_whole_one() {
    for (given, wrong, example) in [
        ("4433", "a port without an address", "0.0.0.0:4433"),
        (":5000", "a port without an address", "0.0.0.0:5000"),
        ("10.0.0.2", "an address without a port", "10.0.0.2:4433"),
        ("::1", "an address without a port", "[::1]:4433"),
        (
            "localhost:4433",
            "not an IP address and a port",
            "0.0.0.0:4433",
        ),
        (
            "0.0.0.0:70000",
            "not an IP address and a port",
            "0.0.0.0:4433",
        ),
    ] {
        let text = refusal(&["serve", "--store", "s", "--keys", "k", "--listen", given]);
        assert!(
            text.contains(wrong) && text.contains(example),
            "{given}: {text}"
        );
    }
}

#[test]
fn a_survey_that_is_no_uuid_is_refused_with_how_to_list_them() {
    let text = refusal(&[
        "export", "--store", "s", "--out", "o.json", "--survey", "abc",
    ]);
    assert!(
        text.contains("not a UUID") && text.contains("scarp-station surveys"),
        "{text}"
    );
}

#[test]
fn surveys_lists_those_of_a_store_and_export_takes_one_of_them() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let (store, out) = (path("survey.gpkg"), path("o.geojson"));
    let mut open = Store::open(&site.store()).unwrap();
    open.apply(AIRCRAFT, [survey(), frame(1), landslide(1, 1, Active)])
        .unwrap();
    let listed = scarp_station(&["surveys", "--store", &store]);
    let text = String::from_utf8(listed.stdout).unwrap();
    let id = common::SURVEY.to_string();
    let run = common::RUN.id;
    let expected = format!(
        "{id}  2026-09-21T14:13:22Z  {AIRCRAFT}  scarp 0.1.0  segformer-b0 0.1.0  run {run}\n"
    );
    assert_eq!(text, expected);
    let json = scarp_station(&["surveys", "--store", &store, "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["survey"], id.as_str());
    assert_eq!(json["run"], run.to_string());
    assert_eq!(json["aircraft"], AIRCRAFT);

    let of = |survey| {
        [
            "export", "--store", &store, "--out", &out, "--json", "--survey", survey,
        ]
    };
    assert_eq!(
        scarp_station(&of(&id)).stdout,
        b"{\"landslides\":1,\"left_out\":0}\n"
    );
    let other = Uuid::from_u128(1).to_string();
    std::fs::remove_file(&out).unwrap();
    let line = failure(&of(&other));
    assert!(
        line.contains(&other) && line.contains("scarp-station surveys"),
        "{line}"
    );
    assert!(!site.path("o.geojson").exists());
}

#[test]
fn a_store_without_a_survey_says_so_to_people_and_nothing_to_programs() {
    let site = Site::new();
    drop(Store::open(&site.store()).unwrap());
    let store = site.store().to_str().unwrap().to_owned();
    for json in [None, Some("--json")] {
        let mut arguments = vec!["surveys", "--store", &store];
        arguments.extend(json);
        let output = scarp_station(&arguments);
        assert!(output.status.success() && output.stdout.is_empty());
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(line.contains("survey.gpkg holds no survey yet"), "{line}");
    }
}

#[test]
fn a_store_that_cannot_be_read_is_told_by_its_true_cause_and_nothing_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(path("folder")).unwrap();
    std::fs::write(path("empty.gpkg"), "").unwrap();
    std::fs::write(path("text.gpkg"), "some words ".repeat(100)).unwrap();
    std::fs::write(path("word.gpkg"), "x").unwrap();
    for (store, cause) in [
        ("none.gpkg", "there is no such file"),
        ("folder", "is a folder"),
        ("empty.gpkg", "is empty"),
        ("text.gpkg", "not a database"),
        ("word.gpkg", "not a database"),
    ] {
        for command in ["export", "surveys"] {
            let mut arguments = vec![command.to_owned(), "--store".to_owned(), path(store)];
            if command == "export" {
                arguments.extend(["--out".to_owned(), path("o.geojson")]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let line = failure(&arguments);
            assert!(line.contains(store) && line.contains(cause), "{line}");
        }
    }
    let mut left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["empty.gpkg", "folder", "text.gpkg", "word.gpkg"]);
}

#[test]
fn an_ending_that_no_format_has_is_refused_before_anything_is_written() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let store = path("survey.gpkg");
    drop(Store::open(&site.store()).unwrap());
    for out in ["x.kml", "x", "x.geojson.gz", "survey.gpkg"] {
        for arguments in [
            ["export", "--store", &store, "--out", &path(out)].as_slice(),
            &[
                "serve",
                "--store",
                &store,
                "--keys",
                "k",
                "--geojson",
                &path(out),
            ],
        ] {
            let text = refusal(arguments);
            assert!(
                text.contains(".geojson") && text.contains(".json"),
                "{text}"
            );
        }
        assert_eq!(site.path(out).exists(), out == "survey.gpkg", "{out}");
    }
    for out in ["x.json", "x.GeoJSON"] {
        let written = scarp_station(&["export", "--store", &store, "--out", &path(out)]);
        assert!(written.status.success(), "{written:?}");
    }
}

#[test]
fn an_export_that_cannot_be_written_says_why_once_and_leaves_nothing() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let store = path("survey.gpkg");
    drop(Store::open(&site.store()).unwrap());
    std::fs::create_dir(site.path("folder.geojson")).unwrap();
    for (out, cause, remedy) in [
        ("folder.geojson", "Is a directory", "; give a file\n"),
        (
            "none/o.geojson",
            "No such file or directory",
            "; make its folder",
        ),
    ] {
        let line = failure(&["export", "--store", &store, "--out", &path(out)]);
        assert_eq!(line.matches(cause).count(), 1, "{line}");
        assert!(line.contains(remedy), "{line}");
    }
    let left = std::fs::read_dir(site.path("")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    let is_part = |name: &std::ffi::OsString| name.to_string_lossy().contains(".part");
    assert!(!left.iter().any(is_part), "{left:?}");
}

#[test]
fn a_store_is_never_written_over_by_what_is_shown_of_it() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let (store, keys) = (path("store.json"), path("keys/station"));
    drop(Store::open(&site.path("store.json")).unwrap());
    let before = std::fs::read(&store).unwrap();
    std::os::unix::fs::symlink(&store, site.path("link.json")).unwrap();
    let serve = ["serve", "--keys", &keys, "--listen", "127.0.0.1:0"];
    for out in [&store, &path("link.json"), &path("keys/../store.json")] {
        let export = failure(&["export", "--store", &store, "--out", out]);
        let shown = ["--store", &store, "--geojson", out];
        let served = failure(&[&serve[..], &shown].concat());
        for line in [export, served] {
            assert!(line.contains("is the store itself"), "{line}");
        }
    }
    assert!(std::fs::read(&store).unwrap() == before);
}

#[test]
fn keys_that_cannot_be_written_say_why_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let secret = passphrase_file(dir.path());
    let keys = file.to_str().unwrap();
    let line = failure(&["keys", "init", "--keys", keys, "--passphrase-file", &secret]);
    assert_eq!(line.matches("Not a directory").count(), 1, "{line}");
}

#[test]
fn the_keys_of_a_drone_are_refused_by_the_station_and_named() {
    let site = Site::new();
    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let (store, keys) = (path("survey.gpkg"), path("keys/aircraft/drone"));
    let line = failure(&[
        "serve",
        "--store",
        &store,
        "--keys",
        &keys,
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(
        line.contains("keys/aircraft/drone") && line.contains("station/"),
        "{line}"
    );
}

#[test]
fn wrong_arguments_end_with_status_two_and_the_help_says_what_the_others_mean() {
    assert_eq!(
        scarp_station(&["serve", "--prot", "4433"]).status.code(),
        Some(2)
    );
    let help = String::from_utf8(scarp_station(&["serve", "--help"]).stdout).unwrap();
    assert!(help.contains("Exit status: 0"), "{help}");
}
