//! The work of each stage on one frame, without threads or queues.

use geo::{BoundingRect, Coord, LineString, Polygon};
use image::RgbImage;
use scarp_geo::{GeoError, Geometry, LocalPlane, Wgs84};
use scarp_infer::{ProbabilityMap, SegmentError, Segmenter, resample};
use scarp_inventory::{Detection, ProbabilityGrid, trace};

use super::{
    frame_view::View,
    item::{Placed, Reject},
};

/// A frame at the model's GSD.
pub struct Ready {
    image: RgbImage,
    view: View,
    scale: Coord<f64>,
}

/// A frame with the network's answer.
pub struct Segmented {
    map: ProbabilityMap,
    view: View,
    /// Camera pixels per model pixel along u and v; the two differ by rounding to whole pixels.
    scale: Coord<f64>,
}

/// A frame searched: what ground it shows and the landslides on it.
pub struct Located {
    /// The survey's plane.
    pub plane: LocalPlane,
    /// The ground it shows, longitude and latitude in degrees.
    pub footprint: Polygon<f64>,
    /// Ground sampling distance of the camera's own image in metres.
    pub gsd_m: f64,
    /// The landslides, placed on the plane.
    pub detections: Vec<Detection>,
}

/// Brings a frame's image to `model_gsd_m`.
///
/// # Errors
/// Unsuitable when it cannot be brought there.
pub fn prepare(frame: Placed, model_gsd_m: f64) -> Result<Ready, Reject> {
    let Placed { image, view } = frame;
    let resampled = resample(&image, view.gsd_m, model_gsd_m);
    let resampled = resampled.map_err(|e| Reject::Unsuitable(e.to_string()))?;
    let per_pixel = |camera: u32, model: u32| f64::from(camera) / f64::from(model.max(1));
    let scale = Coord {
        x: per_pixel(image.width(), resampled.width()),
        y: per_pixel(image.height(), resampled.height()),
    };
    Ok(Ready {
        image: resampled,
        view,
        scale,
    })
}

/// Runs the network over a prepared frame.
///
/// # Errors
/// The outer error when the network itself fails, which no other frame will mend; the inner one, unsuitable, when this
/// frame is too small to judge.
pub fn segment(
    ready: Ready,
    segmenter: &mut Segmenter,
) -> Result<Result<Segmented, Reject>, SegmentError> {
    match segmenter.probability(&ready.image) {
        Ok(map) => Ok(Ok(Segmented {
            map,
            view: ready.view,
            scale: ready.scale,
        })),
        Err(small @ SegmentError::TooSmall { .. }) => {
            Ok(Err(Reject::Unsuitable(small.to_string())))
        }
        Err(fatal) => Err(fatal),
    }
}

/// Traces the landslides of segmented frames and places them on the survey's plane, which touches the ground in the middle of
/// the first frame.
pub struct Locator {
    plane: Option<LocalPlane>,
    threshold: f32,
    min_area_px: f64,
}

impl Locator {
    /// Outlines what reaches `threshold`, leaving out less than `min_area_m2`.
    #[must_use]
    pub fn new(threshold: f32, min_area_m2: f64, model_gsd_m: f64) -> Self {
        Self {
            plane: None,
            threshold,
            min_area_px: min_area_m2 / (model_gsd_m * model_gsd_m),
        }
    }

    /// The landslides of one frame.
    ///
    /// An outline of which any vertex cannot be placed, beyond the elevation model for instance, is left out: a landslide
    /// at a wrong place is worse than one that the next frame shows.
    ///
    /// # Errors
    /// Unplaced when the frame shows no ground.
    pub fn locate(&mut self, segmented: Segmented) -> Result<Located, Reject> {
        let Segmented { map, view, scale } = segmented;
        let nowhere = || Reject::Unplaced("its footprint has no extent".to_owned());
        let centre = view.footprint.bounding_rect().ok_or_else(nowhere)?.center();
        let plane = self
            .plane
            .get_or_insert_with(|| LocalPlane::at(Wgs84::from_coord(centre)));
        let grid = ProbabilityGrid {
            width: map.width,
            height: map.height,
            stride: map.stride,
            image_width: map.image_width,
            image_height: map.image_height,
            values: &map.data,
        };
        let detections = trace(&grid, self.threshold, self.min_area_px)
            .into_iter()
            .filter_map(
                |outline| match place(&outline.polygon, &view.geometry, scale, plane) {
                    Ok((placed, ce90_m)) => Some(Detection {
                        outline: placed,
                        probability: outline.probability,
                        ce90_m,
                    }),
                    Err(error) => {
                        log::warn!("a landslide could not be placed: {error}");
                        None
                    }
                },
            )
            .collect();
        Ok(Located {
            plane: plane.clone(),
            footprint: view.footprint,
            gsd_m: view.gsd_m,
            detections,
        })
    }
}

/// A polygon in model pixels in metres of `plane`, and the largest CE90 of its vertices in metres.
fn place(
    polygon: &Polygon<f64>,
    geometry: &Geometry,
    scale: Coord<f64>,
    plane: &LocalPlane,
) -> Result<(Polygon<f64>, f64), GeoError> {
    let mut ce90_m = 0.0_f64;
    let mut ring = |line: &LineString<f64>| -> Result<LineString<f64>, GeoError> {
        line.coords()
            .map(|pixel| {
                let point = geometry.pixel_to_ground(pixel.x * scale.x, pixel.y * scale.y)?;
                ce90_m = ce90_m.max(point.ce90_m);
                Ok(plane.to_metres(point.place.coord()))
            })
            .collect()
    };
    let outer = ring(polygon.exterior())?;
    let holes = polygon
        .interiors()
        .iter()
        .map(ring)
        .collect::<Result<_, _>>()?;
    Ok((Polygon::new(outer, holes), ce90_m))
}
