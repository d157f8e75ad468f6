//! Who learns and who is judged.

use scarp_geo::crs::{Conversion, CrsError, System};
use sha2::{Digest, Sha256};

use crate::raster::Georeference;

/// A place in a shuffled row that depends on nothing but the seed and the name: the same on every machine, and the order of
/// files does not matter.
pub(super) fn lot(seed: u64, name: &str) -> f64 {
    let digest = Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update(name)
        .finalize();
    let high = digest
        .iter()
        .take(6)
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    high as f64 / (1_u64 << 48) as f64
}

/// Chooses groups, each with a name and a number of tiles, so that about `share` of the tiles are chosen: in the order of
/// their lots, each that brings the number nearer. At least one group is chosen and one left if there are two and `share` is
/// neither 0 nor 1.
pub(super) fn choose(groups: &[(String, usize)], share: f64, seed: u64) -> Vec<bool> {
    let total: usize = groups.iter().map(|(_, tiles)| tiles).sum();
    let target = total as f64 * share;
    let mut order: Vec<_> = (0..groups.len()).collect();
    order.sort_by(|a, b| lot(seed, &groups[*a].0).total_cmp(&lot(seed, &groups[*b].0)));
    let mut chosen = vec![false; groups.len()];
    let mut tiles = 0;
    for &index in &order {
        let with = tiles + groups[index].1;
        if (with as f64 - target).abs() < (tiles as f64 - target).abs() {
            (chosen[index], tiles) = (true, with);
        }
    }
    if share > 0.0 && share < 1.0 && groups.len() > 1 {
        if chosen.iter().all(|c| !c) {
            let smallest = order.iter().min_by_key(|i| groups[**i].1);
            smallest.inspect(|i| chosen[**i] = true);
        } else if chosen.iter().all(|c| *c) {
            let smallest = order.iter().min_by_key(|i| groups[**i].1);
            smallest.inspect(|i| chosen[**i] = false);
        }
    }
    chosen
}

/// West, south, east, north of an image in degrees.
pub(super) type Bounds = [f64; 4];

/// The bounds of an image on the ground.
pub(super) fn bounds(
    place: &Georeference,
    system: &System,
    (width, height): (u32, u32),
) -> Result<Bounds, CrsError> {
    let conversion = Conversion::rough(system, &System::WGS84)?;
    let (width, height) = (f64::from(width), f64::from(height));
    let mut bounds = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    for (column, row) in [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)] {
        if let Some((x, y)) = conversion.apply(place.place(column, row)) {
            bounds = [
                bounds[0].min(x),
                bounds[1].min(y),
                bounds[2].max(x),
                bounds[3].max(y),
            ];
        }
    }
    Ok(bounds)
}

/// Numbers of the groups of images that overlap on the ground, directly or through others: the same slope seen twice must not
/// both train and evaluate.
pub(super) fn groups(bounds: &[Bounds]) -> Vec<usize> {
    let overlap = |a: &Bounds, b: &Bounds| a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
    let mut group: Vec<_> = (0..bounds.len()).collect();
    for a in 0..bounds.len() {
        for b in 0..a {
            if overlap(&bounds[a], &bounds[b]) && group[a] != group[b] {
                let (from, to) = (group[a].max(group[b]), group[a].min(group[b]));
                group
                    .iter_mut()
                    .filter(|g| **g == from)
                    .for_each(|g| *g = to);
            }
        }
    }
    group
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tiles_alone_are_split_to_the_tile(count in 2_usize..200, seed: u64) {
            let groups: Vec<_> = (0..count).map(|i| (i.to_string(), 1)).collect();
            let chosen = choose(&groups, 0.25, seed).iter().filter(|c| **c).count();
            prop_assert!((chosen as f64 - (count as f64 * 0.25).max(1.0)).abs() <= 0.5);
        }

        #[test]
        fn both_sides_get_something(sizes in prop::collection::vec(1_usize..1000, 2..20), seed: u64) {
            let groups: Vec<_> = sizes.iter().enumerate().map(|(i, n)| (i.to_string(), *n)).collect();
            let chosen = choose(&groups, 0.25, seed);
            prop_assert!(chosen.contains(&true) && chosen.contains(&false));
        }
    }

    #[test]
    fn the_seed_decides_and_the_order_of_the_files_does_not() {
        let names: Vec<_> = (0..100).map(|i| (format!("tile{i}"), 1)).collect();
        let mut turned = names.clone();
        turned.reverse();
        let mut other = choose(&turned, 0.25, 1);
        other.reverse();
        assert_eq!(choose(&names, 0.25, 1), other);
        assert_ne!(choose(&names, 0.25, 1), choose(&names, 0.25, 2));
    }

    #[test]
    fn images_that_overlap_through_a_third_are_one_group() {
        let groups = groups(&[
            [0.0, 0.0, 1.0, 1.0],
            [1.5, 0.0, 2.5, 1.0],
            [5.0, 0.0, 6.0, 1.0],
            [0.5, 0.0, 2.0, 1.0],
        ]);
        assert_eq!(groups[0], groups[1]);
        assert_eq!(groups[0], groups[3]);
        assert_ne!(groups[0], groups[2]);
    }
}
