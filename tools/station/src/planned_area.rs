//! The area that a survey is to search, from a file of the planner's: GeoJSON, KML, or the plan of QGroundControl.

use std::{fs, io, path::Path};

use geo::{Area, BooleanOps, BoundingRect, GeometryCollection, LineString, MultiPolygon, Polygon};
use geojson::GeoJson;
use serde_json::Value;
use thiserror::Error;

/// Bytes of such a file at most; a plan has a few kilobytes.
const LARGEST: u64 = 16 << 20;

/// A file that tells no area.
#[derive(Debug, Error)]
#[error(
    "area {path}: {reason}; give polygons as GeoJSON (.geojson, .json), KML (.kml) or a QGroundControl plan (.plan)"
)]
pub struct AreaError {
    path: String,
    reason: String,
}

/// The area in the file at `path`: longitudes and latitudes in degrees, all its polygons together.
///
/// # Errors
/// When the file cannot be read, is of no known kind, or tells no polygon on Earth that has an area.
pub fn read(path: &Path) -> Result<MultiPolygon<f64>, AreaError> {
    polygons(path).map_err(|reason| AreaError {
        path: path.display().to_string(),
        reason,
    })
}

fn polygons(path: &Path) -> Result<MultiPolygon<f64>, String> {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let read = match ending.to_str() {
        Some("geojson" | "json") => from_geojson,
        Some("kml") => from_kml,
        Some("plan") => from_plan,
        _ => return Err("its ending is none that is known".to_owned()),
    };
    let text = text(path).map_err(|e| e.to_string())?;
    let polygons = MultiPolygon::new(read(&text)?);
    let on_earth = polygons.bounding_rect().is_some_and(|bounds| {
        let (min, max) = (bounds.min(), bounds.max());
        min.x >= -180.0 && max.x <= 180.0 && min.y >= -90.0 && max.y <= 90.0
    });
    // One after the other: whichever way round a planner's program draws them.
    let none = MultiPolygon::new(Vec::new());
    let area = polygons
        .iter()
        .fold(none, |area, polygon| area.union(polygon));
    if area.unsigned_area() > 0.0 && on_earth {
        Ok(area)
    } else {
        Err("tells no polygon of longitudes and latitudes that has an area".to_owned())
    }
}

fn text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other("is too large for a plan"));
    }
    fs::read_to_string(path)
}

fn from_geojson(text: &str) -> Result<Vec<Polygon<f64>>, String> {
    let read: GeoJson = text.parse().map_err(|e: geojson::Error| e.to_string())?;
    let geometries = GeometryCollection::try_from(&read).map_err(|e| e.to_string())?;
    let polygons = geometries.into_iter().flat_map(|geometry| match geometry {
        geo::Geometry::Polygon(polygon) => vec![polygon],
        geo::Geometry::MultiPolygon(parts) => parts.0,
        _ => Vec::new(),
    });
    Ok(polygons.collect())
}

/// Polygons of OGC KML 2.3 (OGC 12-007r2, clause 10.8): rings of `longitude,latitude[,height]`.
fn from_kml(text: &str) -> Result<Vec<Polygon<f64>>, String> {
    let document = roxmltree::Document::parse(text).map_err(|e| e.to_string())?;
    let is = |node: &roxmltree::Node<'_, '_>, name: &str| node.tag_name().name() == name;
    let polygons = document.descendants().filter(|node| is(node, "Polygon"));
    let rings = |polygon: roxmltree::Node<'_, '_>,
                 boundary: &str|
     -> Result<Vec<LineString<f64>>, String> {
        let of = polygon.children().filter(|node| is(node, boundary));
        let coordinates = of
            .flat_map(|node| node.descendants())
            .filter(|node| is(node, "coordinates"));
        coordinates
            .map(|node| ring(node.text().unwrap_or_default()))
            .collect()
    };
    polygons
        .map(|polygon| {
            let outer = rings(polygon, "outerBoundaryIs")?.into_iter().next();
            let outer = outer.ok_or("has a polygon without an outer ring")?;
            Ok(Polygon::new(outer, rings(polygon, "innerBoundaryIs")?))
        })
        .collect()
}

fn ring(text: &str) -> Result<LineString<f64>, String> {
    let corner = |tuple: &str| {
        let mut numbers = tuple.split(',').map(|number| number.trim().parse::<f64>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => Ok((x, y)),
            _ => Err(format!(
                "has the corner {tuple}, which is no longitude and latitude"
            )),
        }
    };
    let corners: Result<Vec<_>, _> = text.split_whitespace().map(corner).collect();
    Ok(corners?.into())
}

/// The polygons of the surveys in a plan of QGroundControl, whose corners are latitude and longitude
/// (<https://docs.qgroundcontrol.com/master/en/qgc-dev-guide/file_formats/plan.html>).
fn from_plan(text: &str) -> Result<Vec<Polygon<f64>>, String> {
    let plan: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let items = plan["mission"]["items"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let polygons = items.iter().filter_map(|item| {
        // A corridor has a line; a survey and a structure have the area.
        item["polygon"].as_array()
    });
    polygons
        .map(|corners| {
            let corner = |corner: &Value| Some((corner[1].as_f64()?, corner[0].as_f64()?));
            let corners: Option<Vec<_>> = corners.iter().map(corner).collect();
            let corners = corners.ok_or("has a corner without latitude and longitude")?;
            Ok(Polygon::new(corners.into(), Vec::new()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(name: &str, text: &str) -> Result<f64, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        read(&path)
            .map(|area| area.unsigned_area())
            .map_err(|e| e.to_string())
    }

    const GEOJSON: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
        {"type":"Polygon","coordinates":[[[7,46],[7.2,46],[7.2,46.1],[7,46.1],[7,46]]]}}]}"#;
    const KML: &str = r#"<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><Polygon>
        <outerBoundaryIs><LinearRing><coordinates>7,46,0 7.2,46,0
            7.2,46.1,0 7,46.1,0 7,46,0</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"#;
    const PLAN: &str = r#"{"fileType":"Plan","mission":{"items":[{"type":"SimpleItem"},{"type":"ComplexItem","complexItemType":"survey",
        "polygon":[[46,7],[46,7.2],[46.1,7.2],[46.1,7]]}]}}"#;

    #[test]
    fn the_same_area_is_read_of_each_kind_of_file() {
        for (name, text) in [("a.geojson", GEOJSON), ("a.KML", KML), ("a.plan", PLAN)] {
            let area = read_as(name, text).unwrap();
            assert!((area - 0.02).abs() < 1e-9, "{name}: {area}");
        }
    }

    #[test]
    fn what_tells_no_area_is_refused_in_one_line() {
        let swapped = PLAN.replace("[46,7.2]", "[146,7.2]");
        for (name, text) in [
            ("a.shp", GEOJSON),
            ("a.geojson", "{"),
            ("a.geojson", r#"{"type":"Point","coordinates":[7,46]}"#),
            ("a.kml", "<kml"),
            ("a.kml", "<kml/>"),
            ("a.plan", "{}"),
            ("a.plan", &swapped),
        ] {
            let line = read_as(name, text).unwrap_err();
            assert!(line.contains(name) && line.lines().count() == 1, "{line}");
        }
    }
}
