//! The GeoPackage's table of contents: when each table last changed, and where its features lie.

use geo::{BoundingRect, Polygon, Rect, coord};
use rusqlite::{Connection, params};

use super::{error::Cause, geometry};

/// Notes that `table` has changed, and widens its extent by `outline`.
pub fn grown(
    db: &Connection,
    table: &'static str,
    outline: Option<&Polygon<f64>>,
) -> Result<(), Cause> {
    let bounds = outline.and_then(BoundingRect::bounding_rect);
    db.prepare_cached(
        "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
         min_x = coalesce(min(min_x, ?2), min_x, ?2), min_y = coalesce(min(min_y, ?3), min_y, ?3),
         max_x = coalesce(max(max_x, ?4), max_x, ?4), max_y = coalesce(max(max_y, ?5), max_y, ?5)
         WHERE table_name = ?1",
    )?
    .execute(params![
        table,
        bounds.map(|b| b.min().x),
        bounds.map(|b| b.min().y),
        bounds.map(|b| b.max().x),
        bounds.map(|b| b.max().y),
    ])?;
    Ok(())
}

/// Fits the extent of the layer `landslides` to what it holds now, so that a map zooms to the landslides that stand and not to one
/// withdrawn. It reads all of them, if only their headers, so it is for withdrawals alone.
pub fn fit_landslides(db: &Connection) -> Result<(), Cause> {
    let mut statement = db.prepare_cached("SELECT substr(geom, 1, ?1) FROM landslides")?;
    let headers = statement.query_map([geometry::HEADER_BYTES], |row| row.get::<_, Vec<u8>>(0))?;
    let mut extent: Option<Rect<f64>> = None;
    for header in headers {
        if let Some(bounds) = geometry::bounds(&header?) {
            extent = Some(extent.map_or(bounds, |extent| union(extent, bounds)));
        }
    }
    db.prepare_cached(
        "UPDATE gpkg_contents SET min_x = NULL, min_y = NULL, max_x = NULL, max_y = NULL
         WHERE table_name = 'landslides'",
    )?
    .execute([])?;
    grown(db, "landslides", extent.map(|e| e.to_polygon()).as_ref())
}

fn union(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    Rect::new(
        coord! { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
        coord! { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
    )
}
