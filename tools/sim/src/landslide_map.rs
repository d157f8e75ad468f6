//! The true landslides as outlines on the map.

use std::{fs, path::Path};

use anyhow::Context;
use geo::{
    Area, MapCoords, Polygon,
    orient::{Direction, Orient},
};
use serde_json::{Value, json};

use crate::world::World;

/// One landslide as it truly is.
#[derive(Debug, Clone)]
pub struct Truth {
    /// Outline with holes on the UTM plane, metres.
    pub plane: Polygon<f64>,
    /// The same in degrees: x longitude, y latitude; exterior counterclockwise.
    pub geographic: Polygon<f64>,
    /// Horizontal area in m².
    pub area_m2: f64,
}

/// The true landslides of a world, the largest first. Those that touch are one.
///
/// # Errors
/// Only if the tracer refused its own raster.
pub fn trace(world: &World) -> anyhow::Result<Vec<Truth>> {
    let (easting, northing) = world.corner;
    let scale = world.utm.grid(easting, northing, world.base_m).scale;
    let mut truth: Vec<Truth> = world
        .outlines()?
        .into_iter()
        .map(|plane| Truth {
            geographic: plane
                .map_coords(|c| world.to_geographic(c))
                .orient(Direction::Default),
            area_m2: plane.unsigned_area() / (scale * scale),
            plane,
        })
        .collect();
    truth.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2));
    Ok(truth)
}

/// Writes the outlines as GeoJSON (RFC 7946).
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, world: &World, truth: &[Truth]) -> anyhow::Result<()> {
    let features: Vec<Value> = truth
        .iter()
        .zip(1..)
        .map(|(landslide, id)| feature(world, landslide, id))
        .collect();
    let text = json!({ "type": "FeatureCollection", "features": features }).to_string();
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn feature(world: &World, landslide: &Truth, id: usize) -> Value {
    // 1e-8 degrees is a millimetre.
    let round = |degrees: f64| (degrees * 1e8).round() / 1e8;
    let rings: Vec<Vec<[f64; 2]>> = std::iter::once(landslide.geographic.exterior())
        .chain(landslide.geographic.interiors())
        .map(|ring| ring.coords().map(|c| [round(c.x), round(c.y)]).collect())
        .collect();
    json!({
        "type": "Feature",
        "id": id,
        "geometry": { "type": "Polygon", "coordinates": rings },
        "properties": {
            "id": id,
            "area_m2": landslide.area_m2.round(),
            "epsg": world.utm.epsg(),
        },
    })
}
