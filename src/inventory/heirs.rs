//! Which of the landslides known before lives on in which piece of ground.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{component::Component, evidence::Evidence};

/// Who continues what.
pub(super) struct Heirs {
    /// The landslide that each component continues.
    pub of_component: Vec<Option<u32>>,
    /// All landslides with cells in any component.
    pub owners_seen: BTreeSet<u32>,
}

impl Heirs {
    /// Which known landslide each component continues: the one that shares the most cells with it, where each
    /// landslide is continued by one component at most. Components too small to report continue none.
    pub fn of(
        components: &[Component],
        evidence: &Evidence,
        reportable: impl Fn(&Component) -> bool,
    ) -> Self {
        let mut claims = Vec::new();
        let mut heirs = Self {
            of_component: vec![None; components.len()],
            owners_seen: BTreeSet::new(),
        };
        for (number, component) in components.iter().enumerate() {
            let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
            for &at in &component.cells {
                *shared.entry(evidence.cell(at).owner).or_insert(0) += 1;
            }
            shared.remove(&0);
            heirs.owners_seen.extend(shared.keys());
            if reportable(component) {
                claims.extend(
                    shared
                        .into_iter()
                        .map(|(owner, cells)| (cells, owner, number)),
                );
            }
        }
        claims.sort_unstable_by_key(|&(cells, owner, number)| (Reverse(cells), owner, number));
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
}
