//! A ground station as a process of its own, with keys for itself and for one aircraft.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Lines},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use scarp_test_support::signal;
use serde_json::Value;

pub struct Station {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Where it listens.
    pub address: String,
    folder: PathBuf,
}

/// `scarp-station`, built beside `scarp`.
pub fn program() -> Command {
    Command::new(Path::new(env!("CARGO_BIN_EXE_scarp")).with_file_name("scarp-station"))
}

impl Station {
    /// Keys, store and log lie in `folder`, which is made where there is none.
    pub fn serve(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let keys = folder.join("keys");
        let passphrase = folder.join("passphrase");
        fs::write(&passphrase, "a phrase for this test").unwrap();
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
        for command in [&["init"][..], &["enrol", "drone"]] {
            let mut make = program();
            make.arg("keys").args(command).arg("--keys").arg(&keys);
            let made = make.arg("--passphrase-file").arg(&passphrase).output();
            assert!(made.unwrap().status.success());
        }
        let mut process = program()
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--store"])
            .arg(folder.join("s.gpkg"))
            .arg("--keys")
            .arg(keys.join("station"))
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        Self {
            process,
            lines,
            address: first["listening"].as_str().unwrap().to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// The folder with the aircraft's keys.
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys/aircraft/drone")
    }

    pub fn store(&self) -> PathBuf {
        self.folder.join("s.gpkg")
    }

    /// What it says of the messages at its end.
    pub fn stop(mut self) -> Value {
        signal::terminate(&self.process);
        let last = serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap();
        self.process.wait().unwrap();
        last
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
