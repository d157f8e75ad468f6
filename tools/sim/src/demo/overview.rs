//! The picture of a demo: terrain, flight, landslides true and found.

use std::path::Path;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use anyhow::Context;
use geo::{Centroid, Polygon};
use image::{Rgb, RgbImage};
use tiny_skia::{
    Color, FillRule, LineCap, Paint, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};

use crate::overview::Overview;

use super::{report::Report, score::Spread};

/// Height of the strip below the map in pixels.
const LEGEND_PX: u32 = 128;
const PAPER: [u8; 3] = [24, 27, 31];
const INK: [u8; 3] = [236, 238, 240];
const FOUND: [u8; 3] = [255, 72, 50];
const WRONG: [u8; 3] = [255, 0, 220];
const TRUE: [u8; 3] = [64, 224, 255];
const SEARCHED: [u8; 3] = [255, 255, 255];
const TRACK: [u8; 3] = [255, 214, 64];

/// What the picture shows; polygons on the UTM plane.
pub struct Picture<'a> {
    pub terrain: &'a Overview,
    pub truth: &'a [Polygon<f64>],
    /// Found and true for half of each at least.
    pub found: &'a [Polygon<f64>],
    /// Found and false.
    pub wrong: &'a [Polygon<f64>],
    /// In the order of the flight.
    pub searched: &'a [Polygon<f64>],
}

impl Picture<'_> {
    /// Draws the picture and writes it as PNG.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path, report: &Report) -> anyhow::Result<()> {
        let (width, height) = self.terrain.image.dimensions();
        let mut canvas =
            Pixmap::new(width, height + LEGEND_PX).context("the overview has no size")?;
        canvas.fill(colour(PAPER, 1.0));
        // Ground that was not searched stays dark, so that the eye goes to what was.
        for (pixel, ground) in canvas
            .pixels_mut()
            .iter_mut()
            .zip(self.terrain.image.pixels())
        {
            let [r, g, b] = ground.0.map(|v| (f32::from(v) * 0.55) as u8);
            *pixel = tiny_skia::ColorU8::from_rgba(r, g, b, 255).premultiply();
        }
        self.light_up(&mut canvas);
        self.outline(&mut canvas, self.searched, SEARCHED, 0.28, 1.0);
        self.track(&mut canvas);
        for (outlines, rgb) in [(self.found, FOUND), (self.wrong, WRONG)] {
            self.fill(&mut canvas, outlines, rgb, 0.30);
            self.outline(&mut canvas, outlines, rgb, 1.0, 2.0);
        }
        self.outline(&mut canvas, self.truth, TRUE, 1.0, 1.5);
        let mut image = RgbImage::from_fn(width, height + LEGEND_PX, |x, y| {
            let pixel = canvas.pixel(x, y).map(|p| p.demultiply());
            pixel.map_or(Rgb(PAPER), |p| Rgb([p.red(), p.green(), p.blue()]))
        });
        legend(&mut image, height, self.terrain.pixel_m, report)?;
        image
            .save(path)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Shows the searched ground at full brightness.
    fn light_up(&self, canvas: &mut Pixmap) {
        let (width, height) = self.terrain.image.dimensions();
        let Some(mut mask) = tiny_skia::Mask::new(width, height) else {
            return;
        };
        for path in self
            .searched
            .iter()
            .filter_map(|polygon| self.path(polygon))
        {
            mask.fill_path(&path, FillRule::EvenOdd, true, Transform::identity());
        }
        let ground = self.terrain.image.pixels().zip(mask.data());
        for (pixel, (ground, &lit)) in canvas.pixels_mut().iter_mut().zip(ground) {
            if lit > 127 {
                let [r, g, b] = ground.0;
                *pixel = tiny_skia::ColorU8::from_rgba(r, g, b, 255).premultiply();
            }
        }
    }

    fn path(&self, polygon: &Polygon<f64>) -> Option<tiny_skia::Path> {
        let mut builder = PathBuilder::new();
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            for (k, c) in ring.coords().enumerate() {
                let (x, y) = self.terrain.to_pixel(c.x, c.y);
                if k == 0 {
                    builder.move_to(x as f32, y as f32);
                } else {
                    builder.line_to(x as f32, y as f32);
                }
            }
            builder.close();
        }
        builder.finish()
    }

    fn fill(&self, canvas: &mut Pixmap, polygons: &[Polygon<f64>], rgb: [u8; 3], opacity: f32) {
        for path in polygons.iter().filter_map(|polygon| self.path(polygon)) {
            canvas.fill_path(
                &path,
                &paint(rgb, opacity),
                FillRule::EvenOdd,
                Transform::identity(),
                None,
            );
        }
    }

    fn outline(
        &self,
        canvas: &mut Pixmap,
        polygons: &[Polygon<f64>],
        rgb: [u8; 3],
        opacity: f32,
        width: f32,
    ) {
        let stroke = Stroke {
            width,
            ..Stroke::default()
        };
        for path in polygons.iter().filter_map(|polygon| self.path(polygon)) {
            canvas.stroke_path(
                &path,
                &paint(rgb, opacity),
                &stroke,
                Transform::identity(),
                None,
            );
        }
    }

    /// From frame to frame, by the middles of their footprints.
    fn track(&self, canvas: &mut Pixmap) {
        let mut builder = PathBuilder::new();
        for (k, middle) in self
            .searched
            .iter()
            .filter_map(Centroid::centroid)
            .enumerate()
        {
            let (x, y) = self.terrain.to_pixel(middle.x(), middle.y());
            if k == 0 {
                builder.move_to(x as f32, y as f32);
            } else {
                builder.line_to(x as f32, y as f32);
            }
        }
        let stroke = Stroke {
            width: 1.5,
            line_cap: LineCap::Round,
            dash: StrokeDash::new(vec![7.0, 5.0], 0.0),
            ..Stroke::default()
        };
        if let Some(path) = builder.finish() {
            canvas.stroke_path(
                &path,
                &paint(TRACK, 0.9),
                &stroke,
                Transform::identity(),
                None,
            );
        }
    }
}

