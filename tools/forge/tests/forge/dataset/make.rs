//! `dataset make`, with GDAL to make its inputs and to judge it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use image::{Rgb, RgbImage};
use rstest::rstest;
use scarp_forge::raster::{Georeference, Kind, Raster, Window};
use serde_json::Value;

use super::*;

/// West and north side of the test images, metres in UTM zone 48 north.
const CORNER: (f64, f64) = (400_000.0, 3_400_000.0);
const GSD: f64 = 0.2;

impl Folder {
    /// With an image of 200 x 150 pixels that begins so many pixels east of the corner: 3 x 2 tiles of 64.
    fn with_scene(self, name: &str, east: f64) -> Self {
        let image = RgbImage::from_fn(200, 150, |x, y| {
            Rgb([(x % 250) as u8 + 1, (y % 250) as u8 + 1, 90])
        });
        let west = CORNER.0 + east * GSD;
        let sides = [west, CORNER.1, west + 200.0 * GSD, CORNER.1 - 150.0 * GSD];
        let sides = sides.map(|v| v.to_string());
        let this = self.with("scene.png", &png(image));
        fs::create_dir_all(this.path("ortho")).unwrap();
        let mut arguments = vec!["-q", "-a_srs", "EPSG:32648", "-a_ullr"];
        arguments.extend(sides.iter().map(String::as_str));
        let (from, to) = (this.path("scene.png"), this.path(&format!("ortho/{name}")));
        arguments.extend([from.to_str().unwrap(), to.to_str().unwrap()]);
        gdal("gdal_translate", &arguments);
        this
    }

    /// With outlines given in pixels of a scene at the corner: rings of polygons.
    fn with_outlines(self, polygons: &[&[&[(f64, f64)]]]) -> Self {
        let ring = |ring: &&[(f64, f64)]| -> Value {
            let closed = ring.iter().chain(ring.first());
            closed
                .map(|(x, y)| serde_json::json!([CORNER.0 + x * GSD, CORNER.1 - y * GSD]))
                .collect()
        };
        let feature = |rings: &&[&[(f64, f64)]]| -> Value {
            let rings: Vec<_> = rings.iter().map(ring).collect();
            serde_json::json!({"type": "Feature", "properties": {},
                "geometry": {"type": "Polygon", "coordinates": rings}})
        };
        let all = serde_json::json!({"type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}},
            "features": polygons.iter().map(feature).collect::<Vec<_>>()});
        self.with("slides.geojson", all.to_string().as_bytes())
    }

    /// With the outlines of `with_outlines` in another format and reference system.
    fn with_outlines_as(self, name: &str, epsg: &str) -> Self {
        let mut arguments = vec!["-t_srs", epsg];
        if name.ends_with("json") {
            arguments.extend(["-lco", "COORDINATE_PRECISION=12"]);
        }
        let (from, to) = (self.path("slides.geojson"), self.path(name));
        arguments.extend([to.to_str().unwrap(), from.to_str().unwrap()]);
        gdal("ogr2ogr", &arguments);
        self
    }

    fn make(&self, outlines: &str, options: &[&str]) -> Output {
        fs::remove_dir_all(self.path("out")).ok();
        let [images, outlines, out] =
            ["ortho", outlines, "out"].map(|name| self.path(name).display().to_string());
        let mut arguments = vec![
            "dataset",
            "make",
            &images,
            "--outlines",
            &outlines,
            "--out",
            &out,
            "--tile",
            "64",
        ];
        arguments.extend(options);
        forge(&arguments)
    }

    /// Names of the images that were made in a part.
    fn made(&self, part: &str) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.path(&format!("out/{part}/images"))) else {
            return Vec::new();
        };
        let mut names: Vec<_> = folder
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .map(|name| name.trim_end_matches(".tif").to_owned())
            .collect();
        names.sort();
        names
    }
}

fn pixels(path: &Path, kind: Kind) -> (u32, Vec<u8>) {
    let mut raster = Raster::open(path, kind).unwrap();
    let (width, height) = raster.size();
    let mut samples = Vec::new();
    let window = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    raster.read(window, &mut samples).unwrap();
    (width, samples)
}

/// A slope with a hole, a thin run over tile borders, a triangle that leaves the image.
const SLIDES: &[&[&[(f64, f64)]]] = &[
    &[
        &[(10.3, 9.1), (77.7, 15.2), (60.1, 70.9), (22.4, 55.5)],
        &[(30.2, 25.1), (45.3, 24.8), (41.1, 40.2)],
    ],
    &[&[(90.1, 20.3), (93.2, 21.1), (131.9, 120.7), (128.1, 121.3)]],
    &[&[(150.4, 100.2), (260.1, 130.3), (140.8, 180.9)]],
];

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

