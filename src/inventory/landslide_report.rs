//! Making the report of one landslide.

use geo::{Area, Coord, MapCoords, Polygon};
use scarp_geo::LocalPlane;
use uuid::Uuid;

use super::{
    component::Component,
    landslide::{Landslide, LandslideStatus},
    polygonize::fill_small_holes,
    settings::Settings,
    simplify::simplify,
    vote_grid::VoteGrid,
};

/// A vertex that changes the outline by less than this share of a cell is left out.
const SIMPLIFY_CELLS: f64 = 0.25;
/// Most vertices of one outline, about 10 KB on the radio link.
const MAX_VERTICES: usize = 2000;

/// The report of a landslide as the votes have it now.
pub(super) fn active(
    id: Uuid,
    version: u32,
    component: &Component,
    votes: &VoteGrid,
    plane: &LocalPlane,
    settings: &Settings,
) -> Option<Landslide> {
    let findings = component.findings(votes)?;
    let outline = outline(component, votes, settings)?;
    Some(Landslide {
        id,
        version,
        status: LandslideStatus::Active,
        area_m2: outline.unsigned_area(),
        cut_off: component.cut_off,
        outline: outline.map_coords(|metres| plane.to_geographic(metres)),
        confidence: findings.confidence,
        ce90_m: findings.ce90_m,
        observations: findings.observations,
        first_seen: findings.first_seen,
        last_seen: findings.last_seen,
    })
}

/// Whether a component's outline is large enough to be reported.
pub(super) fn is_large(component: &Component, votes: &VoteGrid, settings: &Settings) -> bool {
    let cell_area = settings.cell_m * settings.cell_m;
    // What lies between four cells of it is inside its outline, and simplifying takes less than half of that away. So most are
    // known to be large without being outlined.
    component.squares() as f64 * cell_area >= 2.0 * settings.min_area_m2.max(cell_area)
        || outline(component, votes, settings).is_some_and(|outline| {
            let area = outline.unsigned_area();
            area > 0.0 && area >= settings.min_area_m2
        })
}

/// A component's outline in metres of the plane.
fn outline(component: &Component, votes: &VoteGrid, settings: &Settings) -> Option<Polygon<f64>> {
    let cell = settings.cell_m;
    let outline = fill_small_holes(
        component.outline(votes)?,
        settings.min_area_m2 / (cell * cell),
    );
    let outline = simplify(outline, SIMPLIFY_CELLS, MAX_VERTICES);
    Some(outline.map_coords(|c| Coord {
        x: c.x * cell,
        y: c.y * cell,
    }))
}

/// The report that a landslide no longer stands.
pub(super) fn withdrawn(last: Landslide) -> Landslide {
    Landslide {
        version: last.version + 1,
        status: LandslideStatus::Withdrawn,
        ..last
    }
}
