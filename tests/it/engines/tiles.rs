//! Every engine gives each cell of a picture its own answer, whatever the picture's size and wherever a tile lies.

use image::RgbImage;
use scarp_infer::{Manifest, Model, Normalisation, Segmenter, Tile};

use super::{BYTES, decoders, label, picture, red_minus_green::probability};

/// `index` mirrored into `0..length` at the outermost pixels.
fn mirrored(index: u32, length: u32) -> u32 {
    let last = length - 1;
    let phase = index.checked_rem(2 * last).unwrap_or(0);
    phase.min(2 * last - phase)
}

/// What a decoder says of the cell whose first pixel is at `left`, `top`, exactly.
fn exact(image: &RgbImage, (left, top): (u32, u32), manifest: &Manifest) -> f32 {
    let (mean, std) = (manifest.input.mean, manifest.input.std);
    let side = manifest.output.stride;
    let mut sum = 0.0;
    for (x, y) in (0..side * side).map(|n| (left + n % side, top + n / side)) {
        let pixel = image.get_pixel(mirrored(x, image.width()), mirrored(y, image.height()));
        let value = |c: usize| (f32::from(pixel.0[c]) / 255.0 - mean[c]) / std[c];
        sum += value(0) - value(1);
    }
    probability(sum / (side * side) as f32)
}

/// Asserts that `cells`, `columns` in a row, are what a decoder says of `image` from `corner` on.
fn assert_exact(
    cells: &[f32],
    columns: usize,
    image: &RgbImage,
    corner: (u32, u32),
    model: &Model,
) {
    let stride = model.manifest().output.stride;
    for (number, &found) in cells.iter().enumerate() {
        let (column, row) = ((number % columns) as u32, (number / columns) as u32);
        let place = (corner.0 + column * stride, corner.1 + row * stride);
        let expected = exact(image, place, model.manifest());
        assert!(
            (found - expected).abs() < BYTES,
            "{}: {found} instead of {expected} at {place:?} of {:?}",
            label(model),
            image.dimensions()
        );
    }
}

#[test]
fn every_cell_has_its_own_answer_in_pictures_of_any_size() {
    for model in decoders() {
        let mut segmenter = Segmenter::new(&model, 16).unwrap();
        // A tile, a pixel more, several tiles, sizes that no tile divides, and less than a tile on one side or both.
        for (width, height) in [
            (64, 64),
            (65, 64),
            (128, 112),
            (230, 151),
            (33, 140),
            (40, 35),
        ] {
            let image = picture(width, height);
            let map = segmenter.probability(&image).unwrap();
            assert_exact(&map.data, map.width, &image, (0, 0), &model);
        }
    }
}

#[test]
fn a_tile_is_a_window_anywhere_in_a_picture_and_mirrored_beyond_its_edges() {
    let corners = [(0, 0), (3, 5), (86, 26), (87, 26), (140, 80), (149, 89)];
    let windows = corners.map(|corner| (picture(150, 90), corner));
    let narrow = [(1, 1), (1, 40), (70, 1)].map(|(width, height)| (picture(width, height), (0, 0)));
    for model in decoders() {
        let manifest = model.manifest();
        let normal = Normalisation::of(manifest);
        let size = (manifest.input.width, manifest.input.height);
        let (columns, rows) = manifest.output_size();
        let mut session = model.session().unwrap();
        let (mut cells, mut planes) = (vec![f32::NAN; columns * rows], Vec::new());
        for (image, corner) in windows.iter().chain(&narrow) {
            let (image, corner) = (image, *corner);
            let pixels = Tile::Pixels {
                image,
                corner,
                normal: &normal,
            };
            session.run(pixels, &mut cells).unwrap();
            assert_exact(&cells, columns, image, corner, &model);
            normal.fill(image, corner, size, &mut planes);
            session.run(Tile::Planes(&planes), &mut cells).unwrap();
            assert_exact(&cells, columns, image, corner, &model);
        }
    }
}
