//! The schema of the store, as SQL.

use rusqlite::{Connection, OptionalExtension};

use super::{error::Cause, index, standing};

/// The version of the schema; the one before had no table that tells it.
pub const VERSION: i64 = 2;

/// The tables that a GeoPackage requires.
const GEOPACKAGE: &str = include_str!("schema/geopackage.sql");
/// The table of a GeoPackage's extensions.
pub const EXTENSIONS: &str = include_str!("schema/extensions.sql");
/// What aircraft say.
pub const REPORTS: &str = include_str!("schema/reports.sql");
const LANDSLIDES: &str = include_str!("schema/landslides.sql");
const EDITS: &str = include_str!("schema/edits.sql");
const REGISTRY: &str = include_str!("schema/registry.sql");

/// Layer, geometry column, and how QGIS draws it.
const STYLES: [(&str, &str, &str); 5] = [
    (
        "landslides",
        "Priority",
        include_str!("schema/landslides.qml"),
    ),
    (
        "landslide_points",
        "Priority",
        include_str!("schema/landslide_points.qml"),
    ),
    ("sites", "Sites", include_str!("schema/sites.qml")),
    ("coverage", "Searched", include_str!("schema/coverage.qml")),
    (
        "footprints",
        "Frames",
        include_str!("schema/footprints.qml"),
    ),
];

/// A new store.
pub fn whole() -> String {
    [GEOPACKAGE, EXTENSIONS, REPORTS, &layers()].concat()
}

/// All but the tables that a GeoPackage requires, and those of what aircraft say.
pub fn layers() -> String {
    let priority = standing::priority("NEW.area_m2", "NEW.confidence", "NEW.review");
    let mut sql = [
        LANDSLIDES,
        &EDITS.replace("$PRIORITY(NEW)", &priority),
        &REGISTRY.replace("$VERSION", &VERSION.to_string()),
    ]
    .concat();
    for table in index::INDEXED {
        sql += &index::definition(table);
    }
    for (layer, name, qml) in STYLES {
        let qml = qml.replace('\'', "''");
        sql += &format!(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
                 useAsDefault, description, owner)
             VALUES ('', '', '{layer}', 'geom', '{name}', '{qml}', '',
                 NOT EXISTS (SELECT 1 FROM layer_styles WHERE f_table_name = '{layer}' AND useAsDefault),
                 'As scarp-station draws it', 'scarp-station');\n"
        );
    }
    sql
}

/// The SQL that makes a table of what aircraft say.
pub fn definition(table: &str) -> &'static str {
    let begins = REPORTS.find(&format!("CREATE TABLE {table} ("));
    let rest = begins.map_or("", |at| &REPORTS[at..]);
    rest.split_inclusive(';').next().unwrap_or_default()
}

/// The version of a store's schema, if it tells it.
pub fn version(db: &Connection) -> Result<Option<i64>, Cause> {
    let tells = db
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'scarp_store'")?
        .exists([])?;
    if !tells {
        return Ok(None);
    }
    let version = db
        .query_row("SELECT max(version) FROM scarp_store", [], |row| row.get(0))
        .optional()
        .map_err(Cause::not_ours)?;
    Ok(version.flatten())
}

/// The triggers that other programs made on the tables of the store, with their tables.
pub fn foreign_triggers(db: &Connection) -> Result<Vec<(String, String)>, Cause> {
    let ours = [
        "landslides_edited",
        "landslides_deleted",
        "landslides_added",
    ];
    let of_an_index = |name: &str| {
        index::INDEXED
            .iter()
            .any(|table| name.starts_with(&format!("rtree_{table}_geom_")))
    };
    let mut statement = db.prepare(
        "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN (
             'landslides', 'landslide_records', 'landslide_history', 'footprints', 'surveys', 'owners', 'messages')",
    )?;
    let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let mut triggers = found.collect::<Result<Vec<_>, _>>()?;
    triggers.retain(|(name, _)| !ours.contains(&name.as_str()) && !of_an_index(name));
    Ok(triggers)
}
