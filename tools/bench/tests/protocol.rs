//! `scarp-bench-engine` as `tools/bench/peers` talks to it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/segformer-lite1-int8/model.onnx")
}

/// Runs the released int8 model on a grey picture and says `lines` to it.
fn talk(folder: &Path, model: &Path, lines: &str) -> Output {
    let input = folder.join("input.f32");
    fs::write(&input, [0, 0, 0, 63].repeat(3 * 1024 * 1024)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_scarp-bench-engine"))
        .args(["--engine", "scarp", "--threads", "2"])
        .args([model, &input, &folder.join("output.f32")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses the model may be gone before it reads.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn it_answers_runs_with_nanoseconds_and_memory_with_mebibytes() {
    let folder = tempfile::tempdir().unwrap();
    let output = talk(folder.path(), &released(), "run\nmemory\nrun\n");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{:?}", output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    let ready: serde_json::Value =
        serde_json::from_str(lines[0].strip_prefix("ready ").unwrap()).unwrap();
    assert!(ready["load_ms"].as_f64().unwrap() > 0.0);
    assert!(lines[1].parse::<u64>().unwrap() > 0 && lines[3].parse::<u64>().unwrap() > 0);
    assert!(lines[2].parse::<f64>().unwrap() > 1.0);
    let logits = fs::read(folder.path().join("output.f32")).unwrap();
    assert_eq!(logits.len(), 4 * 128 * 128);
}

#[test]
fn a_question_that_it_does_not_know_and_a_file_that_is_no_network_end_it_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let output = talk(folder.path(), &released(), "walk\n");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && error.contains("'walk'"),
        "{error}"
    );
    let noise = folder.path().join("noise.onnx");
    fs::write(&noise, b"\x0a\xff\xff\xff\xff\xff").unwrap();
    let output = talk(folder.path(), &noise, "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && error.contains("noise.onnx"),
        "{error}"
    );
}
