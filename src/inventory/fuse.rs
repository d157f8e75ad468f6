//! The inventory: what all frames together say, landslide by landslide.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use geo::{BoundingRect, Coord, MapCoords, Polygon, Rect};
use thiserror::Error;
use uuid::Uuid;

use super::{
    component::{Component, Visited},
    evidence::{Ballot, Evidence, Position, SETTLED, SIDE},
    fill,
    landslide::Landslide,
    report,
};

/// Cells farther from the origin than this are no ground of one survey.
const MAX_CELL: f64 = (1 << 24) as f64;
/// A landslide is reported again when this share of its cells has changed.
const NOTABLE_SHARE: f64 = 0.1;

/// A local metric plane: x east and y north of some origin, in metres, nearly true to scale over one survey.
pub trait Plane {
    /// The place of a geographic point (x = longitude, y = latitude in degrees, WGS84) in metres.
    fn to_metres(&self, lon_lat: Coord<f64>) -> Coord<f64>;
    /// The inverse of [`Plane::to_metres`].
    fn to_geographic(&self, metres: Coord<f64>) -> Coord<f64>;
}

/// How the inventory is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Side of the cells in which frames vote, in metres.
    pub cell_m: f64,
    /// Smallest landslide reported, in square metres; smaller holes are filled.
    pub min_area_m2: f64,
    /// Most blocks of 64 x 64 cells held, 32 KB each. Beyond, the ground not seen for longest is forgotten: landslides
    /// on it are reported as they stand and never change again.
    pub max_blocks: usize,
}

/// One outline seen in one frame, placed on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// Outline with holes, x = longitude and y = latitude in degrees (WGS84).
    pub outline: Polygon<f64>,
    /// Mean landslide probability inside, 0 to 1.
    pub probability: f64,
    /// Radius that holds the true position with 90 % probability, in metres.
    pub ce90_m: f64,
}

/// What one frame saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The ground searched, x = longitude and y = latitude in degrees (WGS84).
    pub footprint: Polygon<f64>,
    /// The landslides in it; what lies beyond the footprint does not count.
    pub detections: Vec<Detection>,
    /// Time of exposure.
    pub time: SystemTime,
}

/// An observation that cannot be counted. Nothing of it is.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ObserveError {
    /// A coordinate is no number or lies far outside the survey.
    #[error("a vertex lies at no place of this survey; check the frame's position and attitude")]
    Place,
    /// The footprint is larger than the memory allows.
    #[error(
        "footprint covers {blocks} blocks of evidence, at most {most} fit; the camera looks too far"
    )]
    TooLarge {
        /// Blocks it covers.
        blocks: u64,
        /// Blocks one frame may cover.
        most: u64,
    },
}

/// Fuses what overlapping frames saw into landslides that last.
///
/// Each cell of ground counts the frames that saw it and those that saw landslide there; at least half make it
/// landslide. Cells that hang together are one landslide, whose identity follows from the survey, its first cell and
/// how many came before, so that the same frames in the same order give the same inventory.
pub struct Inventory<P> {
    survey: Uuid,
    plane: P,
    settings: Settings,
    evidence: Evidence,
    known: BTreeMap<u32, Known>,
    /// Number of the next landslide.
    next: u32,
    observations: u64,
}

/// A landslide that was reported and stands.
struct Known {
    first: Position,
    cells: usize,
    /// Cells won or lost since the last report.
    changed: usize,
    /// Seen since the last report.
    dirty: bool,
    report: Landslide,
}

impl<P: Plane> Inventory<P> {
    /// An empty inventory for one survey on `plane`.
    #[must_use]
    pub fn new(survey: Uuid, plane: P, settings: Settings) -> Self {
        Self {
            survey,
            plane,
            settings,
            evidence: Evidence::default(),
            known: BTreeMap::new(),
            next: 1,
            observations: 0,
        }
    }

    /// Counts what one frame saw; the landslides that are new, have changed notably or are withdrawn.
    ///
    /// # Errors
    /// When a vertex is at no sensible place or the footprint is too large; then nothing is counted.
    pub fn observe(&mut self, observation: &Observation) -> Result<Vec<Landslide>, ObserveError> {
        let ballot = self.ballot(observation)?;
        let window = ballot.window;
        let mut reports = self.make_room(window);
        let lost = self.evidence.vote(&ballot);
        for (owner, count) in &lost {
            if let Some(known) = self.known.get_mut(owner) {
                known.changed += count;
            }
        }
        let components = self.components_near(window);
        let heirs = self.heirs(&components);
        let mut touched: BTreeSet<u32> = lost.into_keys().collect();
        touched.extend(heirs.owners_seen);
        for (component, heir) in components.iter().zip(heirs.of_component) {
            if let Some(heir) = heir {
                touched.remove(&heir);
            }
            reports.extend(self.settle_on(component, heir));
        }
        // Whoever was touched and inherited nothing has vanished.
        for owner in touched {
            if let Some(known) = self.known.remove(&owner) {
                reports.push(report::withdrawn(known.report));
            }
        }
        Ok(reports)
    }

