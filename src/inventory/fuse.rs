//! The inventory: what all frames together say, landslide by landslide.

use std::collections::{BTreeMap, BTreeSet};

use geo::Rect;
use uuid::Uuid;

use super::{
    component::{Component, Visited},
    evidence::{Evidence, Position, SETTLED},
    heirs::Heirs,
    landslide::Landslide,
    observation::{Observation, ObserveError, Plane},
    report,
};

/// A landslide is reported again when this share of its cells has changed.
const NOTABLE_SHARE: f64 = 0.1;

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
    /// Landslides that stand and can no longer change.
    settled: usize,
    /// Number of the next landslide.
    next: u32,
    observations: u64,
}

/// A landslide that was reported and stands.
struct Known {
    first: Position,
    /// Cells won or lost since the last report.
    changed: usize,
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
            settled: 0,
            next: 1,
            observations: 0,
        }
    }

    /// Counts what one frame saw; the landslides that are new, have changed notably or are withdrawn.
    ///
    /// # Errors
    /// When a vertex is at no sensible place or the footprint is too large; then nothing is counted.
    pub fn observe(&mut self, observation: &Observation) -> Result<Vec<Landslide>, ObserveError> {
        let number = self.observations + 1;
        let ballot = observation.draw(&self.plane, &self.settings, number)?;
        self.observations = number;
        let window = ballot.window;
        let mut reports = self.make_room(window);
        let lost = self.evidence.vote(&ballot);
        for (owner, count) in &lost {
            if let Some(known) = self.known.get_mut(owner) {
                known.changed += count;
            }
        }
        let components = self.components_near(window);
        let large = |component: &Component| self.reportable(component);
        let heirs = Heirs::of(&components, &self.evidence, large);
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

    /// The last word on every landslide of which anything has changed since it was last reported. The inventory may be
    /// used on afterwards.
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
        self.known.len() + self.settled
    }

    /// Whether no landslide stands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
            known.first = component.first();
            let notable = known.changed as f64 >= NOTABLE_SHARE * component.cells.len() as f64;
            return notable.then(|| self.renew(owner, component)).flatten();
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
                changed: 0,
                report: report.clone(),
            },
        );
        Some(report)
    }

    /// The report of a landslide as it is now, unless that was said before.
    fn last_word(&mut self, owner: u32) -> Option<Landslide> {
        let first = self.known.get(&owner)?.first;
        let component = Component::around(first, &self.evidence, &mut Visited::default())?;
        self.renew(owner, &component)
    }

    fn renew(&mut self, owner: u32, component: &Component) -> Option<Landslide> {
        let known = self.known.get_mut(&owner)?;
        known.changed = 0;
        let (id, version) = (known.report.id, known.report.version);
        let (evidence, plane) = (&self.evidence, &self.plane);
        let report = report::active(id, version, component, evidence, plane, &self.settings)?;
        if report == known.report {
            return None;
        }
        known.report = report;
        known.report.version += 1;
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
                self.settled += usize::from(first.is_some());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{geo::LocalPlane, inventory::Detection};
    use std::time::SystemTime;

    #[test]
    fn a_long_flight_holds_no_more_blocks_than_allowed() {
        let plane = LocalPlane::at(-10.0, 20.0);
        let settings = Settings {
            cell_m: 1.0,
            min_area_m2: 50.0,
            max_blocks: 40,
        };
        let mut inventory = Inventory::new(Uuid::nil(), plane.clone(), settings);
        for n in 0..80 {
            let x = f64::from(n) * 90.0;
            let rect = |x: f64, y: f64, side: f64| {
                use geo::MapCoords;
                let metres = Rect::new((x, y), (x + side, y + side)).to_polygon();
                metres.map_coords(|c| plane.to_geographic(c))
            };
            let observation = Observation {
                footprint: rect(x, 0.0, 130.0),
                detections: vec![Detection {
                    outline: rect(x + 50.0, 50.0, 20.0),
                    probability: 0.9,
                    ce90_m: 2.0,
                }],
                time: SystemTime::UNIX_EPOCH,
            };
            inventory.observe(&observation).unwrap();
            assert!(inventory.evidence.len() <= 40, "{n}");
            assert!(inventory.known.len() < 40, "{n}");
        }
        assert_eq!(inventory.len(), 80);
    }
}
