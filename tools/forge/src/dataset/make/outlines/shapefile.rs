//! Shapefile: the geometry in `.shp`, its reference system as text in `.prj` beside it.

use std::{fs, io, path::Path};

use scarp_geo::crs::System;
use shapefile::{PolygonRing, Shape, ShapeReader, record::traits::HasXY};

use super::{OutlinesError, Rings, unreadable};

pub(super) fn read(path: &Path) -> Result<(System, Vec<Rings>), OutlinesError> {
    let system = system(path)?;
    let mut reader = ShapeReader::from_path(path).map_err(|e| unreadable(path, &e))?;
    let mut polygons = Vec::new();
    for (index, shape) in reader.iter_shapes().enumerate() {
        match shape.map_err(|e| unreadable(path, &e))? {
            Shape::Polygon(polygon) => polygons.push(rings(polygon.rings())),
            Shape::PolygonM(polygon) => polygons.push(rings(polygon.rings())),
            Shape::PolygonZ(polygon) => polygons.push(rings(polygon.rings())),
            Shape::NullShape => {}
            other => {
                return Err(OutlinesError::NoPolygon {
                    path: path.to_owned(),
                    feature: index + 1,
                    what: other.shapetype().to_string(),
                });
            }
        }
    }
    Ok((system, polygons))
}

fn system(path: &Path) -> Result<System, OutlinesError> {
    let prj = path.with_extension("prj");
    let text = fs::read_to_string(&prj).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => OutlinesError::Unstated {
            path: path.to_owned(),
            reason: format!("{} is missing", prj.display()),
        },
        _ => unreadable(&prj, &e),
    })?;
    System::from_wkt(&text).map_err(|reason| OutlinesError::System { path: prj, reason })
}

fn rings<P: HasXY>(rings: &[PolygonRing<P>]) -> Rings {
    rings
        .iter()
        .map(|ring| ring.points().iter().map(|p| (p.x(), p.y())).collect())
        .collect()
}
