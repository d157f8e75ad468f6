//! What the fuzz targets were given before, once more: a regression shows without a fuzzer, see tools/fuzz.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{ImageFormat, RgbImage};
use img_parts::{
    Bytes, ImageEXIF,
    jpeg::{Jpeg, JpegSegment, markers},
};
use scarp::{
    capture::{Folder, FrameSource, TagSettings},
    config, nav,
};

#[path = "fuzz/src/board.rs"]
mod board;
#[path = "fuzz/src/mavlink_bytes.rs"]
mod mavlink_bytes;
#[path = "fuzz/src/nmea_bytes.rs"]
mod nmea_bytes;

const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

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
    run("nmea", nmea_bytes::run);
}

#[test]
fn no_mavlink_of_the_corpus_gives_a_report_that_cannot_be_true() {
    run("mavlink", mavlink_bytes::run);
}

#[test]
fn every_board_of_the_corpus_is_taken_or_refused_in_one_line() {
    run("board", board::run);
}

/// A picture that decodes, with the metadata of one corpus file in it as src/capture.rs of the fuzz targets reads it.
fn with_metadata(picture: &Bytes, data: &[u8]) -> Jpeg {
    let mut jpeg = Jpeg::from_bytes(picture.clone()).unwrap();
    let xmp = |packet| {
        JpegSegment::new_with_contents(markers::APP1, [XMP_HEADER, packet].concat().into())
    };
    match data {
        [0xFF, 0xD8, ..] => {
            let found = Jpeg::from_bytes(Bytes::copy_from_slice(data)).ok();
            let segments = found
                .iter()
                .flat_map(|jpeg| jpeg.segments_by_marker(markers::APP1));
            let segments: Vec<_> = segments.cloned().collect();
            jpeg.segments_mut().splice(0..0, segments);
        }
        [b'<', ..] => jpeg.segments_mut().insert(0, xmp(data)),
        _ => jpeg.set_exif(Some(Bytes::copy_from_slice(data))),
    }
    jpeg
}

#[test]
fn no_metadata_of_the_corpus_place_a_frame_where_it_cannot_be() {
    let mut picture = Cursor::new(Vec::new());
    RgbImage::new(64, 64)
        .write_to(&mut picture, ImageFormat::Jpeg)
        .unwrap();
    let picture = Bytes::from(picture.into_inner());

    let folder = tempfile::tempdir().unwrap();
    let files = corpus("metadata");
    for (n, (_, bytes)) in files.iter().enumerate() {
        let jpeg = with_metadata(&picture, bytes).encoder().bytes();
        fs::write(folder.path().join(format!("{n:03}.jpg")), jpeg).unwrap();
    }
    let mut frames = Folder::open(folder.path(), TagSettings::default()).unwrap();
    for (path, _) in files {
        eprintln!("{}", path.display());
        let frame = frames.next_frame().unwrap().unwrap();
        match frame.tag {
            Ok(tag) => {
                assert!(tag.pose.latitude_deg.abs() <= 90.0);
                assert!(tag.pose.longitude_deg.abs() <= 180.0);
                assert!(!tag.pose.altitude.is_empty());
            }
            Err(untagged) => assert_eq!(untagged.to_string().lines().count(), 1, "{untagged}"),
        }
    }
}
