//! GDAL, and with it QGIS, reads what we write.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use std::{path::Path, process::Command};

use common::{AIRCRAFT, Site, envelope, frame, landslide, square, survey, untagged};
use scarp_inventory::{
    Landslide,
    LandslideStatus::{Active, Withdrawn},
};
use scarp_link::Body;
use scarp_station::store::Store;

/// Runs ogrinfo, which must neither fail nor warn.
fn ogrinfo(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("ogrinfo")
        .arg("-ro")
        .args(arguments)
        .arg(file)
        .output()
        .expect("install gdal-bin: this test needs its ogrinfo");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && errors.is_empty(),
        "{arguments:?}: {errors}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn filled(path: &Path) -> Store {
    let mut store = Store::open(path).unwrap();
    let messages = [
        survey(),
        frame(1),
        frame(2),
        untagged(3),
        landslide(1, 1, Active),
        landslide(2, 1, Active),
        landslide(2, 2, Active),
        landslide(3, 1, Active),
        landslide(3, 2, Withdrawn),
    ];
    store.apply(AIRCRAFT, messages).unwrap();
    store
}

fn layer(store: &Path, name: &str) -> String {
    ogrinfo(&["-al", "-so", "-where", "1=1"], store)
        .split("Layer name: ")
        .find(|text| text.starts_with(&format!("{name}\n")))
        .unwrap_or_else(|| panic!("no layer {name}"))
        .to_owned()
}

fn number(store: &Path, sql: &str) -> i64 {
    let text = ogrinfo(&["-q", "-dialect", "SQLite", "-sql", sql], store);
    let (_, value) = text.rsplit_once("= ").unwrap_or_else(|| panic!("{text}"));
    value.trim().parse().unwrap()
}

fn check(store: &Path) {
    let landslides = layer(store, "landslides");
    for wanted in [
        "Geometry: Multi Polygon",
        "Feature Count: 2",
        "Extent: (7.010000, 46.000000) - (7.023000, 46.003000)",
        "ID[\"EPSG\",4326]",
        "FID Column = fid",
        "Geometry Column NOT NULL = geom",
        "area_m2: Real",
        "first_seen: DateTime",
    ] {
        assert!(
            landslides.contains(wanted),
            "{wanted} is not in:\n{landslides}"
        );
    }
    assert!(layer(store, "landslide_points").contains("Feature Count: 2"));
    assert!(layer(store, "history").contains("Feature Count: 5"));
    assert!(layer(store, "footprints").contains("Feature Count: 3"));
    assert!(layer(store, "surveys").contains("Feature Count: 1"));
    let invalid = "SELECT count(*) AS n FROM landslides WHERE ST_IsValid(geom) <> 1";
    assert_eq!(number(store, invalid), 0);
    let outside = "SELECT count(*) AS n FROM landslides JOIN landslide_points AS p USING (id) \
                   WHERE ST_Contains(landslides.geom, p.geom) <> 1";
    assert_eq!(number(store, outside), 0);
    assert_eq!(
        number(
            store,
            "SELECT count(*) AS n FROM footprints WHERE ST_IsValid(geom) = 1"
        ),
        2
    );
    assert_eq!(
        number(
            store,
            "SELECT sum(ST_NumInteriorRing(ST_GeometryN(geom, 1))) AS n FROM landslides"
        ),
        2
    );
    assert_eq!(number(store, "SELECT sum(version) AS n FROM landslides"), 3);
}

#[test]
fn gdal_reads_the_layers_their_reference_system_and_valid_geometry() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    filled(&path).close().unwrap();
    check(&path);
}

#[test]
fn gdal_reads_the_store_while_it_is_open_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    let mut store = filled(&path);
    check(&path);
    store.apply(AIRCRAFT, [landslide(9, 1, Active)]).unwrap();
    assert!(layer(&path, "landslides").contains("Feature Count: 3"));
}

