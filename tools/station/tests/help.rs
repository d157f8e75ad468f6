//! What `--help` says, as it stands: a change of it shows as a change of a snapshot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(arguments)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_help_is_as_it_was() {
    insta::assert_snapshot!("help", help(&[]));
    for command in [
        "keys", "serve", "surveys", "export", "status", "coverage", "snapshot", "repair",
    ] {
        insta::assert_snapshot!(format!("help-{command}"), help(&[command]));
    }
    for command in ["init", "enrol", "list", "revoke", "renew"] {
        insta::assert_snapshot!(format!("help-keys-{command}"), help(&["keys", command]));
    }
}