/// One slide in the first tile.
const ONE: &[&[&[(f64, f64)]]] = &[&[&[(5.0, 5.0), (20.0, 5.0), (20.0, 20.0), (5.0, 20.0)]]];

#[test]
fn tiles_without_landslides_are_left_out_unless_named_or_chosen() {
    let data = Folder::new()
        .with_scene("a.tif", 0.0)
        .with_scene("flat.tif", 1000.0)
        .with_outlines(ONE)
        .with(
            "negatives.txt",
            b"# looked at by hand\nflat.tif\na_r001_c001 # a road\nnowhere\n",
        );
    let output = data.make("slides.geojson", &["--split", "1:0"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(
        errors(&output).contains("flat.tif: no outline lies in it; name it in --negatives"),
        "{}",
        errors(&output)
    );
    assert_eq!(data.made("train_dataset"), ["a_r000_c000"]);
    assert!(text(&output).contains("left out: 5 tiles without landslides"));

    let list = data.path("negatives.txt").display().to_string();
    let output = data.make("slides.geojson", &["--split", "1:0", "--negatives", &list]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(
        errors(&output).contains("nowhere: is in the list of negatives, but"),
        "{}",
        errors(&output)
    );
    let made = data.made("train_dataset");
    assert_eq!(made.len(), 8, "{made:?}");
    assert!(made.contains(&"a_r001_c001".to_owned()));
    let empty = data.path("out/train_dataset/labels/flat_r000_c000.tif");
    assert!(pixels(&empty, Kind::Label).1.iter().all(|v| *v == 0));
}

#[test]
fn pixels_outside_of_the_picture_are_no_landslide_and_tiles_mostly_outside_are_left_out() {
    let image = RgbImage::from_fn(128, 64, |x, _| {
        if !(40..120).contains(&x) {
            Rgb([7, 7, 7])
        } else {
            Rgb([90, 120, 90])
        }
    });
    let data = Folder::new()
        .with("scene.png", &png(image))
        .with_outlines(&[&[&[(0.0, 0.0), (128.0, 0.0), (128.0, 64.0), (0.0, 64.0)]]]);
    fs::create_dir(data.path("ortho")).unwrap();
    let (from, to) = (data.path("scene.png"), data.path("ortho/a.tif"));
    let arguments = [
        "-q",
        "-a_srs",
        "EPSG:32648",
        "-a_nodata",
        "7",
        "-a_ullr",
        "400000",
        "3400000",
        "400025.6",
        "3399987.2",
        from.to_str().unwrap(),
        to.to_str().unwrap(),
    ];
    gdal("gdal_translate", &arguments);
    let output = data.make("slides.geojson", &["--split", "1:0"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(data.made("train_dataset"), ["a_r000_c001"]);
    assert!(text(&output).contains("1 with less than half a picture"));
    let (_, labels) = pixels(
        &data.path("out/train_dataset/labels/a_r000_c001.tif"),
        Kind::Label,
    );
    assert!((0..64).all(|x| labels[x] == u8::from(x < 56)));
}

#[test]
fn an_event_left_out_is_kept_whole_for_testing_and_no_other_image_shows_its_ground() {
    let data = Folder::new()
        .with_scene("Palu_1.tif", 0.0)
        .with_scene("Lushan_overlapping.tif", 150.0)
        .with_scene("Lushan_1.tif", 1000.0)
        .with_scene("nameless.tif", 2000.0)
        .with_outlines(&[
            SLIDES[0],
            &[&[(160.0, 5.0), (190.0, 5.0), (190.0, 20.0)]],
            &[&[(1005.0, 5.0), (1020.0, 5.0), (1020.0, 20.0)]],
            &[&[(2005.0, 5.0), (2020.0, 5.0), (2020.0, 20.0)]],
        ]);
    let output = data.make("slides.geojson", &["--split", "1:0", "--leave-out", "palu"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert_eq!(data.made("test_data"), ["Palu_1"]);
    assert_eq!(data.made("train_dataset"), ["Lushan_1_r000_c000"]);
    for reason in [
        "nameless.tif: its event is not known",
        "Lushan_overlapping.tif: overlaps",
    ] {
        assert!(errors(&output).contains(reason), "{}", errors(&output));
    }
    let test = data.path("out/test_data/images/Palu_1.tif");
    assert_eq!(
        fs::read(test).unwrap(),
        fs::read(data.path("ortho/Palu_1.tif")).unwrap()
    );
    let (width, labels) = pixels(&data.path("out/test_data/labels/Palu_1.tif"), Kind::Label);
    assert_eq!((width, labels.len()), (200, 200 * 150));
    assert_eq!((labels[20 * 200 + 40], labels[30 * 200 + 40]), (1, 0));

    let output = data.make("slides.geojson", &["--leave-out", "Mesetas"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("no image is of the event Mesetas"),
        "{}",
        errors(&output)
    );
}

#[test]
fn images_of_the_same_ground_are_on_one_side_and_tiles_are_split_only_when_asked_to() {
    let slide = |east: f64| [(east + 5.0, 5.0), (east + 60.0, 5.0), (east + 190.0, 120.0)];
    let slides: Vec<_> = (0..4).map(|i| slide(f64::from(i) * 1000.0)).collect();
    let polygons: Vec<[&[(f64, f64)]; 1]> = slides.iter().map(|s| [&s[..]]).collect();
    let polygons: Vec<&[&[(f64, f64)]]> = polygons.iter().map(|p| &p[..]).collect();
    let mut data = Folder::new().with_outlines(&polygons);
    for (name, east) in [
        ("a.tif", 0.0),
        ("a_again.tif", 10.0),
        ("b.tif", 1000.0),
        ("c.tif", 2000.0),
        ("d.tif", 3000.0),
    ] {
        data = data.with_scene(name, east);
    }
    for seed in ["1", "2", "3"] {
        let output = data.make("slides.geojson", &["--seed", seed]);
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
        let side = |part: &str| {
            let mut stems: Vec<_> = data
                .made(part)
                .iter()
                .map(|name| name.rsplitn(3, '_').last().unwrap().to_owned())
                .collect();
            stems.dedup();
            stems
        };
        let (train, val) = (side("train_dataset"), side("val_dataset"));
        assert!(!train.is_empty() && !val.is_empty());
        assert_eq!(train.len() + val.len(), 5, "{train:?} {val:?}");
        let has = |side: &[String], name: &str| side.contains(&name.to_owned());
        assert_eq!(has(&val, "a"), has(&val, "a_again"), "{train:?} {val:?}");
    }
    let output = data.make("slides.geojson", &["--by", "tile", "--keep-empty", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let counts = ["train_dataset", "val_dataset"].map(|part| data.made(part).len());
    assert!(counts == [22, 8] || counts == [23, 7], "{counts:?}");

    let alone = Folder::new().with_scene("a.tif", 0.0).with_outlines(ONE);
    let output = alone.make("slides.geojson", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("cannot be divided") && !alone.path("out").exists(),
        "{}",
        errors(&output)
    );
}

#[test]
fn what_is_there_already_is_not_written_over() {
    let data = Folder::new().with_scene("a.tif", 0.0).with_outlines(ONE);
    let [images, outlines] =
        ["ortho", "slides.geojson"].map(|name| data.path(name).display().to_string());
    let out = data.path("out").display().to_string();
    let arguments = [
        "dataset",
        "make",
        &images,
        "--outlines",
        &outlines,
        "--out",
        &out,
        "--tile",
        "64",
        "--split",
        "1:0",
    ];
    assert_eq!(forge(&arguments).status.code(), Some(0));
    let output = forge(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("train_dataset: is there already"),
        "{}",
        errors(&output)
    );
}

#[rstest]
#[case::no_place("scene.png", "has no georeference")]
#[case::no_code("local.tif", "has no reference system")]
#[case::elsewhere("far.tif", "no outline lies in it")]
#[case::too_small("small.tif", "gives no tile of 64x64 pixels (it is smaller)")]
#[case::four_bands("four.tif", "has 4 bands of 8 bits")]
#[case::truncated("cut.tif", "cannot be decoded")]
fn an_image_that_cannot_be_used_is_one_line_and_the_others_are_done(
    #[case] bad: &str,
    #[case] reason: &str,
) {
    let data = Folder::new()
        .with_scene("far.tif", 5000.0)
        .with_scene("good.tif", 0.0)
        .with_outlines(SLIDES);
    let ortho = data.path("ortho");
    let [good, png] = [ortho.join("good.tif"), data.path("scene.png")];
    let translate = |from: &Path, options: &[&str]| {
        let mut arguments = vec!["-q"];
        arguments.extend(options);
        let to = ortho.join(bad);
        arguments.extend([from.to_str().unwrap(), to.to_str().unwrap()]);
        gdal("gdal_translate", &arguments);
    };
    let far = ortho.join("far.tif");
    match bad {
        "far.tif" => fs::copy(&far, data.path("keep.tif")).map(drop).unwrap(),
        "local.tif" => translate(&png, &["-a_ullr", "400000", "3400000", "400040", "3399970"]),
        "small.tif" => translate(&good, &["-srcwin", "0", "0", "60", "60"]),
        "four.tif" => translate(&good, &["-b", "1", "-b", "2", "-b", "3", "-b", "1"]),
        "cut.tif" => {
            let whole = fs::read(&good).unwrap();
            fs::write(ortho.join(bad), &whole[..whole.len() - 40_000]).unwrap();
        }
        _ => {}
    }
    if bad != "far.tif" {
        fs::remove_file(far).unwrap();
    }
    let given = data.path(if bad == "scene.png" { bad } else { "ortho" });
    let [images, outlines, out] =
        [given, data.path("slides.geojson"), data.path("out")].map(|p| p.display().to_string());
    let good = good.display().to_string();
    let mut arguments = vec!["dataset", "make", &images];
    if bad == "scene.png" {
        arguments.push(&good);
    }
    arguments.extend([
        "--outlines",
        &outlines,
        "--out",
        &out,
        "--tile",
        "64",
        "--split",
        "1:0",
    ]);
    let output = forge(&arguments);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(
        lines[0].contains(reason) && lines[0].contains(bad),
        "{text}"
    );
    let made = data.made("train_dataset");
    assert!(
        !made.is_empty() && made.iter().all(|name| name.starts_with("good_")),
        "{made:?}"
    );
}

#[test]
fn outlines_that_do_not_say_where_they_are_or_are_no_polygons_are_refused() {
    let data = Folder::new()
        .with_scene("a.tif", 0.0)
        .with_outlines(ONE)
        .with_outlines_as("a.shp", "EPSG:32648")
        .with_outlines_as("old.gpkg", "EPSG:4267")
        .with_outlines_as("none.gpkg", "EPSG:32648")
        .with("slides.kml", b"<kml/>")
        .with("broken.gpkg", b"no database")
        .with("empty.geojson", br#"{"type":"FeatureCollection","features":[]}"#)
        .with("point.geojson", br#"{"type":"Point","coordinates":[103,30]}"#)
        .with(
            "metres.geojson",
            br#"{"type":"Polygon","coordinates":[[[400000,3400000],[400001,3400000],[400001,3400001],[400000,3400000]]]}"#,
        );
    fs::remove_file(data.path("a.prj")).unwrap();
    // "-1" is GeoPackage's own for an undefined reference system.
    rusqlite::Connection::open(data.path("none.gpkg"))
        .unwrap()
        .execute("UPDATE gpkg_geometry_columns SET srs_id = -1", [])
        .unwrap();
    for (name, reason) in [
        ("a.shp", "does not say its reference system ("),
        ("none.gpkg", "does not say its reference system"),
        ("metres.geojson", "does not say its reference system"),
        (
            "old.gpkg",
            "the datum of EPSG:4267 is not known here: NAD27 lies to WGS84 by grids",
        ),
        ("slides.kml", "convert it, for instance with ogr2ogr"),
        ("broken.gpkg", "cannot be read"),
        ("empty.geojson", "holds no polygon"),
        (
            "point.geojson",
            "feature 1 is a Point; outlines are polygons",
        ),
        ("nowhere.gpkg", "cannot be read"),
    ] {
        let output = data.make(name, &["--split", "1:0"]);
        let text = errors(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert!(
            text.contains(reason) && text.contains(name),
            "{name}: {text}"
        );
        assert!(!data.path("out").exists(), "{name}");
    }
}

#[test]
fn a_geopackage_of_several_layers_asks_which_one() {
    let data = Folder::new()
        .with_scene("a.tif", 0.0)
        .with_outlines(ONE)
        .with_outlines_as("two.gpkg", "EPSG:32648");
    let [to, from] =
        ["two.gpkg", "slides.geojson"].map(|name| data.path(name).display().to_string());
    gdal("ogr2ogr", &["-update", "-nln", "roads", &to, &from]);
    let output = data.make("two.gpkg", &["--split", "1:0"]);
    assert!(
        errors(&output).contains("holds the layers roads, slides; choose one with --layer"),
        "{}",
        errors(&output)
    );
    let output = data.make("two.gpkg", &["--split", "1:0", "--layer", "slides"]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
}
