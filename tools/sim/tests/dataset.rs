//! Tiles and scenes in the layout of GDCLD.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs::File, path::Path, process::Command};

use scarp_sim::dataset::{write_scenes, write_tiles};
use tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult},
};

fn read(path: &Path) -> (ColorType, (u32, u32), Vec<u8>) {
    let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap();
    let (colour, size) = (decoder.colortype().unwrap(), decoder.dimensions().unwrap());
    match decoder.read_image().unwrap() {
        DecodingResult::U8(samples) => (colour, size, samples),
        _ => panic!("{} is not of bytes", path.display()),
    }
}

#[test]
fn a_tile_is_an_rgb_tiff_of_1024_with_labels_0_and_1_of_the_same_name() {
    let out = tempfile::tempdir().unwrap();
    write_tiles(900_020, 4, out.path(), || ()).unwrap();
    let mut shares = Vec::new();
    for seed in 900_020..900_024 {
        let name = format!("sim_{seed:06}.tif");
        let folder = out.path().join("train_dataset");
        let (colour, size, _) = read(&folder.join("images").join(&name));
        assert_eq!((colour, size), (ColorType::RGB(8), (1024, 1024)));
        let (colour, size, labels) = read(&folder.join("labels").join(&name));
        assert_eq!((colour, size), (ColorType::Gray(8), (1024, 1024)));
        assert!(labels.iter().all(|&label| label <= 1));
        shares.push(labels.iter().map(|&label| u32::from(label)).sum::<u32>());
    }
    assert!(shares.iter().any(|&share| share > 1000), "{shares:?}");
}

#[test]
fn a_scene_lies_where_its_georeference_says_and_its_label_with_it() {
    let out = tempfile::tempdir().unwrap();
    write_scenes(900_030, 1, out.path(), || ()).unwrap();
    let mut extents = Vec::new();
    for part in ["images", "labels"] {
        let path = out
            .path()
            .join("test_data")
            .join(part)
            .join("scene_900030.tif");
        let run = Command::new("gdalinfo").arg("-json").arg(&path).output();
        let run = run.expect("gdalinfo does not start; run tools/test, which installs it");
        let info: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        assert!(
            info["coordinateSystem"]["wkt"]
                .as_str()
                .unwrap()
                .contains("UTM zone 48N")
        );
        assert_eq!(info["geoTransform"][1].as_f64(), Some(0.2));
        extents.push(info["geoTransform"].clone());
    }
    assert_eq!(extents[0], extents[1]);
}
