//! `dataset make`, with GDAL to make its inputs and to judge it.

mod choice;
mod labels;
mod refusals;

use std::{fs, path::Path, process::Output};

use image::{Rgb, RgbImage};
use scarp_forge::raster::{Kind, Raster, Window};
use serde_json::Value;

use super::*;

/// West and north side of the test images, metres in UTM zone 48 north.
const CORNER: (f64, f64) = (400_000.0, 3_400_000.0);
const GSD: f64 = 0.2;

impl Folder {
    /// With an image of 200 x 150 pixels that begins so many pixels east of the corner: 3 x 2 tiles of 64.
    fn with_scene(self, name: &str, east: f64) -> Self {
        let image = RgbImage::from_fn(200, 150, |x, y| {
            Rgb([(x % 250) as u8 + 1, (y % 250) as u8 + 1, 90])
        });
        let west = CORNER.0 + east * GSD;
        let sides = [west, CORNER.1, west + 200.0 * GSD, CORNER.1 - 150.0 * GSD];
        let sides = sides.map(|v| v.to_string());
        let this = self.with("scene.png", &png(image));
        fs::create_dir_all(this.path("ortho")).unwrap();
        let mut arguments = vec!["-q", "-a_srs", "EPSG:32648", "-a_ullr"];
        arguments.extend(sides.iter().map(String::as_str));
        let (from, to) = (this.path("scene.png"), this.path(&format!("ortho/{name}")));
        arguments.extend([from.to_str().unwrap(), to.to_str().unwrap()]);
        gdal("gdal_translate", &arguments);
        this
    }

    /// With outlines given in pixels of a scene at the corner: rings of polygons.
    fn with_outlines(self, polygons: &[&[&[(f64, f64)]]]) -> Self {
        let ring = |ring: &&[(f64, f64)]| -> Value {
            let closed = ring.iter().chain(ring.first());
            closed
                .map(|(x, y)| serde_json::json!([CORNER.0 + x * GSD, CORNER.1 - y * GSD]))
                .collect()
        };
        let feature = |rings: &&[&[(f64, f64)]]| -> Value {
            let rings: Vec<_> = rings.iter().map(ring).collect();
            serde_json::json!({"type": "Feature", "properties": {},
                "geometry": {"type": "Polygon", "coordinates": rings}})
        };
        let all = serde_json::json!({"type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}},
            "features": polygons.iter().map(feature).collect::<Vec<_>>()});
        self.with("slides.geojson", all.to_string().as_bytes())
    }

    /// With the outlines of `with_outlines` in another format and reference system.
    fn with_outlines_as(self, name: &str, epsg: &str) -> Self {
        let mut arguments = vec!["-t_srs", epsg];
        if name.ends_with("json") {
            arguments.extend(["-lco", "COORDINATE_PRECISION=12"]);
        }
        let (from, to) = (self.path("slides.geojson"), self.path(name));
        arguments.extend([to.to_str().unwrap(), from.to_str().unwrap()]);
        gdal("ogr2ogr", &arguments);
        self
    }

    fn make(&self, outlines: &str, options: &[&str]) -> Output {
        fs::remove_dir_all(self.path("out")).ok();
        let [images, outlines, out] =
            ["ortho", outlines, "out"].map(|name| self.path(name).display().to_string());
        let mut arguments = vec![
            "dataset",
            "make",
            &images,
            "--outlines",
            &outlines,
            "--out",
            &out,
            "--tile",
            "64",
        ];
        arguments.extend(options);
        forge(&arguments)
    }

    /// Names of the images that were made in a part.
    fn made(&self, part: &str) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.path(&format!("out/{part}/images"))) else {
            return Vec::new();
        };
        let mut names: Vec<_> = folder
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .map(|name| name.trim_end_matches(".tif").to_owned())
            .collect();
        names.sort();
        names
    }
}

fn pixels(path: &Path, kind: Kind) -> (u32, Vec<u8>) {
    let mut raster = Raster::open(path, kind).unwrap();
    let (width, height) = raster.size();
    let mut samples = Vec::new();
    let window = Window {
        x: 0,
        y: 0,
        width,
        height,
    };
    raster.read(window, &mut samples).unwrap();
    (width, samples)
}

/// A slope with a hole, a thin run over tile borders, a triangle that leaves the image.
const SLIDES: &[&[&[(f64, f64)]]] = &[
    &[
        &[(10.3, 9.1), (77.7, 15.2), (60.1, 70.9), (22.4, 55.5)],
        &[(30.2, 25.1), (45.3, 24.8), (41.1, 40.2)],
    ],
    &[&[(90.1, 20.3), (93.2, 21.1), (131.9, 120.7), (128.1, 121.3)]],
    &[&[(150.4, 100.2), (260.1, 130.3), (140.8, 180.9)]],
];

/// One slide in the first tile.
const ONE: &[&[&[(f64, f64)]]] = &[&[&[(5.0, 5.0), (20.0, 5.0), (20.0, 20.0), (5.0, 20.0)]]];
