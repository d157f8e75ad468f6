//! What `--help` says, as it stands: a change of it shows as a change of a snapshot.

use std::process::Command;

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-forge"))
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
        "validate", "compare", "dataset", "optimise", "quantize", "release", "predict", "terrain",
    ] {
        insta::assert_snapshot!(format!("help-{command}"), help(&[command]));
    }
}
