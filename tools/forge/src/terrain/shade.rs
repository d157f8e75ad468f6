//! A picture of a model, as if the sun stood in the north-west.

use std::io::Cursor;

use image::{ImageError, ImageFormat, Rgb, RgbImage};
use scarp_geo::Dem;

use super::{Area, frame::Frame};

/// The longer side of a picture.
const MAX_SIDE_PX: usize = 1600;
/// Where there is no height.
const GAP: Rgb<u8> = Rgb([255, 0, 255]);
/// The outline of the area.
const OUTLINE: Rgb<u8> = Rgb([220, 30, 30]);
/// Unit vector to the sun, east, north and up: in the north-west, 45 degrees high.
const SUN: [f64; 3] = [-0.5, 0.5, std::f64::consts::FRAC_1_SQRT_2];

/// A PNG of the model's slopes: lit ones light, gaps magenta, the area's outline red.
///
/// # Errors
/// When it cannot be encoded.
pub(super) fn picture(dem: &Dem, frame: &Frame, area: &Area) -> Result<Vec<u8>, ImageError> {
    let longer = frame.columns.max(frame.rows);
    // Cells along the side of a pixel, and its side in metres.
    let cells = (longer as f64 / MAX_SIDE_PX as f64).max(1.0);
    let metres = cells * frame.cell_m;
    let side = |count: usize| (count as f64 / cells).floor().max(1.0) as usize;
    let (width, height) = (side(frame.columns), side(frame.rows));
    let place =
        |x: usize, y: usize| frame.place((x as f64 + 0.5) * cells, (y as f64 + 0.5) * cells);
    let mut sampler = dem.sampler();
    let mut row = |y: usize| -> Vec<(Option<f64>, bool)> {
        let pixel = |x| {
            let place = place(x, y);
            (sampler.sample(place).ok(), area.contains(place))
        };
        (0..width).map(pixel).collect()
    };
    let mut picture = RgbImage::new(width as u32, height as u32);
    let mut above = row(0);
    for y in 0..height {
        let here = row(y);
        for x in 0..width {
            let left = here[x.saturating_sub(1)];
            let colour = match (here[x].0, left.0, above[x].0) {
                _ if here[x].1 != left.1 || here[x].1 != above[x].1 => OUTLINE,
                (Some(height), left, above) => {
                    let east = (height - left.unwrap_or(height)) / metres;
                    let north = (above.unwrap_or(height) - height) / metres;
                    light(east, north)
                }
                (None, ..) => GAP,
            };
            picture.put_pixel(x as u32, y as u32, colour);
        }
        above = here;
    }
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// How bright a slope is, metres up per metre east and per metre north (Lambert's law).
fn light(east: f64, north: f64) -> Rgb<u8> {
    let [to_east, to_north, to_up] = SUN;
    let cosine =
        (to_up - east * to_east - north * to_north) / (1.0 + east * east + north * north).sqrt();
    Rgb([(cosine.clamp(0.0, 1.0) * 255.0).round() as u8; 3])
}