    /// The last word on every landslide seen since it was last reported. The inventory may be used on afterwards.
    pub fn finish(&mut self) -> Vec<Landslide> {
        let owners: Vec<u32> = self.known.keys().copied().collect();
        owners
            .into_iter()
            .filter_map(|owner| self.last_word(owner))
            .collect()
    }

    /// Landslides that stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no landslide stands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Draws an observation on the cells.
    fn ballot(&mut self, observation: &Observation) -> Result<Ballot, ObserveError> {
        let footprint = self.to_cells(&observation.footprint)?;
        let outlines: Vec<Polygon<f64>> = observation
            .detections
            .iter()
            .map(|detection| self.to_cells(&detection.outline))
            .collect::<Result<_, _>>()?;
        let bounds = footprint.bounding_rect().ok_or(ObserveError::Place)?;
        let beyond = Coord { x: 1, y: 1 };
        let window = Rect::new(cell_floor(bounds.min()), cell_floor(bounds.max()) + beyond);
        let side = |cells: i32| cells as u64 / SIDE as u64 + 2;
        let blocks = side(window.width()) * side(window.height());
        let most = (self.settings.max_blocks / 2) as u64;
        if blocks > most {
            return Err(ObserveError::TooLarge { blocks, most });
        }
        let width = window.width() as usize;
        let mut marks = vec![0_u32; width * window.height() as usize];
        let wide = window.map_coords(|c| Coord {
            x: i64::from(c.x),
            y: i64::from(c.y),
        });
        let mut draw = |polygon: &Polygon<f64>, from: u32, to: u32| {
            fill::spans(polygon, wide, |row, columns| {
                let row = (row - wide.min().y) as usize * width;
                let cell = |column: i64| row + (column - wide.min().x) as usize;
                let cells = marks.get_mut(cell(columns.start)..cell(columns.end));
                for mark in cells.into_iter().flatten().filter(|mark| **mark == from) {
                    *mark = to;
                }
            });
        };
        draw(&footprint, 0, 1);
        for (outline, mark) in outlines.iter().zip(2..) {
            draw(outline, 1, mark);
        }
        self.observations += 1;
        let to_counts = |d: &Detection| {
            let probability = (d.probability.clamp(0.0, 1.0) * 255.0).round() as u8;
            (probability, (d.ce90_m.max(0.0) * 1000.0).round() as u32)
        };
        Ok(Ballot {
            window,
            marks,
            detections: observation.detections.iter().map(to_counts).collect(),
            time: observation.time,
            number: self.observations,
        })
    }

    fn to_cells(&self, polygon: &Polygon<f64>) -> Result<Polygon<f64>, ObserveError> {
        polygon.try_map_coords(|lon_lat| {
            let cell = self.plane.to_metres(lon_lat) / self.settings.cell_m;
            let sensible = cell.x.abs() < MAX_CELL && cell.y.abs() < MAX_CELL;
            sensible.then_some(cell).ok_or(ObserveError::Place)
        })
    }

    /// All components that a vote in `window` can have changed: those in it, and those cut off at its border.
    fn components_near(&self, window: Rect<i32>) -> Vec<Component> {
        let mut visited = Visited::default();
        let (low, high) = (window.min(), window.max());
        (low.y - 1..=high.y)
            .flat_map(|y| (low.x - 1..=high.x).map(move |x| (x, y)))
            .filter_map(|seed| Component::around(seed, &self.evidence, &mut visited))
            .collect()
    }

