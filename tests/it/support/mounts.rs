//! Programs with disks of their own: small ones, and such that cannot be written. They are there for the one program only.

use std::{path::Path, process::Command};

/// The program `scarp` after these lines of a shell, which mount what it is to find. Add its arguments.
pub fn scarp_after(mounts: &str) -> Command {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-euc", script]);
        command
    };
    let allowed = unshare("mount -t tmpfs none /mnt").output();
    let allowed = allowed.is_ok_and(|output| output.status.success());
    assert!(
        allowed,
        "this test needs `unshare` (util-linux) and a system that lets it mount: run it outside of the container, or let that mount"
    );
    let mut command = unshare(&format!("{mounts}\nexec \"$0\" \"$@\""));
    command.arg(env!("CARGO_BIN_EXE_scarp"));
    command
}

/// Lines that put the files of one folder onto a disk at another that is read only.
pub fn read_only(folder: &Path, at: &Path) -> String {
    let (folder, at) = (folder.display(), at.display());
    // The mount is made read only, not the file system: that one shows its owner by the number outside, which `mount` gives back and the
    // kernel does not know in here.
    format!("mount -t tmpfs none {at}\ncp {folder}/* {at}\nmount -o remount,bind,ro {at}")
}

/// Lines that put the files of one folder onto a disk at another that has no room for anything else.
pub fn full(folder: &Path, at: &Path) -> String {
    let (folder, at) = (folder.display(), at.display());
    format!(
        "mount -t tmpfs -o size=512k none {at}\ncp {folder}/* {at} 2>/dev/null || true\n\
         dd if=/dev/zero of={at}/film bs=4k count=200 2>/dev/null || true"
    )
}
