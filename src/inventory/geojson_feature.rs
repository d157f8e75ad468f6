//! Landslides and footprints as GeoJSON features (RFC 7946): one schema for the files that a flight leaves and for what the
//! ground station gives to other programs.
//!
//! WGS84, longitude before latitude; outer rings counter-clockwise and holes clockwise (section 3.1.6); what crosses the
//! antimeridian is cut in two there (section 3.1.9). Times are RFC 3339 in UTC. Numbers have no more decimals than they
//! are good for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, SecondsFormat};
use geo::{
    Area, BooleanOps, BoundingRect, MapCoords, MultiPolygon, Orient, Polygon, Rect,
    RemoveRepeatedPoints, coord, orient::Direction,
};
use geojson::{Feature, Geometry, GeometryValue, JsonObject, JsonValue, feature::Id};
use serde_json::json;

use super::{coordinate_grid, frame_coverage::FrameReport, landslide::Landslide, run::Run};

/// Decimals of a coordinate in degrees: 11 mm on the ground.
const COORDINATE: i32 = 7;
/// Decimals of an area in square metres.
const AREA: i32 = 1;
/// Decimals of an accuracy in metres.
const CE90: i32 = 2;
/// Decimals of a ground sampling distance in metres.
const GSD: i32 = 4;
/// Decimals of a probability.
const PROBABILITY: i32 = 3;

/// A landslide of a run as a feature that carries its identity.
#[must_use]
pub fn landslide_feature(run: Run, landslide: &Landslide) -> Feature {
    let properties = [
        ("survey", json!(run.survey)),
        ("run", json!(run.id)),
        ("version", json!(landslide.version)),
        ("area_m2", rounded(landslide.area_m2, AREA)),
        ("cut_off", json!(landslide.cut_off)),
        ("confidence", rounded(landslide.confidence, PROBABILITY)),
        ("ce90_m", rounded(landslide.ce90_m, CE90)),
        ("observations", json!(landslide.observations)),
        ("first_seen", time(landslide.first_seen)),
        ("last_seen", time(landslide.last_seen)),
    ];
    Feature {
        id: Some(Id::String(landslide.id.to_string())),
        ..feature(&landslide.outline, properties)
    }
}

/// What a frame of a run searched, as a feature; `None` for a frame that could not be placed.
#[must_use]
pub fn footprint_feature(run: Run, frame: &FrameReport) -> Option<Feature> {
    let placement = frame.placement.as_ref().ok()?;
    let properties = [
        ("survey", json!(run.survey)),
        ("run", json!(run.id)),
        ("sequence", json!(frame.sequence)),
        ("name", json!(frame.name)),
        ("time", time(frame.time)),
        ("gsd_m", rounded(placement.gsd_m, GSD)),
    ];
    Some(feature(&placement.footprint, properties))
}

fn feature<const N: usize>(outline: &Polygon<f64>, properties: [(&str, JsonValue); N]) -> Feature {
    let properties: JsonObject = properties
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Feature {
        bbox: None,
        geometry: outline_geometry(&within_longitudes(on_grid(outline))),
        id: None,
        properties: Some(properties),
        foreign_members: None,
    }
}

/// What travels to the ground station of an outline: rounded twice here as there, both give the same.
fn on_grid(outline: &Polygon<f64>) -> Polygon<f64> {
    let on_grid = |degrees| coordinate_grid::to_degrees(coordinate_grid::to_units(degrees));
    outline.map_coords(|c| coord! { x: on_grid(c.x), y: on_grid(c.y) })
}

/// The geometry of an outline in parts [`within_longitudes`], or `None` where it is smaller than the decimals of its coordinates.
#[must_use]
pub fn outline_geometry(parts: &MultiPolygon<f64>) -> Option<Geometry> {
    let parts = parts.iter().filter_map(rounded_outline);
    let parts = MultiPolygon::new(parts.collect()).orient(Direction::Default);
    Some(Geometry::new(match parts.0.as_slice() {
        [] => return None,
        [one] => GeometryValue::from(one),
        _ => GeometryValue::from(&parts),
    }))
}

/// The parts of `outline` with longitudes from -180 to 180. Inside Scarp an outline across the antimeridian has
/// continuous longitudes that pass it.
#[must_use]
pub fn within_longitudes(outline: Polygon<f64>) -> MultiPolygon<f64> {
    let Some(bounds) = outline.bounding_rect() else {
        return outline.into();
    };
    let (min, max) = (bounds.min(), bounds.max());
    if min.x >= -180.0 && max.x <= 180.0 {
        return outline.into();
    }
    let worlds = [-360.0, 0.0, 360.0].into_iter().flat_map(|shift: f64| {
        // No wider than the outline: the cut works on a grid, which is the finer the less it has to cover.
        let (west, east) = (min.x.max(shift - 180.0), max.x.min(shift + 180.0));
        let part = (west < east).then(|| {
            let world = Rect::new(coord! { x: west, y: min.y }, coord! { x: east, y: max.y });
            outline
                .intersection(&world.to_polygon())
                .map_coords(|c| coord! { x: (c.x - shift).clamp(-180.0, 180.0), y: c.y })
        });
        part.into_iter().flatten()
    });
    MultiPolygon::new(worlds.collect())
}

/// The outline with rounded coordinates and without the rings that vanish by it; `None` where the outer one does.
fn rounded_outline(outline: &Polygon<f64>) -> Option<Polygon<f64>> {
    let outline = outline
        .map_coords(|c| coord! { x: round(c.x, COORDINATE), y: round(c.y, COORDINATE) })
        .remove_repeated_points();
    let has_area =
        |ring: &geo::LineString<f64>| Polygon::new(ring.clone(), Vec::new()).unsigned_area() > 0.0;
    let (outer, mut holes) = outline.into_inner();
    holes.retain(has_area);
    has_area(&outer).then(|| Polygon::new(outer, holes))
}

fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

fn rounded(value: f64, decimals: i32) -> JsonValue {
    json!(round(value, decimals))
}

/// RFC 3339 in UTC, to the millisecond; null for an unknown time, and for one whose year has not four digits, as RFC 3339 wants.
fn time(time: Option<SystemTime>) -> JsonValue {
    let Some(time) = time else {
        return JsonValue::Null;
    };
    let milliseconds = |span: Duration| i64::try_from((span.as_nanos() + 500_000) / 1_000_000).ok();
    let since_1970 = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => milliseconds(after),
        Err(before) => milliseconds(before.duration()).map(|span| -span),
    };
    let time = since_1970
        .and_then(DateTime::from_timestamp_millis)
        .filter(|time| (0..=9999).contains(&time.year()));
    json!(time.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)))
}

#[cfg(test)]
mod tests;
