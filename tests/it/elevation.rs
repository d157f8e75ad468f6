//! Elevation models in the forms they come in. `fixtures/georeference/variants.sh` made all but `dem.tif` with GDAL.

use std::path::{Path, PathBuf};

use rstest::rstest;
use scarp_geo::{Dem, DemError, VerticalDatum, Wgs84};

use super::support::at;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/georeference")
        .join(name)
}

/// A place well inside the hill, and inside the part that `lzw-f64.tif` keeps.
const PLACE: Wgs84 = at(-46.5632, -73.16945);

#[rstest]
#[case("tiled-deflate-f32.tif", 1e-3)]
#[case("lzw-f64.tif", 1e-3)]
#[case("lzw-i16.tif", 0.51)]
// Warped to degrees with a cell of 6 m: interpolated twice.
#[case("geographic-point-egm2008.tif", 0.5)]
fn every_form_of_the_same_hill_gives_the_same_heights(#[case] name: &str, #[case] tolerance: f64) {
    let plain = Dem::open(&fixture("dem.tif"), None).unwrap();
    let other = Dem::open(&fixture(name), None).unwrap();
    for step in 0..20 {
        let place = at(
            PLACE.latitude_deg() + 4e-5 * f64::from(step % 5),
            PLACE.longitude_deg() + 3e-5 * f64::from(step / 5),
        );
        let (a, b) = (plain.sample(place).unwrap(), other.sample(place).unwrap());
        assert!((a - b).abs() < tolerance, "{place}: {a} {b}");
    }
}

#[test]
fn the_vertical_datum_comes_from_the_file_or_from_the_user_and_never_from_nowhere() {
    let open = |name, stated| Dem::open(&fixture(name), stated);
    assert_eq!(open("dem.tif", None).unwrap().datum(), VerticalDatum::Egm96);
    assert_eq!(
        open("geographic-point-egm2008.tif", None).unwrap().datum(),
        VerticalDatum::Egm2008
    );
    assert!(matches!(
        open("no-datum.tif", None),
        Err(DemError::UnknownDatum { .. })
    ));
    let stated = open("no-datum.tif", Some(VerticalDatum::Ellipsoid)).unwrap();
    assert_eq!(stated.datum(), VerticalDatum::Ellipsoid);
    assert!(matches!(
        open("dem.tif", Some(VerticalDatum::Ellipsoid)),
        Err(DemError::DatumConflict {
            file: VerticalDatum::Egm96,
            ..
        })
    ));
}

#[test]
fn a_place_outside_or_in_a_gap_has_no_height() {
    let dem = Dem::open(&fixture("geographic-point-egm2008.tif"), None).unwrap();
    assert!(dem.sample(at(10.0, 10.0)).is_err());
    // The corners of the warped model are gaps: the UTM rectangle lies askew in it.
    let corner = dem.sample(at(-46.560_87, -73.165_45));
    assert!(corner.is_err(), "{corner:?}");
}

#[test]
fn a_file_that_is_no_elevation_model_is_refused_in_one_line_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.tif");
    std::fs::write(&text, "not a TIFF").unwrap();
    let whole = std::fs::read(fixture("dem.tif")).unwrap();
    let cut = dir.path().join("cut.tif");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    for path in [text.as_path(), cut.as_path(), Path::new("missing.tif")] {
        let line = Dem::open(path, Some(VerticalDatum::Egm96))
            .unwrap_err()
            .to_string();
        assert!(line.contains(&path.display().to_string()), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
}

#[test]
fn the_exploradores_model_opens_once_its_datum_is_stated() {
    let data = std::env::var_os("SCARP_REAL_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = data.join("dem/exploradores-30m-utm18s.tif");
    if !path.exists() {
        eprintln!(
            "NOT CHECKED: {} is absent; set SCARP_REAL_DATA",
            path.display()
        );
        return;
    }
    assert!(matches!(
        Dem::open(&path, None),
        Err(DemError::UnknownDatum { .. })
    ));
    let dem = Dem::open(&path, Some(VerticalDatum::Egm96)).unwrap();
    let (lowest, highest) = dem.height_range_m();
    assert!(
        lowest > -50.0 && highest > 3_900.0 && highest < 4_100.0,
        "{lowest} {highest}"
    );
    // gdallocationinfo -wgs84 at the centre of a cell.
    let (cell, known) = EXPLORADORES_CELL;
    let height = dem.sample(cell).unwrap();
    assert!((height - known).abs() < 0.5, "{height}");
}

const EXPLORADORES_CELL: (Wgs84, f64) = (at(-46.538_645_800, -73.223_844_911), 1_275.920_5);
