//! Areas as a person at a desk has them: a box of degrees, outlines, a plan of QGroundControl, a drawing of Google Earth.

mod kml;
mod plan;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use geo::{
    Area as _, BoundingRect, ConvexHull, Coord, Intersects, LineString, MultiPoint, Point, Polygon,
    Rect,
};
use scarp_geo::{
    Wgs84,
    crs::{Conversion, CrsError, System},
};
use thiserror::Error;

use crate::dataset::make::{Outlines, OutlinesError};

/// Points along each side by which its place in another system is found.
const SIDE_POINTS: usize = 32;
/// The half side in degrees of the box that stands for a point: 11 m.
const POINT_DEG: f64 = 1e-4;
/// Beyond this latitude meridians lie too close for an area's outline in degrees to be one on the ground.
const MAX_LATITUDE_DEG: f64 = 89.0;

/// A convex area: x longitude, y latitude, in degrees on WGS84. Longitudes have no jump, so that they may lie beyond +-180.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    hull: Polygon<f64>,
    bounds: Rect<f64>,
}

/// An area that cannot be used. Each message is one line: which, what, what to do.
#[derive(Debug, Error)]
pub enum AreaError {
    /// It is no box, and a file of no known kind.
    #[error(
        "area {0}: is neither four numbers WEST,SOUTH,EAST,NORTH in degrees nor a .geojson, .json, .kml or .plan file"
    )]
    Unknown(String),
    /// The numbers of a box are none of places.
    #[error(
        "area {0}: is no box on the earth; write WEST,SOUTH,EAST,NORTH in degrees, south below north"
    )]
    Box(String),
    /// The outlines of a GeoJSON cannot be used.
    #[error("area {0}")]
    Outlines(OutlinesError),
    /// Their reference system has no place for them.
    #[error("area {path}: {reason}")]
    System {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: CrsError,
    },
    /// The file cannot be read or is not what its name says.
    #[error("area {path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// It holds no place.
    #[error("area {0}: holds no place on the earth; draw a polygon or a line in it")]
    Empty(PathBuf),
    /// It lies at a pole.
    #[error("area {0}: reaches beyond 89 degrees of latitude; give one that does not")]
    Pole(String),
}

impl Area {
    /// The area that a text names: `WEST,SOUTH,EAST,NORTH` in degrees (west above east: over the antimeridian), or the convex hull of
    /// what a file holds. Files are GeoJSON with polygons (in any reference system that it states), KML with polygons, lines and
    /// points, and plans of QGroundControl with all that the aircraft flies to.
    ///
    /// # Errors
    /// When it is none of these, or the file cannot be read or holds no place.
    pub fn read(text: &str) -> Result<Self, AreaError> {
        if let Some(numbers) = numbers(text) {
            return Self::from_box(text, &numbers);
        }
        let path = Path::new(text);
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        let places = match ending.to_lowercase().as_str() {
            "geojson" | "json" => outlined(path)?,
            "kml" => kml::places(path)?,
            "plan" => plan::places(path)?,
            _ => return Err(AreaError::Unknown(text.to_owned())),
        };
        let on_earth = |place: &Wgs84| {
            place.latitude_deg().abs() <= 90.0 && place.longitude_deg().abs() <= 360.0
        };
        match places.first() {
            Some(&first) if places.iter().all(on_earth) => Self::around(text, first, &places),
            _ => Err(AreaError::Empty(path.to_owned())),
        }
    }

    fn from_box(text: &str, numbers: &[f64]) -> Result<Self, AreaError> {
        let wrong = || AreaError::Box(text.to_owned());
        let &[west, south, east, north] = numbers else {
            return Err(wrong());
        };
        let is_on_earth = [west, east].iter().all(|x| x.abs() <= 180.0)
            && [south, north].iter().all(|y| y.abs() <= 90.0);
        let east = if east < west { east + 360.0 } else { east };
        if !is_on_earth || north <= south || east <= west || east - west >= 180.0 {
            return Err(wrong());
        }
        let bounds = Rect::new((west, south), (east, north));
        let hull = bounds.to_polygon();
        Self { hull, bounds }.away_from_poles(text)
    }

