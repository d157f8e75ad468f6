//! What a made dataset's labels hold, by GDAL's own rasterizing and reading.

use std::process::Command;

use rstest::rstest;
use scarp_forge::raster::Georeference;

use super::*;

#[rstest]
#[case::geojson("slides.geojson", "")]
#[case::geojson_wgs84("wgs84.geojson", "EPSG:4326")]
#[case::geopackage_wgs84("wgs84.gpkg", "EPSG:4326")]
#[case::geopackage_web_mercator("web.gpkg", "EPSG:3857")]
#[case::shapefile_utm("utm.shp", "EPSG:32648")]
#[case::shapefile_next_zone("zone.shp", "EPSG:32647")]
#[case::shapefile_web_mercator("web.shp", "EPSG:3857")]
#[case::shapefile_cgcs2000("cgcs.shp", "EPSG:4490")]
fn masks_are_those_of_gdal_rasterize_whatever_the_format_and_reference_system(
    #[case] outlines: &str,
    #[case] epsg: &str,
) {
    let mut data = Folder::new().with_scene("a.tif", 0.0).with_outlines(SLIDES);
    if !epsg.is_empty() {
        data = data.with_outlines_as(outlines, epsg);
    }
    let whole = data.path("whole.tif");
    let extent = [CORNER.0, CORNER.1 - 30.0, CORNER.0 + 40.0, CORNER.1].map(|v| v.to_string());
    let mut arguments = vec![
        "-q", "-burn", "1", "-ot", "Byte", "-ts", "200", "150", "-te",
    ];
    arguments.extend(extent.iter().map(String::as_str));
    let from = data.path("slides.geojson");
    arguments.extend([from.to_str().unwrap(), whole.to_str().unwrap()]);
    gdal("gdal_rasterize", &arguments);
    let (_, expected) = pixels(&whole, Kind::Label);
    let (_, image) = pixels(&data.path("ortho/a.tif"), Kind::Rgb);

    let output = data.make(outlines, &["--split", "1:0", "--keep-empty", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(data.made("train_dataset").len(), 6);
    let mut landslide = 0;
    for (row, column) in (0..2).flat_map(|row| (0..3).map(move |column| (row, column))) {
        let name = format!("a_r{row:03}_c{column:03}.tif");
        let path = |side: &str| data.path(&format!("out/train_dataset/{side}/{name}"));
        let (width, labels) = pixels(&path("labels"), Kind::Label);
        assert_eq!((width, labels.len()), (64, 64 * 64));
        let (_, colours) = pixels(&path("images"), Kind::Rgb);
        for (index, &label) in labels.iter().enumerate() {
            let (x, y) = (column * 64 + index % 64, row * 64 + index / 64);
            assert_eq!(label, expected[y * 200 + x], "{name} {x} {y}");
            assert_eq!(
                colours[index * 3..index * 3 + 3],
                image[(y * 200 + x) * 3..][..3]
            );
            landslide += usize::from(label);
        }
    }
    assert!(landslide > 3000, "{landslide}");
}

#[test]
fn a_tile_lies_where_it_was_cut_by_gdals_reading_too() {
    let data = Folder::new().with_scene("a.tif", 0.0).with_outlines(SLIDES);
    data.make("slides.geojson", &["--split", "1:0"]);
    for side in ["images", "labels"] {
        let path = data.path(&format!("out/train_dataset/{side}/a_r001_c002.tif"));
        let output = Command::new("gdalinfo").arg("-json").arg(&path).output();
        let info: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
        let place: Vec<_> = info["geoTransform"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect();
        let expected = [CORNER.0 + 25.6, 0.2, 0.0, CORNER.1 - 12.8, 0.0, -0.2];
        for (found, expected) in place.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{place:?}");
        }
        let system = info["coordinateSystem"]["wkt"].as_str().unwrap();
        assert!(system.contains("UTM zone 48N"), "{system}");
        let read = Georeference::read(&path).unwrap();
        assert!((read.place(0.0, 0.0).0 - expected[0]).abs() < 1e-6);
    }
}

#[test]
fn a_made_dataset_is_read_by_inspect_and_validate() {
    let data = Folder::new()
        .with_scene("Lushan_UAV_3.tif", 0.0)
        .with_outlines(SLIDES);
    let output = data.make("slides.geojson", &["--split", "1:0"]);
    assert!(text(&output).contains("train_dataset"), "{}", text(&output));
    let (output, report) = data.inspect("out");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let report = report.unwrap();
    let pairs = data.made("train_dataset").len();
    assert_eq!(report["events"]["Lushan"]["pairs"], pairs);
    assert_eq!(report["sensors"]["UAV"]["pairs"], pairs);
    assert_eq!(report["forms"][0]["georeference"], "EPSG:32648");
    let origins = fs::read_to_string(data.path("out/dataset.toml")).unwrap();
    assert!(origins.contains("gsd_m = 0.2"), "{origins}");
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/tiny_model"
    );
    let [from, to] = ["out", "proof"].map(|name| data.path(name).display().to_string());
    let output = forge(&[
        "validate",
        model,
        "--overlap",
        "16",
        "--part",
        "train",
        "--data",
        &from,
        "--out",
        &to,
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
}
