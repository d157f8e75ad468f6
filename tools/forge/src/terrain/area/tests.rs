use super::*;
use rstest::rstest;
use scarp_geo::{Latitude, Longitude};
use std::fs;

fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path.display().to_string())
}

fn at(latitude: f64, longitude: f64) -> Wgs84 {
    Wgs84::new(
        Latitude::from_degrees(latitude),
        Longitude::from_degrees(longitude),
    )
}

#[test]
fn a_box_is_west_south_east_north() {
    let area = Area::read("-92.2,46.5,-92.0,46.6").unwrap();
    assert_eq!(area.bounds_deg(), [-92.2, 46.5, -92.0, 46.6]);
    assert!(area.contains(at(46.55, -92.1)) && !area.contains(at(46.65, -92.1)));
}

#[test]
fn a_box_whose_west_is_above_its_east_lies_over_the_antimeridian() {
    let area = Area::read("179.5,-17,-179.5,-16").unwrap();
    assert!(area.contains(at(-16.5, 179.9)) && area.contains(at(-16.5, -179.9)));
    assert!(!area.contains(at(-16.5, 0.0)) && !area.contains(at(-16.5, -179.0)));
}

#[rstest]
#[case("46.5,-92.2,46.6,-92.0")]
#[case("1,2,3")]
#[case("0,10,1,5")]
#[case("nan,1,2,3")]
#[case("-10,-10,175,10")]
fn a_box_that_is_none_is_refused(#[case] text: &str) {
    assert!(matches!(Area::read(text), Err(AreaError::Box(_))), "{text}");
}

#[test]
fn what_is_neither_box_nor_file_says_what_an_area_is() {
    let error = Area::read("Duluth").unwrap_err().to_string();
    assert!(
        error.contains("WEST,SOUTH,EAST,NORTH") && error.contains(".plan"),
        "{error}"
    );
    assert!(matches!(Area::read("0,89,1,89.5"), Err(AreaError::Pole(_))));
}

#[test]
fn a_kml_is_the_hull_of_all_that_is_drawn_in_it() {
    let (_folder, path) = file(
        "a.kml",
        r#"<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
        <Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>
          8.0,46.5,0 8.1,46.5,0 8.1,46.6,0 8.0,46.5,0
        </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
        <Placemark><Point><coordinates>8.2,46.55</coordinates></Point></Placemark></Document></kml>"#,
    );
    let area = Area::read(&path).unwrap();
    assert_eq!(area.bounds_deg(), [8.0, 46.5, 8.2, 46.6]);
    assert!(area.contains(at(46.55, 8.15)) && !area.contains(at(46.59, 8.01)));
}

#[test]
fn a_plan_is_all_that_the_aircraft_flies_to() {
    let (_folder, path) = file(
        "a.plan",
        r#"{"fileType": "Plan", "mission": {"plannedHomePosition": [46.50, 8.00, 900], "items": [
            {"type": "SimpleItem", "command": 22, "frame": 3, "params": [0, 0, 0, null, 46.51, 8.01, 50]},
            {"type": "SimpleItem", "command": 530, "frame": 2, "params": [0, 2, null, null, 1, 2, 3]},
            {"type": "SimpleItem", "command": 20, "frame": 3, "params": [0, 0, 0, 0, 0, 0, 0]},
            {"type": "ComplexItem", "complexItemType": "survey", "polygon": [[46.52, 8.02], [46.60, 8.02], [46.60, 8.10]],
             "TransectStyleComplexItem": {"VisualTransectPoints": [[46.61, 8.03]], "Items":
                [{"command": 16, "frame": 3, "params": [0, 0, 0, 0, 46.5, 8.11, 60]}]}}]},
          "geoFence": {"polygons": [{"polygon": [[40, 0], [50, 0], [50, 10]]}]}, "rallyPoints": {}}"#,
    );
    assert_eq!(
        Area::read(&path).unwrap().bounds_deg(),
        [8.0, 46.5, 8.11, 46.61]
    );
}

#[test]
fn outlines_count_in_the_system_that_they_state() {
    let (_folder, path) = file(
        "a.geojson",
        r#"{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:32615"}}, "features": [
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates":
            [[[530000, 5174000], [536000, 5174000], [536000, 5180000], [530000, 5174000]]]}}]}"#,
    );
    // gdaltransform -s_srs EPSG:32615 -t_srs EPSG:4326
    let [west, south, _, _] = Area::read(&path).unwrap().bounds_deg();
    assert!(
        (west + 92.607_45).abs() < 1e-5 && (south - 46.718_585).abs() < 1e-5,
        "{west} {south}"
    );
}

#[rstest]
#[case("a.kml", "PK\u{3}\u{4}", "KMZ")]
#[case("a.kml", "<kml><coordinates>8;46</coordinates></kml>", "8;46")]
#[case("a.kml", "<kml/>", "no place")]
#[case("a.plan", "{}", "QGroundControl")]
#[case(
    "a.plan",
    r#"{"fileType": "Plan", "mission": {"items": []}}"#,
    "no place"
)]
#[case(
    "a.geojson",
    r#"{"type": "Point", "coordinates": [8, 46]}"#,
    "outlines are polygons"
)]
#[case("a.kml", "<kml><coordinates>8,146</coordinates></kml>", "no place")]
fn a_file_without_an_area_is_refused_by_its_name(
    #[case] name: &str,
    #[case] text: &str,
    #[case] word: &str,
) {
    let (_folder, path) = file(name, text);
    let error = Area::read(&path).unwrap_err().to_string();
    assert!(error.contains(word) && error.contains(&path), "{error}");
}

#[test]
fn a_line_flown_straight_north_is_an_area() {
    let (_folder, path) = file("a.kml", "<kml><coordinates>8,46 8,46.1</coordinates></kml>");
    let area = Area::read(&path).unwrap();
    assert!(area.contains(at(46.05, 8.0)) && !area.contains(at(46.05, 8.01)));
}
