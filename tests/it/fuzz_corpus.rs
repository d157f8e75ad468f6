//! What the fuzz targets were given before, once more: a regression shows without a fuzzer, see tools/fuzz.

use std::{
    fs,
    path::{Path, PathBuf},
};

use scarp_fuzz_properties::{board, link, mavlink, metadata, nmea};

/// The files of one target with their bytes; there are some.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    assert!(files.len() > 5, "{}: {}", folder.display(), files.len());
    files
}

/// Runs each file of a target, and names it before it may panic.
fn run(target: &str, one: impl Fn(&[u8])) {
    for (path, bytes) in corpus(target) {
        eprintln!("{}", path.display());
        one(&bytes);
    }
}

#[test]
fn no_nmea_of_the_corpus_gives_a_fix_that_cannot_be_true() {
    run("nmea", nmea::check);
}

#[test]
fn no_mavlink_of_the_corpus_gives_a_report_that_cannot_be_true() {
    run("mavlink", mavlink::check);
}

#[test]
fn every_board_of_the_corpus_is_taken_or_refused_in_one_line() {
    run("board", board::check);
}

#[test]
fn every_batch_of_the_corpus_is_taken_or_refused_within_its_limits() {
    run("link", link::check);
}

#[test]
fn no_metadata_of_the_corpus_place_a_frame_where_it_cannot_be() {
    run("metadata", metadata::check);
}
