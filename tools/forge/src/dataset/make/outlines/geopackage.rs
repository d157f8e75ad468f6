//! GeoPackage (OGC 12-128r19): a header of its own before each geometry's WKB.

use std::path::Path;

use geo_traits::{
    CoordTrait, GeometryTrait, GeometryType, LineStringTrait, MultiPolygonTrait, PolygonTrait,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use scarp_geo::crs::System;

use super::{OutlinesError, Rings, unreadable};

const LAYERS: &str = "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
    JOIN gpkg_geometry_columns g ON g.table_name = c.table_name WHERE c.data_type = 'features' ORDER BY 1";

struct Layer {
    table: String,
    column: String,
    srs_id: i64,
}

pub(super) fn read(
    path: &Path,
    layer: Option<&str>,
) -> Result<(System, Vec<Rings>), OutlinesError> {
    let sql = |e: rusqlite::Error| unreadable(path, &e);
    // SQLite would make a file that is not there.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(sql)?;
    let layer = choose(&database, path, layer)?;
    let system = system(&database, path, &layer)?;
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let query = format!(
        "SELECT {} FROM {}",
        quote(&layer.column),
        quote(&layer.table)
    );
    let mut statement = database.prepare(&query).map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    let (mut polygons, mut feature) = (Vec::new(), 0);
    while let Some(row) = rows.next().map_err(sql)? {
        feature += 1;
        let Some(blob) = row.get::<_, Option<Vec<u8>>>(0).map_err(sql)? else {
            continue;
        };
        let wkb = wkb_of(&blob).ok_or_else(|| {
            unreadable(path, &format!("feature {feature} has no geometry header"))
        })?;
        let geometry = wkb::reader::read_wkb(wkb)
            .map_err(|e| unreadable(path, &format!("feature {feature}: {e}")))?;
        add(&geometry, &mut polygons).map_err(|what| OutlinesError::NoPolygon {
            path: path.to_owned(),
            feature,
            what: what.to_owned(),
        })?;
    }
    Ok((system, polygons))
}

fn choose(
    database: &Connection,
    path: &Path,
    wanted: Option<&str>,
) -> Result<Layer, OutlinesError> {
    let sql = |e: rusqlite::Error| unreadable(path, &e);
    let layer = |row: &Row<'_>| {
        Ok(Layer {
            table: row.get(0)?,
            column: row.get(1)?,
            srs_id: row.get(2)?,
        })
    };
    let mut statement = database.prepare(LAYERS).map_err(sql)?;
    let mut layers: Vec<Layer> = statement
        .query_map([], layer)
        .and_then(Iterator::collect)
        .map_err(sql)?;
    let names = layers.iter().map(|l| l.table.clone()).collect::<Vec<_>>();
    if let Some(wanted) = wanted {
        layers.retain(|l| l.table == wanted);
    }
    match (layers.pop(), layers.is_empty()) {
        (Some(layer), true) => Ok(layer),
        _ if names.is_empty() => Err(OutlinesError::Empty(path.to_owned())),
        _ => Err(OutlinesError::Layers {
            path: path.to_owned(),
            layers: names.join(", "),
        }),
    }
}

fn system(database: &Connection, path: &Path, layer: &Layer) -> Result<System, OutlinesError> {
    let found: Option<(String, i64)> = database
        .query_row(
            "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            [layer.srs_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(|e| unreadable(path, &e))?;
    match found {
        Some((organization, code)) if organization.eq_ignore_ascii_case("EPSG") => {
            u16::try_from(code).ok()
        }
        _ => None,
    }
    .map(System::Epsg)
    .ok_or_else(|| OutlinesError::Unstated {
        path: path.to_owned(),
        reason: format!("layer {} has no EPSG code", layer.table),
    })
}

/// The WKB after the header: magic "GP", version, flags, srs_id, and an envelope whose size the flags tell.
fn wkb_of(blob: &[u8]) -> Option<&[u8]> {
    let flags = *blob.strip_prefix(b"GP")?.get(1)?;
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    blob.get(8 + envelope..)
}

/// Adds the polygons of a geometry, or says what else it is.
fn add(
    geometry: &impl GeometryTrait<T = f64>,
    polygons: &mut Vec<Rings>,
) -> Result<(), &'static str> {
    match geometry.as_type() {
        GeometryType::Polygon(polygon) => push(polygon, polygons),
        GeometryType::MultiPolygon(several) => {
            several.polygons().for_each(|p| push(&p, polygons));
        }
        GeometryType::Point(_) | GeometryType::MultiPoint(_) => return Err("point"),
        GeometryType::LineString(_) | GeometryType::MultiLineString(_) => return Err("line"),
        _ => return Err("collection"),
    }
    Ok(())
}

fn push(polygon: &impl PolygonTrait<T = f64>, polygons: &mut Vec<Rings>) {
    let rings: Rings = polygon
        .exterior()
        .into_iter()
        .chain(polygon.interiors())
        .map(|ring| ring.coords().map(|c| (c.x(), c.y())).collect())
        .collect();
    if !rings.is_empty() {
        polygons.push(rings);
    }
}
