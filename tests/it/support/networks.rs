//! Networks of two computers, an aircraft's and a ground station's, which are there for one test only.

use std::{
    path::Path,
    process::{Command, Output},
};

/// The aircraft's end is 10.77.0.1. Everything ends with the shell, in whose process namespace it runs.
const SCRIPT: &str = r#"
mtu=$1 folder=$2 station=$3
shift 3
ip link set lo up
unshare --net sleep 120 &
other=/proc/$!/ns/net
until [ "$(readlink $other)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add near mtu "$mtu" type veth peer name far mtu "$mtu" netns $!
ip address add 10.77.0.1/24 dev near
ip link set near up
nsenter --net=$other sh -euc "ip address add 10.77.0.2/24 dev far; ip link set far up"
nsenter --net=$other "$station" serve --json --listen 10.77.0.2:4433 --store "$folder/across.gpkg" \
    --keys "$folder/keys/station" >"$folder/across.json" 2>"$folder/across.log" &
until [ -s "$folder/across.json" ]; do sleep 0.02; done
timeout --foreground --preserve-status --signal INT 20 "$@"
"#;

/// What `scarp` says with these arguments, given the address of a ground station with the keys and store of `folder`, on a network whose
/// packets have at most `mtu` bytes. After 20 s it is interrupted.
pub fn across(mtu: u32, folder: &Path, arguments: impl FnOnce(&str) -> Vec<String>) -> Output {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([
            "--map-root-user",
            "--net",
            "--mount-proc",
            "--pid",
            "--fork",
        ]);
        command.args(["--kill-child", "sh", "-euc", script, "sh"]);
        command
    };
    let veth = "ip link add near type veth peer name far";
    let tried = unshare(veth).output();
    let allowed = tried.is_ok_and(|output| output.status.success());
    assert!(
        allowed,
        "this test needs `ip` (iproute2, which tools/test installs), `unshare` (util-linux), and a system that lets it make networks: run it \
         outside of the container, or let that"
    );
    let scarp = env!("CARGO_BIN_EXE_scarp");
    let mut command = unshare(SCRIPT);
    command.arg(mtu.to_string()).arg(folder);
    command.arg(Path::new(scarp).with_file_name("scarp-station"));
    command.arg(scarp).args(arguments("10.77.0.2:4433"));
    command.output().unwrap()
}
