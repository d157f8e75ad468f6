//! On which side of a split each image and tile is.

use std::collections::BTreeSet;

use super::{
    By, Made, MakeError, Options, SceneError,
    scene::{Scene, Tile},
    split,
};

/// The images of the events that are left out, and the others.
pub(super) fn leave_out(
    options: &Options,
    scenes: Vec<Scene>,
    made: &mut Made,
) -> Result<(Vec<Scene>, Vec<Scene>), MakeError> {
    if options.leave_out.is_empty() {
        return Ok((Vec::new(), scenes));
    }
    let of = |scene: &Scene, event: &String| {
        let name = scene.origin.event.as_ref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(event))
    };
    for event in &options.leave_out {
        if !scenes.iter().any(|scene| of(scene, event)) {
            let known: BTreeSet<_> = scenes.iter().flat_map(|s| s.origin.event.clone()).collect();
            return Err(MakeError::NoEvent {
                event: event.clone(),
                known: known.into_iter().collect::<Vec<_>>().join(", "),
            });
        }
    }
    let (left_out, others): (Vec<_>, Vec<_>) = scenes
        .into_iter()
        .partition(|scene| options.leave_out.iter().any(|event| of(scene, event)));
    let mut rest = Vec::new();
    for scene in others {
        let other = left_out
            .iter()
            .find(|s| split::groups(&[s.bounds, scene.bounds])[1] == 0);
        if scene.origin.event.is_none() {
            made.refuse(&SceneError::NoEvent(scene.path));
        } else if let Some(other) = other {
            made.refuse(&SceneError::Overlap {
                path: scene.path,
                other: other.path.clone(),
            });
        } else {
            rest.push(scene);
        }
    }
    Ok((left_out, rest))
}

/// For each tile of each image whether it is to validate with.
pub(super) fn divide(
    cut: &[(Scene, Vec<Tile>)],
    options: &Options,
) -> Result<Vec<Vec<bool>>, MakeError> {
    let (train, validate) = options.split;
    let share = f64::from(validate) / f64::from(train + validate);
    if options.by == By::Tile {
        let names: Vec<_> = cut
            .iter()
            .flat_map(|(_, tiles)| tiles.iter().map(|tile| (tile.name.clone(), 1)))
            .collect();
        let mut chosen = split::choose(&names, share, options.seed).into_iter();
        let of = |(_, tiles): &(_, Vec<Tile>)| chosen.by_ref().take(tiles.len()).collect();
        return Ok(cut.iter().map(of).collect());
    }
    let bounds: Vec<_> = cut.iter().map(|(scene, _)| scene.bounds).collect();
    let group_of = split::groups(&bounds);
    let mut numbers = group_of.clone();
    numbers.sort_unstable();
    numbers.dedup();
    if share > 0.0 && share < 1.0 && numbers.len() == 1 {
        return Err(MakeError::Indivisible);
    }
    let groups: Vec<_> = numbers
        .iter()
        .map(|number| {
            let members = cut.iter().zip(&group_of).filter(|(_, g)| *g == number);
            let tiles = members.clone().map(|((_, tiles), _)| tiles.len()).sum();
            let stems = members.map(|((scene, _), _)| scene.stem.as_str());
            (stems.min().unwrap_or_default().to_owned(), tiles)
        })
        .collect();
    let chosen = split::choose(&groups, share, options.seed);
    let is_chosen = |group: &usize| numbers.binary_search(group).is_ok_and(|at| chosen[at]);
    Ok(cut
        .iter()
        .zip(&group_of)
        .map(|((_, tiles), group)| vec![is_chosen(group); tiles.len()])
        .collect())
}
