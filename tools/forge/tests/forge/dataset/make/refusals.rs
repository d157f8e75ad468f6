//! What cannot be made, and why.

use rstest::rstest;

use super::*;

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
