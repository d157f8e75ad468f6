//! The simulated country is what it claims to be.

use geo::{Area, Validation};
use scarp_sim::{landslide_map, ortho::Ortho, world::World};

const SEEDS: [u64; 3] = [900_001, 900_002, 900_003];

#[test]
fn the_terrain_is_a_mountain_valley_of_at_least_two_square_kilometres() {
    for seed in SEEDS {
        let world = World::new(seed);
        let brief = &world.scene.brief;
        assert!(brief.width_m * brief.height_m >= 2e6);
        let heights: Vec<f64> = (0..1600 * 1400 / 100)
            .map(|k| world.height((k % 160) as f32 * 10.0, (k / 160) as f32 * 10.0))
            .collect();
        let relief = heights.iter().copied().fold(f64::MIN, f64::max)
            - heights.iter().copied().fold(f64::MAX, f64::min);
        assert!(
            (150.0..900.0).contains(&relief),
            "seed {seed}: {relief:.0} m"
        );
    }
}

#[test]
fn landslides_start_on_steep_ground_and_end_lower() {
    for seed in SEEDS {
        let world = World::new(seed);
        let fresh: Vec<_> = world
            .scene
            .landslides
            .iter()
            .filter(|slide| slide.fresh)
            .collect();
        assert!(fresh.len() >= 10, "seed {seed}: {}", fresh.len());
        for slide in fresh {
            let (source, toe) = (slide.path[0], slide.path[slide.path.len() - 1]);
            let (east, south) = world.scene.terrain.slope(source.x, source.y);
            assert!(east.hypot(south) > 0.3);
            assert!(world.height(toe.x, toe.y) < world.height(source.x, source.y) - 2.0);
        }
    }
}

#[test]
fn true_outlines_are_valid_and_enclose_what_is_labelled() {
    let world = World::new(SEEDS[0]);
    let truth = landslide_map::trace(&world).unwrap();
    assert!(
        truth
            .iter()
            .all(|landslide| landslide.geographic.is_valid())
    );
    let outlined: f64 = truth
        .iter()
        .map(|landslide| landslide.plane.unsigned_area())
        .sum();
    let brief = &world.scene.brief;
    let labels = Ortho::paint(
        &world.scene,
        (0.0, 0.0),
        brief.width_m as usize,
        brief.height_m as usize,
        1.0,
    )
    .labels;
    let labelled = labels.iter().map(|&label| f64::from(label)).sum::<f64>();
    assert!(
        (outlined / labelled - 1.0).abs() < 0.01,
        "{outlined:.0} m² outlined, {labelled:.0} m² labelled"
    );
}
