//! Which of the landslides known before lives on in which piece of ground.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{component::Component, vote_grid::VoteGrid};

/// Which component continues which landslide.
pub(super) struct Association {
    /// The landslide that each component continues.
    pub of_component: Vec<Option<u32>>,
    /// All landslides with cells in any component.
    pub tracks_seen: BTreeSet<u32>,
}

impl Association {
    /// Which known landslide each component continues: the one that shares the most cells with it, where each
    /// landslide is continued by one component at most. Components that are not `large` enough to be reported continue none.
    pub fn of(components: &[Component], votes: &VoteGrid, large: &[bool]) -> Self {
        let mut claims = Vec::new();
        let mut association = Self {
            of_component: vec![None; components.len()],
            tracks_seen: BTreeSet::new(),
        };
        for (number, (component, &large)) in components.iter().zip(large).enumerate() {
            let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
            for &at in &component.cells {
                *shared.entry(votes.cell(at).track).or_insert(0) += 1;
            }
            shared.remove(&0);
            association.tracks_seen.extend(shared.keys());
            if large {
                claims.extend(
                    shared
                        .into_iter()
                        .map(|(track, cells)| (cells, track, number)),
                );
            }
        }
        claims.sort_unstable_by_key(|&(cells, track, number)| (Reverse(cells), track, number));
        let mut taken = BTreeSet::new();
        for (_, track, number) in claims {
            if let Some(continued) = association.of_component.get_mut(number)
                && continued.is_none()
                && taken.insert(track)
            {
                *continued = Some(track);
            }
        }
        association
    }
}
