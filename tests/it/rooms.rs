//! The rooms of the house: which crate may use which, and what the ground station does without.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Every crate of the workspace with those that it may use; nothing points back, and nobody uses the program `scarp`.
const ARROWS: [(&str, &[&str]); 16] = [
    ("scarp-geo", &[]),
    ("scarp-nav", &["scarp-geo"]),
    ("scarp-capture", &["scarp-geo", "scarp-nav"]),
    ("scarp-int8", &[]),
    ("scarp-infer", &["scarp-files", "scarp-int8"]),
    ("scarp-inventory", &["scarp-geo"]),
    ("scarp-link", &["scarp-files", "scarp-inventory"]),
    ("scarp-config", &["scarp-files", "scarp-geo"]),
    ("scarp-files", &[]),
    (
        "scarp",
        &[
            "scarp-capture",
            "scarp-config",
            "scarp-files",
            "scarp-geo",
            "scarp-infer",
            "scarp-inventory",
            "scarp-link",
            "scarp-nav",
        ],
    ),
    (
        "scarp-station",
        &["scarp-files", "scarp-geo", "scarp-inventory", "scarp-link"],
    ),
    ("scarp-forge", &["scarp-files", "scarp-geo", "scarp-infer"]),
    // Its geodesy is its own, so that what it makes can show a fault of ours.
    ("scarp-sim", &[]),
    ("scarp-bench", &["scarp-infer", "scarp-int8"]),
    (
        "scarp-fuzz-properties",
        &[
            "scarp-capture",
            "scarp-config",
            "scarp-geo",
            "scarp-link",
            "scarp-nav",
        ],
    ),
    ("scarp-test-support", &[]),
];

/// What a computer with a screen and no aircraft has no use for, or cannot build.
const AIRCRAFT_ONLY: [&str; 7] = [
    "tract",
    "scarp-int8",
    "v4l",
    "clang-sys",
    "bindgen",
    "serialport",
    "mavlink",
];

/// Most crates that the ground station is made of. Some forty of them are keys: reading certificates (x509-parser), and the authority's
/// key under a passphrase (pkcs8); some thirty are the map's web server (axum, hyper).
const STATION_CRATES: usize = 240;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--locked")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The crates of the workspace, each with those of them that it uses, its tests left out.
fn arrows() -> BTreeMap<String, Vec<String>> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    packages
        .iter()
        .map(|package| {
            let uses = package["dependencies"].as_array().unwrap().iter();
            let ours = uses.filter(|used| !used["path"].is_null() && used["kind"] != "dev");
            (name(package), ours.map(name).collect())
        })
        .collect()
}

#[test]
fn every_crate_uses_only_those_that_the_table_allows() {
    let found = arrows();
    let allowed = BTreeMap::from(ARROWS);
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, allowed.keys().copied().collect::<Vec<_>>());
    for (name, uses) in &found {
        for used in uses {
            assert!(
                allowed[name.as_str()].contains(&used.as_str()),
                "{name} may not use {used}: tests/it/rooms.rs says who may use whom"
            );
        }
    }
}

/// The crates that `cargo tree` names with these arguments, each once, in the way that `format` asks.
fn crates(format: &str, arguments: &[&str]) -> BTreeSet<String> {
    let tree = ["tree", "--prefix", "none", "--format", format];
    cargo(&[&tree[..], arguments].concat())
        .lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

/// The crates that the station is built of for a system, name and version.
fn station(target: &[&str]) -> BTreeSet<String> {
    let normal = ["--package", "scarp-station", "--edges", "normal"];
    crates("{p}", &[&normal[..], target].concat())
}

#[test]
fn the_station_is_built_without_what_only_an_aircraft_needs_on_every_system() {
    for target in [
        "x86_64-unknown-linux-gnu",
        "x86_64-pc-windows-gnu",
        "aarch64-apple-darwin",
    ] {
        let crates = station(&["--target", target]);
        for banned in AIRCRAFT_ONLY {
            let found = crates.iter().find(|name| name.starts_with(banned));
            assert_eq!(found, None, "{target}");
        }
    }
}

#[test]
fn the_station_is_made_of_few_crates() {
    let crates = station(&[]);
    assert!(crates.len() > 20, "{crates:?}");
    assert!(
        crates.len() <= STATION_CRATES,
        "{}: {crates:?}",
        crates.len()
    );
}

#[test]
fn programs_are_built_of_what_the_tests_built() {
    let features = |edges| crates("{p} {f}", &["--workspace", "--edges", edges]);
    let programs = features("normal,build");
    let tests = features("normal,build,dev");
    let again: Vec<_> = programs.difference(&tests).collect();
    assert!(
        again.is_empty(),
        "built twice, for the tests with other features; src/link/Cargo.toml says how to join them: {again:?}"
    );
}
