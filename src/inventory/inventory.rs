//! The inventory: what all frames together say, landslide by landslide.

use std::collections::{BTreeMap, BTreeSet};

use geo::Rect;
use scarp_geo::LocalPlane;
use uuid::Uuid;

use super::{
    association::Association,
    component::{Component, Visited},
    frame_observation::{Observation, ObserveError},
    landslide::Landslide,
    landslide_report,
    settings::Settings,
    vote_grid::{FROZEN, Position, VoteGrid},
};

/// A landslide is reported again when this share of its cells has changed, or whether it is cut off.
const NOTABLE_SHARE: f64 = 0.1;

/// Fuses what overlapping frames saw into landslides that last.
///
/// Each cell of ground counts the frames that saw it and those that saw landslide there; at least half make it
/// landslide. 4-connected cells are one landslide, whose identity follows from the run, its first cell and
/// how many came before, so that the same frames in the same order give the same inventory.
pub struct Inventory {
    run: Uuid,
    plane: LocalPlane,
    settings: Settings,
    votes: VoteGrid,
    known: BTreeMap<u32, Known>,
    /// Landslides that stand and can no longer change.
    frozen: usize,
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

impl Inventory {
    /// An empty inventory for one run, by [`Run::id`](crate::Run::id), on `plane`.
    #[must_use]
    pub fn new(run: Uuid, plane: LocalPlane, settings: Settings) -> Self {
        Self {
            run,
            plane,
            settings,
            votes: VoteGrid::default(),
            known: BTreeMap::new(),
            frozen: 0,
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
        let raster = observation.draw(&self.settings, number)?;
        self.observations = number;
        let window = raster.window;
        let mut reports = self.make_room(window);
        let lost = self.votes.vote(&raster);
        for (track, count) in &lost {
            if let Some(known) = self.known.get_mut(track) {
                known.changed += count;
            }
        }
        let components = self.components_near(window);
        let is_large = |c: &Component| landslide_report::is_large(c, &self.votes, &self.settings);
        let large: Vec<bool> = components.iter().map(is_large).collect();
        let association = Association::of(&components, &self.votes, &large);
        let mut touched: BTreeSet<u32> = lost.into_keys().collect();
        touched.extend(association.tracks_seen);
        for ((component, large), continued) in
            components.iter().zip(large).zip(association.of_component)
        {
            if let Some(continued) = continued {
                touched.remove(&continued);
            }
            reports.extend(self.update_track(component, large, continued));
        }
        // A landslide that was touched and is continued by no component is withdrawn.
        for track in touched {
            if let Some(known) = self.known.remove(&track) {
                reports.push(landslide_report::withdrawn(known.report));
            }
        }
        Ok(reports)
    }

    /// The final report of every landslide of which anything has changed since it was last reported. The inventory may be
    /// used on afterwards.
    pub fn finish(&mut self) -> Vec<Landslide> {
        let tracks: Vec<u32> = self.known.keys().copied().collect();
        tracks
            .into_iter()
            .filter_map(|track| self.final_report(track))
            .collect()
    }

    /// Landslides that stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len() + self.frozen
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
            .filter_map(|seed| Component::around(seed, &self.votes, &mut visited))
            .collect()
    }

    /// Gives a component's cells to the landslide that it continues, or to a new one, and reports it if that is due.
    fn update_track(
        &mut self,
        component: &Component,
        large: bool,
        continued: Option<u32>,
    ) -> Option<Landslide> {
        let track = match continued {
            Some(track) => track,
            None if large => self.next,
            None => 0,
        };
        let mut won = 0;
        for &at in &component.cells {
            won += usize::from(self.votes.assign(at, track) != track);
        }
        if !large {
            return None;
        }
        if let Some(known) = self.known.get_mut(&track) {
            known.changed += won;
            known.first = component.first();
            let notable = known.changed as f64 >= NOTABLE_SHARE * component.cells.len() as f64
                || known.report.cut_off != component.cut_off;
            return notable.then(|| self.renew(track, component)).flatten();
        }
        self.next += 1;
        let (x, y) = component.first();
        let id = Uuid::new_v5(
            &self.run,
            format!("landslide {track} at {x} {y}").as_bytes(),
        );
        let report =
            landslide_report::active(id, 1, component, &self.votes, &self.plane, &self.settings)?;
        self.known.insert(
            track,
            Known {
                first: component.first(),
                changed: 0,
                report: report.clone(),
            },
        );
        Some(report)
    }

    /// The report of a landslide as it is now, unless that was said before.
    fn final_report(&mut self, track: u32) -> Option<Landslide> {
        let first = self.known.get(&track)?.first;
        let component = Component::around(first, &self.votes, &mut Visited::default())?;
        self.renew(track, &component)
    }

    fn renew(&mut self, track: u32, component: &Component) -> Option<Landslide> {
        let known = self.known.get_mut(&track)?;
        known.changed = 0;
        let (id, version) = (known.report.id, known.report.version);
        let (votes, plane) = (&self.votes, &self.plane);
        let report =
            landslide_report::active(id, version, component, votes, plane, &self.settings)?;
        if report == known.report {
            return None;
        }
        known.report = report;
        known.report.version += 1;
        Some(known.report.clone())
    }

    /// Forgets the oldest ground if a frame in `window` would need more blocks than allowed.
    fn make_room(&mut self, window: Rect<i32>) -> Vec<Landslide> {
        let needed = self.votes.len() + self.votes.missing(window);
        let Some(excess) = needed
            .checked_sub(self.settings.max_blocks)
            .filter(|&n| n > 0)
        else {
            return Vec::new();
        };
        // A few more at once, so that not every frame has to look for the oldest.
        let count = excess + self.settings.max_blocks / 16;
        let mut reports = Vec::new();
        for home in self.votes.oldest(count, window) {
            for track in self.votes.tracks(home) {
                reports.extend(self.final_report(track));
                let first = self.known.remove(&track).map(|known| known.first);
                self.frozen += usize::from(first.is_some());
                let around = |first| Component::around(first, &self.votes, &mut Visited::default());
                for at in first.and_then(around).into_iter().flat_map(|c| c.cells) {
                    self.votes.assign(at, FROZEN);
                }
            }
            self.votes.forget(home);
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detection;
    use scarp_geo::{Latitude, Longitude, Wgs84};

    #[test]
    fn a_long_flight_holds_no_more_blocks_than_allowed() {
        let (latitude, longitude) = (Latitude::from_degrees(-10.0), Longitude::from_degrees(20.0));
        let plane = LocalPlane::at(Wgs84::new(latitude, longitude));
        let settings = Settings {
            cell_m: 1.0,
            min_area_m2: 50.0,
            max_blocks: 40,
        };
        let mut inventory = Inventory::new(Uuid::nil(), plane, settings);
        for n in 0..80 {
            let x = f64::from(n) * 90.0;
            let rect =
                |x: f64, y: f64, side: f64| Rect::new((x, y), (x + side, y + side)).to_polygon();
            let observation = Observation {
                footprint: rect(x, 0.0, 130.0),
                detections: vec![Detection {
                    outline: rect(x + 50.0, 50.0, 20.0),
                    probability: 0.9,
                    ce90_m: 2.0,
                }],
                time: None,
            };
            inventory.observe(&observation).unwrap();
            assert!(inventory.votes.len() <= 40, "{n}");
            assert!(inventory.known.len() < 40, "{n}");
        }
        assert_eq!(inventory.len(), 80);
    }
}
