//! Landslides as objects: how many are found, how many finds are right, by size.
//!
//! A true landslide is found when at least half its area is covered by finds, whatever their number; a find is right when
//! at least half its area lies on true landslides, whatever their number. Unlike matching one to one by IoU, this neither
//! punishes a landslide found in three pieces nor two neighbours found as one, which are matters of taste in the labels.

use serde::{Deserialize, Serialize};

use super::{Component, Components};

/// Area from which an object counts in the object scores. 5 m x 5 m is what one can still check in the field and is smaller
/// than what GDCLD's sensors other than the UAV resolve; smaller specks are counted, in a class of their own.
pub const MAPPING_UNIT_M2: f64 = SIZES_M2[0];
/// Upper bounds of the size classes in square metres; the last class has none.
pub const SIZES_M2: [f64; 4] = [25.0, 100.0, 1_000.0, 10_000.0];
const CLASSES: usize = SIZES_M2.len() + 1;

/// Objects of one size class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeClass {
    /// Objects.
    pub objects: u64,
    /// Those of which at least half lies in the other mask.
    pub matched: u64,
    /// Pixels of all of them.
    pub pixels: u64,
    /// Pixels in the other mask.
    pub matched_pixels: u64,
}

impl SizeClass {
    fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.matched += other.matched;
        self.pixels += other.pixels;
        self.matched_pixels += other.matched_pixels;
    }

    fn count(&mut self, component: Component) {
        self.add(&Self {
            objects: 1,
            matched: u64::from(2 * component.shared >= component.pixels),
            pixels: component.pixels,
            matched_pixels: component.shared,
        });
    }
}

/// Objects by size class, smallest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// True landslides; matched ones are found.
    pub truth: [SizeClass; CLASSES],
    /// Finds; matched ones are right.
    pub found: [SizeClass; CLASSES],
}

impl Objects {
    /// Adds the objects of another image.
    pub fn add(&mut self, other: &Self) {
        let add = |into: &mut [SizeClass], from: &[SizeClass]| {
            into.iter_mut().zip(from).for_each(|(a, b)| a.add(b));
        };
        add(&mut self.truth, &other.truth);
        add(&mut self.found, &other.found);
    }
}

/// Takes truth and finds row by row and counts each object when it ends.
#[derive(Debug)]
pub struct ObjectScan {
    truth: Components,
    found: Components,
    pixel_m2: f64,
    objects: Objects,
}

impl ObjectScan {
    /// A scan of an image of that ground sampling distance in metres.
    #[must_use]
    pub fn new(gsd_m: f64) -> Self {
        Self {
            truth: Components::default(),
            found: Components::default(),
            pixel_m2: gsd_m * gsd_m,
            objects: Objects::default(),
        }
    }

    /// Takes the next row of both masks: 1 is landslide.
    pub fn row(&mut self, truth: &[u8], found: &[u8]) {
        let m2 = self.pixel_m2;
        let Objects { truth: a, found: b } = &mut self.objects;
        self.truth.row(truth, found, &mut |c| class(a, c, m2));
        self.found.row(found, truth, &mut |c| class(b, c, m2));
    }

    /// All objects, once every row was taken.
    #[must_use]
    pub fn finish(mut self) -> Objects {
        let m2 = self.pixel_m2;
        let Objects { truth, found } = &mut self.objects;
        self.truth.finish(&mut |c| class(truth, c, m2));
        self.found.finish(&mut |c| class(found, c, m2));
        self.objects
    }
}

fn class(classes: &mut [SizeClass; CLASSES], component: Component, pixel_m2: f64) {
    let area = component.pixels as f64 * pixel_m2;
    classes[SIZES_M2.partition_point(|bound| area >= *bound)].count(component);
}
