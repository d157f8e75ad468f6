//! What the fuzz targets were given before, once more: a regression shows without a fuzzer, see tools/fuzz.

use std::{
    fs,
    path::{Path, PathBuf},
};

use scarp_fuzz_properties::{board, camera, geoid, link, mavlink, metadata, nmea, terrain};

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
fn every_camera_file_of_the_corpus_has_pixels_that_return_or_is_refused_in_one_line() {
    run("camera", camera::check);
}

#[test]
fn every_geoid_of_the_corpus_has_finite_undulations_or_is_refused_in_one_line() {
    run("geoid", geoid::check);
}

#[test]
fn every_elevation_model_of_the_corpus_has_heights_of_the_earth_or_is_refused_in_one_line() {
    run("terrain", terrain::check);
}

#[test]
fn no_metadata_of_the_corpus_place_a_frame_where_it_cannot_be() {
    run("metadata", metadata::check);
}
