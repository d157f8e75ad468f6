//! Signals to a program that a test has started.

use std::process::{Child, Command};

/// Sends SIGTERM, as a service manager does.
pub fn terminate(child: &Child) {
    send("-TERM", child);
}

/// Sends SIGINT, as Ctrl-C does.
pub fn interrupt(child: &Child) {
    send("-INT", child);
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}
