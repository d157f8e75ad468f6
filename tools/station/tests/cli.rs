//! What the command line says when something is wrong: one line, and the exit status that --help promises.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::process::{Command, Output};

use common::Site;

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
    let out = dir.path().join("keys");
    let arguments = ["keys", "--out", out.to_str().unwrap()];
    assert!(scarp_station(&arguments).status.success());
    assert!(failure(&arguments).contains("never overwritten"));
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
    assert!(serve(&path("keys"), &store, "127.0.0.1:0").contains("station/ or drone/"));
    assert!(serve(&keys, &other, "127.0.0.1:0").contains("check that its folder exists"));
    assert!(serve(&keys, &store, &taken).contains("give a free address"));
}

#[test]
fn export_of_a_store_that_is_not_there_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (store, out) = (path("s.gpkg"), path("o.geojson"));
    assert!(failure(&["export", "--store", &store, "--out", &out]).contains("s.gpkg"));
    assert!(!dir.path().join("o.geojson").exists());
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
