//! Sites: the places that slid, each once, whichever flights and aircraft saw them.
//!
//! A landslide is at the site of one that another flight saw at its place: their outlines overlap, or their middles lie within what their
//! position errors allow and they are of like size. One that lies over landslides of several sites joins these, unless people
//! have put a landslide into one of them: what they moved stays where it is.

use geo::{Area, BooleanOps, BoundingRect, MultiPolygon, Point, Rect};
use rusqlite::{Connection, OptionalExtension, params};

use super::{contents, error::Cause, geometry, outline};

/// Landslides whose site is looked for in one transaction.
const STEP: i64 = 100;
/// Share of the smaller outline that two landslides have in common where they are of one site.
const OVERLAP: f64 = 0.3;
/// Most that one of two landslides of one site is larger than the other, where only their middles tell.
const LIKE_SIZE: f64 = 4.0;
/// CE90 of a landslide that tells none, in metres.
const UNKNOWN_CE90_M: f64 = 5.0;
/// Metres in a degree of latitude; by a third of a percent, which is nothing here.
const DEGREE_M: f64 = 111_200.0;

/// A landslide at its place.
struct Placed {
    fid: i64,
    run: Option<String>,
    site: Option<String>,
    outline: MultiPolygon<f64>,
    middle: Point<f64>,
    bounds: Rect<f64>,
    ce90_m: f64,
}

/// Finds the sites of some landslides that are new or otherwise; whether there may be more.
pub fn assign(db: &Connection) -> Result<bool, Cause> {
    let due: Vec<(i64, Option<String>, bool)> = {
        let mut select = db.prepare_cached(
            "SELECT fid, site, site_edited FROM landslide_records WHERE site_due ORDER BY fid LIMIT ?1",
        )?;
        let rows = select.query_map([STEP], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    if due.is_empty() {
        return Ok(false);
    }
    let more = due.len() as i64 == STEP;
    let transaction = db.unchecked_transaction()?;
    for (fid, site, edited) in due {
        let before: Option<String> = transaction
            .query_row("SELECT site FROM landslides WHERE fid = ?1", [fid], |row| {
                row.get(0)
            })
            .optional()?
            .flatten();
        let site = match (placed(&transaction, fid)?, site) {
            (_, Some(site)) => Some(site),
            (None, None) => None,
            (Some(_), None) if edited => Some(next_name(&transaction)?),
            (Some(landslide), None) => Some(find(&transaction, &landslide)?),
        };
        move_to(&transaction, fid, site.as_deref())?;
        for site in [before, site].into_iter().flatten() {
            refresh(&transaction, &site)?;
        }
    }
    transaction.commit()?;
    Ok(more)
}

/// A landslide that stands and has an outline that can be read.
fn placed(db: &Connection, fid: i64) -> Result<Option<Placed>, Cause> {
    let row = db
        .prepare_cached(
            "SELECT s.geom, s.run, r.site, s.ce90_m FROM landslides AS s JOIN landslide_records AS r ON r.fid = s.fid WHERE s.fid = ?1",
        )?
        .query_row([fid], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<f64>>(3)?))
        })
        .optional();
    // What another program spoilt has no place.
    let Ok(Some((blob, run, site, ce90_m))) = row else {
        return Ok(None);
    };
    let Ok(outline) = geometry::decode(&blob) else {
        return Ok(None);
    };
    let place = outline::middle(&outline).zip(outline.bounding_rect());
    Ok(place.map(|(middle, bounds)| Placed {
        fid,
        run,
        site,
        outline,
        middle,
        bounds,
        ce90_m: ce90_m.unwrap_or(UNKNOWN_CE90_M),
    }))
}

/// The site of a landslide that has none yet.
fn find(db: &Connection, landslide: &Placed) -> Result<String, Cause> {
    let mut over: Vec<(f64, String)> = Vec::new();
    for fid in near(db, landslide)? {
        let Some(other) = placed(db, fid)? else {
            continue;
        };
        // A flight tells its landslides apart itself.
        if landslide.run.is_some() && other.run == landslide.run {
            continue;
        }
        if let (Some(site), Some(likeness)) = (other.site.clone(), likeness(landslide, &other)) {
            over.push((likeness, site));
        }
    }
    over.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut sites = over.into_iter().map(|(_, site)| site);
    let Some(first) = sites.next() else {
        return next_name(db);
    };
    for other in sites.filter(|site| *site != first) {
        // Which of their landslides belong together is people's word there.
        if !is_edited(db, &first)? && !is_edited(db, &other)? {
            join(db, &other, &first)?;
        }
    }
    Ok(first)
}