/// Runs `scarp-station export` on a store, which must go well, and returns what it prints.
fn export(store: &Path, out: &Path, layer: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scarp-station"))
        .args(["export", "--json", "--layer", layer, "--store"])
        .arg(store)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_exported_geojson_is_read_by_gdal_with_the_same_landslides() {
    let site = Site::new();
    let _open = filled(&site.store());
    let out = site.path("landslides.geojson");
    assert_eq!(
        export(&site.store(), &out, "landslides"),
        "{\"landslides\":2,\"left_out\":0}\n"
    );
    let layer = ogrinfo(&["-al", "-so"], &out);
    for wanted in [
        "Geometry: Polygon",
        "Feature Count: 2",
        "id: String",
        "confidence: Real",
        "first_seen: DateTime",
    ] {
        assert!(layer.contains(wanted), "{wanted} is not in:\n{layer}");
    }
    assert!(layer.contains("Extent: (7.010000, 46.000000) - (7.023000, 46.003000)"));
    let invalid = "SELECT count(*) AS n FROM landslides WHERE ST_IsValid(geometry) <> 1";
    assert_eq!(number(&out, invalid), 0);
}

#[test]
fn what_was_searched_is_exported_without_the_frames_that_have_no_place() {
    let site = Site::new();
    let _open = filled(&site.store());
    let out = site.path("footprints.geojson");
    assert_eq!(
        export(&site.store(), &out, "footprints"),
        "{\"footprints\":2,\"left_out\":0}\n"
    );
    let layer = ogrinfo(&["-al", "-so"], &out);
    for wanted in [
        "Geometry: Polygon",
        "Feature Count: 2",
        "time: DateTime",
        "gsd_m: Real",
    ] {
        assert!(layer.contains(wanted), "{wanted} is not in:\n{layer}");
    }
}

#[test]
fn gdal_reads_a_landslide_across_the_antimeridian_as_two_parts_on_the_map() {
    let site = Site::new();
    let mut store = Store::open(&site.store()).unwrap();
    let report = landslide(1, 1, Active);
    let Body::Landslide(slide) = report.body() else {
        panic!("a landslide was made");
    };
    let across = Landslide {
        outline: square(179.9, -17.0, 0.4),
        ..slide.clone()
    };
    store
        .apply(AIRCRAFT, [envelope(Body::Landslide(across))])
        .unwrap();
    let out = site.path("landslides.geojson");
    export(&site.store(), &out, "landslides");
    let layer = ogrinfo(&["-al", "-so"], &out);
    for wanted in [
        "Geometry: Multi Polygon",
        "Extent: (-180.000000, -17.000000) - (180.000000, -16.600000)",
    ] {
        assert!(layer.contains(wanted), "{wanted} is not in:\n{layer}");
    }
    let valid = "SELECT count(*) AS n FROM landslides WHERE ST_IsValid(geometry) = 1 AND ST_NumGeometries(geometry) = 2";
    assert_eq!(number(&out, valid), 1);
}

/// GDAL's own check of a GeoPackage against the standard, which must find nothing.
fn validate(store: &Path) {
    // The Python that Debian's GDAL, on which gdal-bin depends, is for.
    let output = Command::new("/usr/bin/python3")
        .args([
            "-m",
            "osgeo_utils.samples.validate_gpkg",
            "--extra",
            "--warning-as-error",
            "-k",
        ])
        .arg(store)
        .output()
        .expect("install gdal-bin: this test needs its validate_gpkg");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn a_store_is_a_valid_geopackage_when_it_is_new_in_use_edited_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    Store::open(&path).unwrap().close().unwrap();
    validate(&path);
    let mut store = filled(&path);
    store.apply(AIRCRAFT, [untagged(4)]).unwrap();
    validate(&path);
    ogrinfo_edit(
        &path,
        "UPDATE landslides SET area_m2 = 12.5, review = 'confirmed', site = 'S-9'",
    );
    ogrinfo_edit(&path, "DELETE FROM landslides WHERE name = 'L-01'");
    validate(&path);
    store.rest().unwrap();
    validate(&path);
    store.close().unwrap();
    validate(&path);
}

fn ogrinfo_edit(store: &Path, sql: &str) {
    let output = Command::new("ogrinfo")
        .arg(store)
        .args(["-sql", sql])
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn gdal_lists_the_layers_and_none_of_the_tables_that_are_not_for_people() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.gpkg");
    filled(&path).close().unwrap();
    let listed = ogrinfo(&["-q"], &path);
    let names = listed
        .lines()
        .filter_map(|line| line.split([':', '(']).nth(1));
    let names: Vec<_> = names.map(str::trim).collect();
    assert_eq!(
        names,
        [
            "landslides",
            "landslide_points",
            "sites",
            "coverage",
            "footprints",
            "surveys",
            "reviews",
            "history",
            "layer_styles"
        ]
    );
}
