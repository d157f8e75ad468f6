//! The journal in a process that is killed while it writes.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use scarp_link::{Envelope, Journal};

use super::support::link::frame;

const LIMIT: u64 = 64 << 20;

#[test]
fn every_message_whose_append_returned_outlives_the_killing_of_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite");
    let mut appended = 0_u64;
    for lives in 1..=5 {
        let mut process = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "link_journal::a_process_that_appends",
                "--ignored",
                "--nocapture",
            ])
            .env("SCARP_TEST_JOURNAL", &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let last = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("appended ")?.parse::<u64>().ok())
            .take(40 * lives)
            .last()
            .unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        let journal = Journal::open(&path, LIMIT).unwrap();
        let found = journal.pending(usize::MAX, usize::MAX).unwrap();
        assert_eq!(found.len() as u64, journal.held().messages);
        assert!(
            found.len() as u64 > last && last >= appended,
            "{last} of {}",
            found.len()
        );
        for (sequence, entry) in found.iter().enumerate() {
            let expected = frame(sequence as u64);
            assert_eq!(Envelope::decode(&entry.message).unwrap(), expected);
            assert_eq!(entry.id, expected.id());
        }
        appended = found.len() as u64;
    }
}

#[test]
#[ignore = "the process that another test starts and kills"]
fn a_process_that_appends() {
    let path = env::var("SCARP_TEST_JOURNAL").unwrap();
    let journal = Journal::open(Path::new(&path), LIMIT).unwrap();
    for sequence in journal.held().messages.. {
        journal.append(&[frame(sequence)]).unwrap();
        println!("\nappended {sequence}");
    }
}
