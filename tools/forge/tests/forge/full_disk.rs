//! A full disk: one clear line, status 1, and no half-written file.

use std::{fs, process::Command};

use crate::common::{Dataset, MODEL, lines};
use rstest::rstest;

#[test]
fn a_device_that_is_full_is_one_clear_line() {
    let data = Dataset::good();
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-forge"))
        .args(["validate", MODEL, "--overlap", "16", "--json", "/dev/full"])
        .arg("--data")
        .arg(data.path(""))
        .arg("--out")
        .arg(data.path("out"))
        .output()
        .unwrap();
    let text = lines(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains("/dev/full: No space left on device") && text.contains("free space"),
        "{text}"
    );
    // The device is still one, and was not replaced by a file.
    let device = fs::metadata("/dev/full").unwrap();
    assert!(!device.is_file());
}

/// Sizes of the disk in KB at which the overlay, or a later file, no longer fits.
#[rstest]
#[case(4)]
#[case(12)]
#[case(24)]
#[case(40)]
fn no_part_of_a_file_is_left_on_a_full_disk(#[case] kilobytes: u32) {
    let data = Dataset::good();
    let disk = data.path("disk");
    fs::create_dir(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={kilobytes}k none {disk} && {forge} validate {MODEL} --overlap 16 --data {data} --out {disk}/out; \
         code=$?; cd {disk} && find . -type f && exit $code",
        disk = disk.display(),
        forge = env!("CARGO_BIN_EXE_scarp-forge"),
        data = data.path("").display(),
    );
    let unshare = |script: &str| {
        Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", script])
            .output()
    };
    // Containers that forbid mounts cannot show a full disk; the test above still does.
    let allowed = unshare(&format!("mount -t tmpfs none {}", disk.display()));
    if !allowed.is_ok_and(|output| output.status.success()) {
        return;
    }
    let output = unshare(&script).unwrap();
    let text = lines(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.lines().count() == 1 && text.matches("No space left on device").count() == 1,
        "{text}"
    );
    let files = String::from_utf8(output.stdout).unwrap();
    assert!(!files.contains(".part"), "{files}");
    assert!(!files.contains("report.html"), "{files}");
}
