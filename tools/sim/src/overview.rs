//! A picture of the whole terrain, to draw on.

use std::{fs::File, io::BufWriter, path::Path};

use anyhow::Context;
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

use crate::{camera_response::CameraResponse, dice::Dice, ortho::Ortho, world::World};

/// Longest side of the picture in pixels.
const LONGEST_PX: f32 = 1600.0;

/// The terrain from straight above, north up, on the UTM plane.
pub struct Overview {
    /// The picture.
    pub image: RgbImage,
    /// Easting of its west edge and northing of its north edge in metres.
    pub corner: (f64, f64),
    /// Side of a pixel in metres.
    pub pixel_m: f64,
}

/// Paints the whole scene under its light, with relief shading to make the terrain stand out.
#[must_use]
pub fn paint(world: &World) -> Overview {
    let brief = &world.scene.brief;
    let pixel_m = brief.width_m.max(brief.height_m) / LONGEST_PX;
    let pixels = |metres: f32| (metres / pixel_m).round() as usize;
    let ortho = Ortho::paint(
        &world.scene,
        (0.0, 0.0),
        pixels(brief.width_m),
        pixels(brief.height_m),
        pixel_m,
    );
    let response = CameraResponse::draw(&mut Dice::new(world.seed, 11));
    let mut image = response.expose(ortho.columns as u32, ortho.rows as u32, u32::MAX, |x, y| {
        ortho.pixel(x as usize, y as usize)
    });
    for (column, row, pixel) in image.enumerate_pixels_mut() {
        let (x, y) = (
            (column as f32 + 0.5) * pixel_m,
            (row as f32 + 0.5) * pixel_m,
        );
        let shade = relief(world.scene.terrain.slope(x, y));
        *pixel = Rgb(pixel
            .0
            .map(|v| (f32::from(v) * shade).clamp(0.0, 255.0) as u8));
    }
    Overview {
        image,
        corner: world.corner,
        pixel_m: f64::from(pixel_m),
    }
}

/// Light from the north-west at 45 degrees, as on maps, relative to level ground.
fn relief((east, south): (f32, f32)) -> f32 {
    let facing = (1.0 + 0.7 * (east + south)) / (1.0 + east * east + south * south).sqrt();
    0.55 + 0.45 * facing.clamp(0.0, 1.6)
}

impl Overview {
    /// Column and row, in pixels from the north-west corner, of a point of the plane.
    #[must_use]
    pub fn to_pixel(&self, easting: f64, northing: f64) -> (f64, f64) {
        (
            (easting - self.corner.0) / self.pixel_m,
            (self.corner.1 - northing) / self.pixel_m,
        )
    }

    /// Writes the picture as JPEG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        const QUALITY: u8 = 90;
        let put = || -> anyhow::Result<()> {
            let file = BufWriter::new(File::create(path)?);
            Ok(JpegEncoder::new_with_quality(file, QUALITY).encode_image(&self.image)?)
        };
        put().with_context(|| format!("cannot write {}", path.display()))
    }
}