/// The landslides whose bounds reach it, by the spatial index.
fn near(db: &Connection, landslide: &Placed) -> Result<Vec<i64>, Cause> {
    let margin_lat = 2.0 * landslide.ce90_m.min(100.0) / DEGREE_M;
    let margin_lon = margin_lat / landslide.middle.y().to_radians().cos().max(0.01);
    let (min, max) = (landslide.bounds.min(), landslide.bounds.max());
    let mut select = db.prepare_cached(
        "SELECT id FROM rtree_landslides_geom WHERE minx <= ?1 AND maxx >= ?2 AND miny <= ?3 AND maxy >= ?4 AND id <> ?5",
    )?;
    let rows = select.query_map(
        params![
            max.x + margin_lon,
            min.x - margin_lon,
            max.y + margin_lat,
            min.y - margin_lat,
            landslide.fid
        ],
        |row| row.get(0),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How alike two landslides are if they are of one site: the larger the more.
fn likeness(a: &Placed, b: &Placed) -> Option<f64> {
    let (size_a, size_b) = (a.outline.unsigned_area(), b.outline.unsigned_area());
    let smaller = size_a.min(size_b);
    let common = a.outline.intersection(&b.outline).unsigned_area();
    if common >= OVERLAP * smaller {
        return Some(1.0 + common / size_a.max(size_b));
    }
    let allowed_m = a.ce90_m.hypot(b.ce90_m);
    let offset = b.middle - a.middle;
    let east_m = offset.x() * DEGREE_M * a.middle.y().to_radians().cos();
    let distance_m = east_m.hypot(offset.y() * DEGREE_M);
    (distance_m <= allowed_m && size_a.max(size_b) <= LIKE_SIZE * smaller)
        .then(|| 1.0 - distance_m / allowed_m.max(f64::MIN_POSITIVE))
}

/// Whether people have put a landslide into a site.
fn is_edited(db: &Connection, site: &str) -> Result<bool, Cause> {
    let mut select =
        db.prepare_cached("SELECT 1 FROM landslide_records WHERE site = ?1 AND site_edited")?;
    Ok(select.exists([site])?)
}

/// Has the landslides of one site be at another.
fn join(db: &Connection, from: &str, to: &str) -> Result<(), Cause> {
    let mut select = db.prepare_cached("SELECT fid FROM landslide_records WHERE site = ?1")?;
    let fids: Vec<i64> = select
        .query_map([from], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for fid in fids {
        move_to(db, fid, Some(to))?;
    }
    refresh(db, from)
}

fn move_to(db: &Connection, fid: i64, site: Option<&str>) -> Result<(), Cause> {
    db.prepare_cached("UPDATE landslide_records SET site = ?2, site_due = 0 WHERE fid = ?1")?
        .execute(params![fid, site])?;
    db.prepare_cached("UPDATE landslides SET site = ?2 WHERE fid = ?1 AND site IS NOT ?2")?
        .execute(params![fid, site])?;
    Ok(())
}

/// A name that no site has, nor had.
fn next_name(db: &Connection) -> Result<String, Cause> {
    db.prepare_cached("INSERT INTO sites (name) VALUES (hex(randomblob(16)))")?
        .execute([])?;
    let fid = db.last_insert_rowid();
    let name = format!("S-{fid:03}");
    let named = db
        .prepare_cached("UPDATE OR IGNORE sites SET name = ?2 WHERE fid = ?1")?
        .execute(params![fid, name])?;
    if named == 1 {
        return Ok(name);
    }
    // People have given it to one of theirs.
    db.execute("DELETE FROM sites WHERE fid = ?1", [fid])?;
    next_name(db)
}

/// Has the layer show a site as its landslides are, the latest first; one without landslides is no site.
fn refresh(db: &Connection, site: &str) -> Result<(), Cause> {
    let latest: Option<(i64, Option<Vec<u8>>)> = db
        .prepare_cached(
            "SELECT s.fid, s.geom FROM landslides AS s JOIN landslide_records AS r ON r.fid = s.fid
             WHERE r.site = ?1 ORDER BY s.last_seen DESC, s.fid DESC LIMIT 1",
        )?
        .query_row([site], |row| Ok((row.get(0)?, row.get(1).ok())))
        .optional()?;
    let Some((fid, blob)) = latest else {
        db.prepare_cached("DELETE FROM sites WHERE name = ?1")?
            .execute([site])?;
        return contents::widen(db, "sites", None);
    };
    db.prepare_cached("INSERT INTO sites (name) VALUES (?1) ON CONFLICT (name) DO NOTHING")?
        .execute([site])?;
    db.prepare_cached(
        "UPDATE sites SET geom = s.geom, priority = s.priority, area_m2 = s.area_m2, landslides = m.landslides, flights = m.flights,
             first_seen = m.first_seen, last_seen = m.last_seen
         FROM landslides AS s,
             (SELECT count(*) AS landslides, count(DISTINCT s.run) AS flights, min(s.first_seen) AS first_seen, max(s.last_seen) AS last_seen
              FROM landslides AS s JOIN landslide_records AS r ON r.fid = s.fid WHERE r.site = ?1) AS m
         WHERE sites.name = ?1 AND s.fid = ?2",
    )?
    .execute(params![site, fid])?;
    contents::widen(db, "sites", blob.and_then(|blob| geometry::extent(&blob)))
}