fn colour([r, g, b]: [u8; 3], opacity: f32) -> Color {
    let mut colour = Color::from_rgba8(r, g, b, 255);
    colour.set_alpha(opacity);
    colour
}

fn paint(rgb: [u8; 3], opacity: f32) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(rgb, opacity));
    paint.anti_alias = true;
    paint
}

/// The strip below the map: what the colours mean, a scale bar, the main figures.
fn legend(image: &mut RgbImage, top: u32, pixel_m: f64, report: &Report) -> anyhow::Result<()> {
    const KEY_PX: u32 = 26;
    const BAR_M: f64 = 200.0;
    let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT)?;
    let mut x = 20;
    for (rgb, name) in [
        (FOUND, "found"),
        (WRONG, "found, false"),
        (TRUE, "true"),
        (TRACK, "flight"),
        (SEARCHED, "frames searched"),
    ] {
        bar(image, x, top + 25, KEY_PX, 6, rgb);
        x += KEY_PX + 8;
        x = text(image, &font, 22.0, x, top + 16, name) + 30;
    }
    let length = (BAR_M / pixel_m).round() as u32;
    bar(image, x, top + 27, length, 3, INK);
    text(image, &font, 22.0, x + length + 8, top + 16, "200 m");
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let offset = |what: &str, spread: Option<Spread>| {
        spread.map_or(String::new(), |spread| format!("   {what} {spread}"))
    };
    let by_outline = format!(
        "Simulated survey {}, {:.2} km²:   {} of {} landslides found, {} of {} outlines false   by outline precision {}, recall {}",
        report.seed,
        report.km2,
        report.landslides_true_found,
        report.landslides_true,
        report.outlines_false,
        report.landslides_found,
        percent(report.outlines.precision),
        percent(report.outlines.recall),
    );
    let by_area = format!(
        "By area IoU {:.2}, precision {}, recall {}{}{}",
        report.iou,
        percent(report.precision),
        percent(report.recall),
        offset("frames off by", report.placement_error_m),
        offset("centres off by", report.position_error_m),
    );
    text(image, &font, 22.0, 20, top + 52, &by_outline);
    text(image, &font, 22.0, 20, top + 86, &by_area);
    Ok(())
}

fn bar(image: &mut RgbImage, left: u32, top: u32, width: u32, height: u32, rgb: [u8; 3]) {
    for y in top..(top + height).min(image.height()) {
        for x in left..(left + width).min(image.width()) {
            image.put_pixel(x, y, Rgb(rgb));
        }
    }
}

/// Writes a line of text with its top left corner at a place; gives where it ends.
fn text(
    image: &mut RgbImage,
    font: &FontRef<'_>,
    size: f32,
    left: u32,
    top: u32,
    line: &str,
) -> u32 {
    let scaled = font.as_scaled(PxScale::from(size));
    let mut x = left as f32;
    for character in line.chars() {
        let id = scaled.glyph_id(character);
        let glyph = id.with_scale_and_position(size, point(x, top as f32 + scaled.ascent()));
        x += scaled.h_advance(id);
        if let Some(outlined) = font.outline_glyph(glyph) {
            let bounds = outlined.px_bounds();
            outlined.draw(|dx, dy, coverage| {
                let (px, py) = (bounds.min.x as u32 + dx, bounds.min.y as u32 + dy);
                if let Some(pixel) = image.get_pixel_mut_checked(px, py) {
                    for (channel, ink) in pixel.0.iter_mut().zip(INK) {
                        let blend =
                            f32::from(*channel) * (1.0 - coverage) + f32::from(ink) * coverage;
                        *channel = blend as u8;
                    }
                }
            });
        }
    }
    x as u32
}