    fn around(text: &str, first: Wgs84, places: &[Wgs84]) -> Result<Self, AreaError> {
        let points: MultiPoint<f64> = places
            .iter()
            .map(|place| {
                let longitude = place.longitude.near(first.longitude);
                Point::new(longitude.degrees(), place.latitude_deg())
            })
            .collect();
        let hull = points.convex_hull();
        let bounds = hull.bounding_rect();
        let bounds = bounds.ok_or_else(|| AreaError::Empty(text.into()))?;
        if hull.unsigned_area() > 0.0 {
            return Self { hull, bounds }.away_from_poles(text);
        }
        // A point or a straight line: the box around it.
        let by = Coord {
            x: POINT_DEG,
            y: POINT_DEG,
        };
        let bounds = Rect::new(bounds.min() - by, bounds.max() + by);
        let hull = bounds.to_polygon();
        Self { hull, bounds }.away_from_poles(text)
    }

    fn away_from_poles(self, text: &str) -> Result<Self, AreaError> {
        let beyond = |c: &Coord<f64>| c.y.abs() > MAX_LATITUDE_DEG;
        if self.hull.exterior().coords().any(beyond) {
            return Err(AreaError::Pole(text.to_owned()));
        }
        Ok(self)
    }

    /// Whether a place lies in it or on its outline.
    #[must_use]
    pub fn contains(&self, place: Wgs84) -> bool {
        let longitude = place.longitude.near(self.middle().longitude);
        self.hull
            .intersects(&Point::new(longitude.degrees(), place.latitude_deg()))
    }

    /// The middle of its bounds.
    #[must_use]
    pub fn middle(&self) -> Wgs84 {
        Wgs84::from_coord(self.bounds.center())
    }

    /// West, south, east and north of it in degrees.
    #[must_use]
    pub fn bounds_deg(&self) -> [f64; 4] {
        let (low, high) = (self.bounds.min(), self.bounds.max());
        [low.x, low.y, high.x, high.y]
    }

    /// Places along its outline, so many that what lies between two of them is straight in any system.
    pub fn outline(&self) -> impl Iterator<Item = Wgs84> {
        let sides: &LineString<f64> = self.hull.exterior();
        sides.lines().flat_map(|side| {
            (0..SIDE_POINTS).map(move |n| {
                let on = side.start + side.delta() * (n as f64 / SIDE_POINTS as f64);
                Wgs84::from_coord(on)
            })
        })
    }
}

/// Bounds in words, to five decimals (a metre).
impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [west, south, east, north] = self.bounds_deg();
        write!(
            f,
            "latitude {south:.5} to {north:.5}, longitude {west:.5} to {east:.5}"
        )
    }
}

/// The numbers of a text that is nothing but numbers with commas between.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let numbers = text.split(',').map(|number| number.trim().parse::<f64>());
    numbers.collect::<Result<Vec<_>, _>>().ok()
}

/// The corners of a GeoJSON's polygons.
fn outlined(path: &Path) -> Result<Vec<Wgs84>, AreaError> {
    let outlines = Outlines::read(path, None).map_err(AreaError::Outlines)?;
    let failed = |reason| AreaError::System {
        path: path.to_owned(),
        reason,
    };
    let to_degrees = Conversion::new(&outlines.system, &System::WGS84).map_err(failed)?;
    let corners = outlines.polygons.iter().flatten().flatten();
    let places = corners.map(|corner| {
        let (x, y) = to_degrees.apply(*corner)?;
        Some(Wgs84::from_coord(Coord { x, y }))
    });
    places
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| AreaError::Empty(path.to_owned()))
}

/// The text of a file.
fn text(path: &Path) -> Result<String, AreaError> {
    std::fs::read_to_string(path).map_err(|e| AreaError::File {
        path: path.to_owned(),
        reason: format!("cannot be read ({e})"),
    })
}

#[cfg(test)]
mod tests;
