//! How well a graph finds landslides on a few tiles: fast enough to ask for every layer.

use std::sync::Arc;

use image::RgbImage;
use scarp_infer::{Model, Segmenter};

use crate::{
    graph::Graph,
    metrics::Confusion,
    network::{Network, NetworkError},
    samples::Sample,
};

/// Tiles and what is true on them.
pub struct Evaluator {
    tiles: Vec<(RgbImage, Vec<bool>)>,
}

impl Evaluator {
    /// Evaluates by the labels of `samples`, or, if none has one, by what the float network itself finds.
    ///
    /// # Errors
    /// When the float network cannot be run.
    pub fn new(network: &Network, samples: Vec<Sample>) -> Result<Self, NetworkError> {
        let labelled = samples.iter().any(|sample| sample.label.is_some());
        let mut float = (!labelled)
            .then(|| Runner::new(network, &network.graph))
            .transpose()?;
        let mut tiles = Vec::new();
        for sample in samples {
            let truth = match (&mut float, sample.label) {
                (Some(float), _) => float.found(&sample.image)?,
                (None, Some(label)) => label.iter().map(|value| *value == 1).collect(),
                (None, None) => continue,
            };
            tiles.push((sample.image, truth));
        }
        Ok(Self { tiles })
    }

    /// Number of tiles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Whether there is no tile.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// Landslide IoU of `graph` over all tiles, each pixel judged by the cell it lies in; 1 where there is nothing to find and
    /// nothing is found.
    ///
    /// # Errors
    /// When the graph cannot be run.
    pub fn iou(&self, network: &Network, graph: &Graph) -> Result<f64, NetworkError> {
        let mut runner = Runner::new(network, graph)?;
        let mut counts = Confusion::default();
        for (image, truth) in &self.tiles {
            for (found, truth) in runner.found(image)?.iter().zip(truth) {
                match (found, truth) {
                    (true, true) => counts.true_positive += 1,
                    (true, false) => counts.false_positive += 1,
                    (false, true) => counts.false_negative += 1,
                    (false, false) => counts.true_negative += 1,
                }
            }
        }
        Ok(counts.scores().landslide_iou.unwrap_or(1.0))
    }
}

struct Runner {
    segmenter: Segmenter,
    threshold: f32,
    cells: Vec<f32>,
}

impl Runner {
    fn new(network: &Network, graph: &Graph) -> Result<Self, NetworkError> {
        let model: Arc<Model> = Arc::new(network.model(graph)?);
        let (columns, rows) = network.manifest.output_size();
        // No tile overlaps another here; any permitted value will do.
        let segmenter =
            Segmenter::new(&model, 16).map_err(|error| crate::graph::GraphError::Engine {
                path: graph.path().to_owned(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            segmenter,
            threshold: network.manifest.threshold,
            cells: vec![0.0; columns * rows],
        })
    }

    /// Which pixels of the tile are found to be landslide.
    fn found(&mut self, image: &RgbImage) -> Result<Vec<bool>, NetworkError> {
        let run = self.segmenter.tile(image, &mut self.cells);
        run.map_err(|error| crate::graph::GraphError::Engine {
            path: self.segmenter.manifest().name.clone(),
            reason: error.to_string(),
        })?;
        let manifest = self.segmenter.manifest();
        let stride = manifest.output.stride.max(1);
        let columns = manifest.output_size().0;
        let (width, height) = image.dimensions();
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Ok(pixels
            .map(|(x, y)| {
                let cell = (y / stride) as usize * columns + (x / stride) as usize;
                self.cells.get(cell).is_some_and(|p| *p >= self.threshold)
            })
            .collect())
    }
}
