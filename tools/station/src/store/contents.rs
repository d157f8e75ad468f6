//! The GeoPackage's table of contents: when each table last changed, and where its features lie.

use geo::{Rect, coord};
use rusqlite::{Connection, params};

use super::{error::Cause, geometry};

/// What a transaction has changed of the tables that other programs are told of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes {
    /// The layers of landslides, where some are new or otherwise.
    pub landslides: Changed,
    /// The layer of frames.
    pub footprints: Changed,
    /// The table of flights.
    pub surveys: Changed,
    /// Landslides were taken out that may have made the extent of their layer what it is.
    pub shrunk: bool,
}

/// What was changed of one table.
#[derive(Debug, Clone, Copy, Default)]
pub enum Changed {
    /// Nothing.
    #[default]
    No,
    /// Rows that lie within these bounds, or nowhere.
    Within(Option<Rect<f64>>),
}

impl Changed {
    /// Adds a row that lies within `bounds`, or nowhere.
    pub fn add(&mut self, bounds: Option<Rect<f64>>) {
        let before = match self {
            Self::No => None,
            Self::Within(bounds) => *bounds,
        };
        *self = Self::Within(match (before, bounds) {
            (Some(a), Some(b)) => Some(union(a, b)),
            (a, b) => a.or(b),
        });
    }

    /// The same of a table without geometry.
    fn nowhere(self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Within(_) => Self::Within(None),
        }
    }
}

impl Changes {
    /// Writes them down.
    pub fn note(&self, db: &Connection) -> Result<(), Cause> {
        let Self {
            landslides,
            footprints,
            surveys,
            shrunk,
        } = *self;
        for (table, changed) in [
            ("landslides", landslides),
            ("landslide_points", landslides),
            ("history", landslides.nowhere()),
            ("footprints", footprints),
            ("surveys", surveys),
        ] {
            if let Changed::Within(bounds) = changed {
                widen(db, table, bounds)?;
            }
        }
        if shrunk { fit_landslides(db) } else { Ok(()) }
    }
}

/// Notes that `table` has changed, and widens its extent by `bounds`.
pub fn widen(db: &Connection, table: &str, bounds: Option<Rect<f64>>) -> Result<(), Cause> {
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

/// Whether something that lies within `bounds` may have made the extent of `landslides` what it is.
pub fn is_at_the_edge(db: &Connection, bounds: Rect<f64>) -> Result<bool, Cause> {
    let inside = db
        .prepare_cached(
            "SELECT min_x < ?1 AND min_y < ?2 AND max_x > ?3 AND max_y > ?4 FROM gpkg_contents
             WHERE table_name = 'landslides'",
        )?
        .query_row(
            [
                bounds.min().x,
                bounds.min().y,
                bounds.max().x,
                bounds.max().y,
            ],
            |row| row.get::<_, Option<bool>>(0),
        )?;
    Ok(inside != Some(true))
}

/// Fits the extent of the layers of landslides to what they hold now, so that a map zooms to the landslides that stand and not to one
/// withdrawn. It reads all of them, if only their headers.
fn fit_landslides(db: &Connection) -> Result<(), Cause> {
    let mut statement = db.prepare_cached("SELECT substr(geom, 1, ?1) FROM landslides")?;
    let headers = statement.query_map([geometry::HEADER_BYTES], |row| {
        row.get::<_, Option<Vec<u8>>>(0)
    })?;
    let mut extent: Option<Rect<f64>> = None;
    for header in headers {
        if let Some(bounds) = header?.as_deref().and_then(geometry::bounds) {
            extent = Some(extent.map_or(bounds, |extent| union(extent, bounds)));
        }
    }
    db.prepare_cached(
        "UPDATE gpkg_contents SET min_x = NULL, min_y = NULL, max_x = NULL, max_y = NULL
         WHERE table_name IN ('landslides', 'landslide_points')",
    )?
    .execute([])?;
    widen(db, "landslides", extent)?;
    widen(db, "landslide_points", extent)
}

fn union(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    Rect::new(
        coord! { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
        coord! { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
    )
}