    /// Which known landslide each component continues: the one that shares the most cells with it, where each
    /// landslide is continued by one component at most. Components too small to report continue none.
    fn heirs(&self, components: &[Component]) -> Heirs {
        let mut claims = Vec::new();
        let mut heirs = Heirs {
            of_component: vec![None; components.len()],
            owners_seen: BTreeSet::new(),
        };
        for (number, component) in components.iter().enumerate() {
            let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
            for &at in &component.cells {
                *shared.entry(self.evidence.cell(at).owner).or_insert(0) += 1;
            }
            shared.remove(&0);
            heirs.owners_seen.extend(shared.keys());
            if self.reportable(component) {
                claims.extend(
                    shared
                        .into_iter()
                        .map(|(owner, cells)| (cells, owner, number)),
                );
            }
        }
        claims.sort_unstable_by_key(|&(cells, owner, number)| {
            (std::cmp::Reverse(cells), owner, number)
        });
        let mut taken = BTreeSet::new();
        for (_, owner, number) in claims {
            if let Some(heir) = heirs.of_component.get_mut(number)
                && heir.is_none()
                && taken.insert(owner)
            {
                *heir = Some(owner);
            }
        }
        heirs
    }

    fn reportable(&self, component: &Component) -> bool {
        let cell_area = self.settings.cell_m * self.settings.cell_m;
        component.cells.len() as f64 * cell_area >= self.settings.min_area_m2
    }

    /// Gives a component's cells to its heir, or to a new landslide, and reports it if that is due.
    fn settle_on(&mut self, component: &Component, heir: Option<u32>) -> Option<Landslide> {
        let reportable = self.reportable(component);
        let owner = match heir {
            Some(owner) => owner,
            None if reportable => self.next,
            None => 0,
        };
        let mut won = 0;
        for &at in &component.cells {
            won += usize::from(self.evidence.give(at, owner) != owner);
        }
        if !reportable {
            return None;
        }
        if let Some(known) = self.known.get_mut(&owner) {
            known.changed += won;
            known.dirty = true;
            known.cells = component.cells.len();
            known.first = component.first();
            let notable = known.changed as f64 >= NOTABLE_SHARE * known.cells as f64;
            return if notable {
                self.last_word_on(owner, component)
            } else {
                None
            };
        }
        self.next += 1;
        let (x, y) = component.first();
        let id = Uuid::new_v5(
            &self.survey,
            format!("landslide {owner} at {x} {y}").as_bytes(),
        );
        let report = report::active(
            id,
            1,
            component,
            &self.evidence,
            &self.plane,
            &self.settings,
        )?;
        self.known.insert(
            owner,
            Known {
                first: component.first(),
                cells: component.cells.len(),
                changed: 0,
                dirty: false,
                report: report.clone(),
            },
        );
        Some(report)
    }

    fn last_word(&mut self, owner: u32) -> Option<Landslide> {
        let known = self.known.get(&owner).filter(|known| known.dirty)?;
        let component = Component::around(known.first, &self.evidence, &mut Visited::default())?;
        self.last_word_on(owner, &component)
    }

    fn last_word_on(&mut self, owner: u32, component: &Component) -> Option<Landslide> {
        let known = self.known.get_mut(&owner)?;
        let (id, version) = (known.report.id, known.report.version + 1);
        known.report = report::active(
            id,
            version,
            component,
            &self.evidence,
            &self.plane,
            &self.settings,
        )?;
        known.changed = 0;
        known.dirty = false;
        Some(known.report.clone())
    }

    /// Forgets the oldest ground if a frame in `window` would need more blocks than allowed.
    fn make_room(&mut self, window: Rect<i32>) -> Vec<Landslide> {
        let needed = self.evidence.len() + self.evidence.missing(window);
        let Some(excess) = needed
            .checked_sub(self.settings.max_blocks)
            .filter(|&n| n > 0)
        else {
            return Vec::new();
        };
        // A few more at once, so that not every frame has to look for the oldest.
        let count = excess + self.settings.max_blocks / 16;
        let mut reports = Vec::new();
        for home in self.evidence.oldest(count, window) {
            for owner in self.evidence.owners(home) {
                reports.extend(self.last_word(owner));
                let first = self.known.remove(&owner).map(|known| known.first);
                let around =
                    |first| Component::around(first, &self.evidence, &mut Visited::default());
                for at in first.and_then(around).into_iter().flat_map(|c| c.cells) {
                    self.evidence.give(at, SETTLED);
                }
            }
            self.evidence.forget(home);
        }
        reports
    }
}

/// Who continues what.
struct Heirs {
    /// The landslide that each component continues.
    of_component: Vec<Option<u32>>,
    /// All landslides with cells in any component.
    owners_seen: BTreeSet<u32>,
}

fn cell_floor(c: Coord<f64>) -> Coord<i32> {
    Coord {
        x: c.x.floor() as i32,
        y: c.y.floor() as i32,
    }
}
