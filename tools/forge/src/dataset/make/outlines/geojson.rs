//! GeoJSON: WGS84 by RFC 7946, or the older `crs` member.

use std::{fs, path::Path};

use geojson::{Feature, GeoJson, Geometry, GeometryValue, JsonObject, JsonValue};
use scarp_geo::crs::System;

use super::{OutlinesError, Rings, unreadable};

pub(super) fn read(path: &Path) -> Result<(System, Vec<Rings>), OutlinesError> {
    let text = fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    let json: GeoJson = text.parse().map_err(|e| unreadable(path, &e))?;
    let (members, geometries) = match json {
        GeoJson::Geometry(geometry) => (geometry.foreign_members.clone(), vec![Some(geometry)]),
        GeoJson::Feature(Feature {
            geometry,
            foreign_members,
            ..
        }) => (foreign_members, vec![geometry]),
        GeoJson::FeatureCollection(all) => (
            all.foreign_members,
            all.features.into_iter().map(|f| f.geometry).collect(),
        ),
    };
    let system = system(path, members.as_ref())?;
    let mut polygons = Vec::new();
    for (index, geometry) in geometries.iter().enumerate() {
        let Some(geometry) = geometry else { continue };
        add(geometry, &mut polygons).map_err(|what| OutlinesError::NoPolygon {
            path: path.to_owned(),
            feature: index + 1,
            what: what.to_owned(),
        })?;
    }
    let on_earth = |&(x, y): &(f64, f64)| x.abs() <= 360.0 && y.abs() <= 90.0;
    if system == System::WGS84 && !polygons.iter().flatten().flatten().all(on_earth) {
        return Err(OutlinesError::Unstated {
            path: path.to_owned(),
            reason: "its coordinates are no degrees, but it has no crs member".to_owned(),
        });
    }
    Ok((system, polygons))
}

/// "EPSG:32648", "urn:ogc:def:crs:EPSG::32648" and "urn:ogc:def:crs:OGC:1.3:CRS84".
fn system(path: &Path, members: Option<&JsonObject>) -> Result<System, OutlinesError> {
    let Some(crs) = members.and_then(|m| m.get("crs")) else {
        return Ok(System::WGS84);
    };
    let name = crs
        .pointer("/properties/name")
        .and_then(JsonValue::as_str)
        .unwrap_or_default();
    let code = name.rsplit(':').next().unwrap_or_default();
    if code == "CRS84" {
        return Ok(System::WGS84);
    }
    let epsg = name.contains("EPSG").then(|| code.parse().ok()).flatten();
    epsg.map(System::Epsg)
        .ok_or_else(|| OutlinesError::Unstated {
            path: path.to_owned(),
            reason: format!("its crs member {crs} names no EPSG code"),
        })
}

/// Adds the polygons of a geometry, or says what else it is.
fn add<'a>(geometry: &'a Geometry, polygons: &mut Vec<Rings>) -> Result<(), &'a str> {
    let rings = |polygon: &geojson::PolygonType| -> Rings {
        polygon
            .iter()
            .map(|ring| {
                ring.iter()
                    .filter_map(|p| match *p.as_slice() {
                        [x, y, ..] => Some((x, y)),
                        _ => None,
                    })
                    .collect()
            })
            .collect()
    };
    match &geometry.value {
        GeometryValue::Polygon { coordinates } => polygons.push(rings(coordinates)),
        GeometryValue::MultiPolygon { coordinates } => {
            polygons.extend(coordinates.iter().map(rings));
        }
        other => return Err(other.type_name()),
    }
    Ok(())
}
