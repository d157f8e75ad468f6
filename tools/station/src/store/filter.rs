//! What of the store is wanted.

use std::time::SystemTime;

use geo::{BoundingRect, Intersects, MultiPolygon, Rect};
use rusqlite::{ToSql, types::Value};
use scarp_inventory::Landslide;
use uuid::Uuid;

use super::datetime::seconds;

/// What of a layer is wanted; all of it, unless something is set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Only what belongs to this survey.
    pub survey: Option<Uuid>,
    /// Only what was seen, or drawn by hand, at this time or later.
    pub since: Option<SystemTime>,
    /// Only what touches one of these boxes, in degrees; everywhere where there is none.
    pub within: Vec<Rect<f64>>,
    /// Only landslides of at least this confidence, and those drawn by hand.
    pub min_confidence: Option<f64>,
    /// Only landslides of at least this area, in square metres.
    pub min_area_m2: Option<f64>,
}

/// Conditions in SQL, with their values.
pub struct Conditions {
    /// Follows WHERE.
    pub sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// The values of the conditions.
    pub fn values(&self) -> Vec<&dyn ToSql> {
        self.values
            .iter()
            .map(|value| value as &dyn ToSql)
            .collect()
    }
}

impl Filter {
    /// What SQLite can tell: `survey` and `time` are SQL for those of a row (the time in seconds after 1970), and `table` names the one that
    /// has a row's geometry and is called `s`; `has_index` whether it has its spatial index.
    pub fn conditions(&self, table: &str, survey: &str, time: &str, has_index: bool) -> Conditions {
        let mut sql = "true".to_owned();
        let mut values = Vec::new();
        if let Some(wanted) = self.survey {
            sql += &format!(" AND {survey} = ?");
            values.push(wanted.to_string().into());
        }
        if let Some(since) = self.since {
            sql += &format!(" AND {time} >= ?");
            values.push(seconds(since).into());
        }
        if has_index && !self.within.is_empty() {
            let window = format!(
                "SELECT id FROM rtree_{table}_geom WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?"
            );
            let windows: Vec<_> = self.within.iter().map(|_| window.as_str()).collect();
            sql += &format!(" AND s.fid IN ({})", windows.join(" UNION "));
            for bounds in &self.within {
                let (min, max) = (bounds.min(), bounds.max());
                values.extend([max.x, min.x, max.y, min.y].map(Value::from));
            }
        }
        Conditions { sql, values }
    }

    /// Whether a landslide of this outline is wanted, of those that meet the conditions.
    pub fn takes(&self, slide: &Landslide, outline: &MultiPolygon<f64>) -> bool {
        // People are sure of what they draw, though nobody measured it.
        let sure = slide.confidence.is_nan();
        self.min_confidence
            .is_none_or(|least| sure || slide.confidence >= least)
            && self.min_area_m2.is_none_or(|least| slide.area_m2 >= least)
            && self.reaches(outline)
    }

    /// Whether an outline touches what is wanted.
    pub fn reaches(&self, outline: &MultiPolygon<f64>) -> bool {
        self.within.is_empty()
            || outline.bounding_rect().is_some_and(|bounds| {
                self.within
                    .iter()
                    .any(|wanted| wanted.intersects(&bounds) && outline.intersects(wanted))
            })
    }
}
