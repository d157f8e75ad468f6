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
        "Geometry: Polygon",
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
    assert!(layer(store, "landslide_history").contains("Feature Count: 5"));
    assert!(layer(store, "footprints").contains("Feature Count: 3"));
    assert!(layer(store, "surveys").contains("Feature Count: 1"));
    for name in ["landslides", "landslide_history"] {
        let invalid = format!("SELECT count(*) AS n FROM {name} WHERE ST_IsValid(geom) <> 1");
        assert_eq!(number(store, &invalid), 0, "{name}");
    }
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
            "SELECT sum(ST_NumInteriorRing(geom)) AS n FROM landslides"
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
        "{\"landslides\":2}\n"
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
        "{\"footprints\":2}\n"
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
