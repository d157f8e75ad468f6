//! What the programs wrote as GeoJSON, on the simulated world's plane.

use std::{fs, path::Path};

use anyhow::Context;
use geo::{Coord, MapCoords, Polygon};
use geojson::GeoJson;

use crate::world::World;

/// A polygon of a GeoJSON file on the world's UTM plane.
pub struct Outline {
    /// What its feature is called, empty where it has no name.
    pub name: String,
    /// Stated probability that it is a landslide, where the feature has one.
    pub confidence: Option<f64>,
    /// Metres east and north.
    pub plane: Polygon<f64>,
}

/// All polygons of a file; the parts of a multipolygon count as one each.
///
/// # Errors
/// When it cannot be read or is no GeoJSON feature collection.
pub fn read(path: &Path, world: &World) -> anyhow::Result<Vec<Outline>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let GeoJson::FeatureCollection(collection) = text
        .parse::<GeoJson>()
        .with_context(|| format!("{} is not GeoJSON", path.display()))?
    else {
        anyhow::bail!("{} is not a feature collection", path.display());
    };
    let to_plane = |c: Coord<f64>| {
        let (x, y) = world.utm.forward(c.y, c.x);
        Coord { x, y }
    };
    let mut outlines = Vec::new();
    for feature in collection.features {
        let name = feature.property("name").and_then(|name| name.as_str());
        let name = name.unwrap_or_default().to_owned();
        let confidence = feature.property("confidence").and_then(|c| c.as_f64());
        let Some(geometry) = feature.geometry else {
            continue;
        };
        let polygons = match geo::Geometry::<f64>::try_from(geometry)? {
            geo::Geometry::Polygon(polygon) => vec![polygon],
            geo::Geometry::MultiPolygon(several) => several.0,
            _ => vec![],
        };
        outlines.extend(polygons.into_iter().map(|polygon| Outline {
            name: name.clone(),
            confidence,
            plane: polygon.map_coords(to_plane),
        }));
    }
    Ok(outlines)
}
