//! Writes the landslides as GeoJSON (RFC 7946): WGS84, longitude before latitude, outer rings counter-clockwise, and
//! what crosses the antimeridian cut in two.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use geo::{
    BooleanOps, BoundingRect, MapCoords, MultiPolygon, Orient, Polygon, Rect, coord,
    orient::Direction,
};
use geojson::{Feature, FeatureCollection, GeometryValue, JsonObject, feature::Id};
use serde_json::json;
use thiserror::Error;

use crate::store::{Store, StoreError, StoredLandslide};

/// A GeoJSON file that could not be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("export {path}: {reason}; give a file that can be written with --out")]
    Write {
        /// The file.
        path: String,
        /// Why the system refused.
        reason: io::Error,
    },
}

/// Writes the landslides that stand in the store at `store` to `out`, which is replaced only by a whole file. Returns
/// their number. The store may be in use meanwhile.
///
/// # Errors
/// When the store cannot be read or the file cannot be written.
pub fn export(store: &Path, out: &Path) -> Result<usize, ExportError> {
    let landslides = Store::open_to_read(store)?.landslides()?;
    let features = FeatureCollection::new(landslides.iter().map(feature));
    write_whole(out, &features).map_err(|reason| ExportError::Write {
        path: out.display().to_string(),
        reason,
    })?;
    Ok(landslides.len())
}

fn feature(landslide: &StoredLandslide) -> Feature {
    let mut properties = JsonObject::new();
    for (name, value) in [
        ("id", json!(landslide.id)),
        ("survey", json!(landslide.survey)),
        ("version", json!(landslide.version)),
        ("area_m2", json!(landslide.area_m2)),
        ("confidence", json!(landslide.confidence)),
        ("ce90_m", json!(landslide.ce90_m)),
        ("observations", json!(landslide.observations)),
        ("first_seen", json!(landslide.first_seen)),
        ("last_seen", json!(landslide.last_seen)),
    ] {
        properties.insert(name.to_owned(), value);
    }
    Feature {
        bbox: None,
        geometry: Some(geojson::Geometry::new(geometry(&landslide.outline))),
        id: Some(Id::String(landslide.id.clone())),
        properties: Some(properties),
        foreign_members: None,
    }
}

fn geometry(outline: &Polygon<f64>) -> GeometryValue {
    let parts = within_longitudes(outline);
    match parts.0.as_slice() {
        [one] => GeometryValue::from(one),
        _ => GeometryValue::from(&parts),
    }
}

/// The parts of `outline` with longitudes from -180 to 180. Inside Scarp an outline across the antimeridian has
/// continuous longitudes that pass it.
fn within_longitudes(outline: &Polygon<f64>) -> MultiPolygon<f64> {
    let whole = || MultiPolygon::new(vec![outline.clone()]);
    let Some(bounds) = outline.bounding_rect() else {
        return whole();
    };
    let parts = if bounds.min().x >= -180.0 && bounds.max().x <= 180.0 {
        whole()
    } else {
        let worlds = [-360.0, 0.0, 360.0].into_iter().flat_map(|shift: f64| {
            let world = Rect::new(
                coord! { x: shift - 180.0, y: -90.0 },
                coord! { x: shift + 180.0, y: 90.0 },
            );
            outline
                .intersection(&world.to_polygon())
                .map_coords(|c| coord! { x: (c.x - shift).clamp(-180.0, 180.0), y: c.y })
        });
        MultiPolygon::new(worlds.collect())
    };
    parts.orient(Direction::Default)
}

fn write_whole(out: &Path, features: &FeatureCollection) -> io::Result<()> {
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = BufWriter::new(File::create(&part)?);
    serde_json::to_writer(&mut file, features)?;
    file.write_all(b"\n")?;
    file.into_inner()?.sync_all()?;
    fs::rename(&part, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, polygon};

    #[test]
    fn an_outline_across_the_antimeridian_is_cut_in_two_and_loses_no_area() {
        let outline = polygon![(x: 179.9, y: -17.0), (x: 180.3, y: -17.0), (x: 180.3, y: -16.8), (x: 179.9, y: -16.8)];
        let parts = within_longitudes(&outline);
        let mut bounds: Vec<_> = parts.iter().map(|p| p.bounding_rect().unwrap()).collect();
        bounds.sort_by(|a, b| a.min().x.total_cmp(&b.min().x));
        let close = |a: f64, b: f64| (a - b).abs() < 1e-7;
        assert_eq!(bounds.len(), 2);
        assert!(close(bounds[0].min().x, -180.0) && close(bounds[0].max().x, -179.7));
        assert!(close(bounds[1].min().x, 179.9) && close(bounds[1].max().x, 180.0));
        assert!(close(parts.unsigned_area(), outline.unsigned_area()));
    }

    #[test]
    fn outer_rings_go_counter_clockwise_and_holes_clockwise() {
        let clockwise = polygon!(
            exterior: [(x: 0.0, y: 0.0), (x: 0.0, y: 9.0), (x: 9.0, y: 9.0), (x: 9.0, y: 0.0)],
            interiors: [[(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 1.0, y: 2.0)]],
        );
        let GeometryValue::Polygon { coordinates } = geometry(&clockwise) else {
            panic!("not a polygon");
        };
        let twice_area = |ring: &Vec<geojson::Position>| -> f64 {
            ring.windows(2)
                .map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1])
                .sum()
        };
        assert!(twice_area(&coordinates[0]) > 0.0);
        assert!(twice_area(&coordinates[1]) < 0.0);
    }
}
