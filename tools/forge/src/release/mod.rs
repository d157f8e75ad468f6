//! The gate: a network built from a proven model becomes a model of its own only if it finds as much.

mod card;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use scarp_infer::{Manifest, Model, ModelError, Normalisation, Tile};
use sha2::{Digest, Sha256};
use thiserror::Error;

pub use self::card::card;
use crate::{
    graph::Graph,
    network::{Network, NetworkError},
    report::Report,
};

/// Landslide IoU that a network may lose to its parent, in percentage points.
pub const MOST_LOSS_POINTS: f64 = 1.0;
/// Mean absolute difference of probabilities that a network may have from its parent's golden output. Rounding to 8 bits
/// gives some thousandths; a wrong scale or layout gives 0.05 and more.
pub const MOST_GOLDEN_DIFFERENCE: f32 = 0.02;
/// Least share of landslide, and of background, on the golden output.
const LEAST_GOLDEN_SHARE: f64 = 0.02;
/// What the golden output may differ between processors, which round differently.
const FLOAT_TOLERANCE: f32 = 0.001;
const INT8_TOLERANCE: f32 = 0.01;
const FILES: [&str; 3] = ["model.onnx", "golden_input.png", "golden_output.bin"];

/// Why a network is not released.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The parent or what was written is no proven model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The network cannot be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network loses more than it may.
    #[error(
        "refused: loses {loss:.2} points of landslide IoU on {data} ({parent:.2} % to {candidate:.2} %), more than {MOST_LOSS_POINTS}; keep more layers in float with quantize --budget"
    )]
    Loss {
        /// The labelled images.
        data: String,
        /// Points lost.
        loss: f64,
        /// The parent's IoU in percent.
        parent: f64,
        /// The network's.
        candidate: f64,
    },
    /// The parent finds nothing on the images, so they prove nothing.
    #[error(
        "refused: {data} holds no landslide or the parent finds none; prove on labelled images the model is made for"
    )]
    NothingToFind {
        /// The labelled images.
        data: String,
    },
    /// The golden output is too far from the parent's.
    #[error(
        "refused: the golden output differs by {difference:.4} from the parent's on average, more than {MOST_GOLDEN_DIFFERENCE}; quantize again with more calibration tiles"
    )]
    Golden {
        /// Mean absolute difference of probabilities.
        difference: f32,
    },
    /// The parent's golden output tells nothing.
    #[error(
        "{0}: the golden output shows landslide on {1:.1} % of its cells; a wrong network would pass for right, release the parent with a golden image that shows both"
    )]
    GoldenTellsNothing(PathBuf, f64),
    /// The folder is there already.
    #[error("{0}: exists already; remove it or choose another --out")]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// A network that may be released.
pub struct Candidate {
    manifest: Manifest,
    graph: Graph,
    model: Arc<Model>,
    golden: Vec<f32>,
    /// Mean absolute difference between its golden output and its parent's.
    pub golden_difference: f32,
}

/// What the released model is called.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Name.
    pub name: String,
    /// Version, or the parent's.
    pub version: Option<String>,
    /// How the weights are stored, in words.
    pub scheme: String,
}

/// Both networks' results on the same labelled images.
pub struct Proof {
    /// The images, for people.
    pub data: String,
    /// The parent's.
    pub parent: Report,
    /// The candidate's.
    pub candidate: Report,
}

impl Proof {
    /// Landslide IoU lost, in percentage points; none if there is nothing to find.
    #[must_use]
    pub fn loss_points(&self) -> Option<f64> {
        let iou = |report: &Report| report.overall.tally.scores.landslide_iou;
        Some((iou(&self.parent).filter(|iou| *iou > 0.0)? - iou(&self.candidate)?) * 100.0)
    }
}

impl Candidate {
    /// Runs `graph`, which was made from the model in the folder `parent`, on that model's golden input.
    ///
    /// # Errors
    /// When the engine refuses the graph, or its golden output is too far from the parent's.
    pub fn new(parent: &Path, graph: Graph, naming: Naming) -> Result<Self, ReleaseError> {
        let network = Network::read(parent, &crate::network::Assumed::default())?;
        let mut manifest = network.manifest;
        manifest.name = naming.name;
        manifest.version = naming.version.unwrap_or(manifest.version);
        let quantized = graph
            .nodes()
            .iter()
            .any(|node| node.op_type == "QuantizeLinear");
        manifest.quantization.scheme = naming.scheme;
        manifest.golden.max_mean_abs_error = if quantized {
            INT8_TOLERANCE
        } else {
            FLOAT_TOLERANCE
        };
        let model = Model::without_golden_check(manifest.clone(), &graph.encode(), graph.path())?;

        let path = parent.join(&manifest.golden.input);
        let image = image::open(&path)
            .map_err(|e| file(&path)(io::Error::other(e)))?
            .into_rgb8();
        let path = parent.join(&manifest.golden.output);
        let expected = fs::read(&path).map_err(file(&path))?;
        let (expected, _) = expected.as_chunks::<4>();
        let marked = expected
            .iter()
            .filter(|p| f32::from_le_bytes(**p) >= manifest.threshold)
            .count();
        let share = marked as f64 / expected.len().max(1) as f64;
        if !(LEAST_GOLDEN_SHARE..=1.0 - LEAST_GOLDEN_SHARE).contains(&share) {
            return Err(ReleaseError::GoldenTellsNothing(path, share * 100.0));
        }
        let mut planes = Vec::new();
        Normalisation::of(&manifest).fill(&image, (0, 0), image.dimensions(), &mut planes);
        let mut golden = vec![0.0; expected.len()];
        model.session()?.run(Tile::Planes(&planes), &mut golden)?;
        let far = golden
            .iter()
            .zip(expected)
            .map(|(a, b)| f64::from((a - f32::from_le_bytes(*b)).abs()));
        let difference = (far.sum::<f64>() / golden.len().max(1) as f64) as f32;
        if difference.is_nan() || difference > MOST_GOLDEN_DIFFERENCE {
            return Err(ReleaseError::Golden { difference });
        }
        Ok(Self {
            manifest,
            graph,
            model: Arc::new(model),
            golden,
            golden_difference: difference,
        })
    }

    /// The network, to be validated.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What its manifest will say.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes the model folder `out` if every proof passes: graph, golden pair, manifest and card. It is written beside its
    /// place, loaded once as the firmware will, and then moved there.
    ///
    /// # Errors
    /// When a proof fails, `out` is there already, a file cannot be written, or what was written does not load.
    pub fn release(&self, parent: &Path, proofs: &[Proof], out: &Path) -> Result<(), ReleaseError> {
        for proof in proofs {
            let percent =
                |report: &Report| report.overall.tally.scores.landslide_iou.unwrap_or(0.0) * 100.0;
            let loss = proof
                .loss_points()
                .ok_or_else(|| ReleaseError::NothingToFind {
                    data: proof.data.clone(),
                })?;
            if loss > MOST_LOSS_POINTS {
                return Err(ReleaseError::Loss {
                    data: proof.data.clone(),
                    loss,
                    parent: percent(&proof.parent),
                    candidate: percent(&proof.candidate),
                });
            }
        }
        if out.exists() {
            return Err(ReleaseError::Exists(out.to_owned()));
        }
        let near = out
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::create_dir_all(near).map_err(file(near))?;
        let folder = tempfile::Builder::new()
            .prefix(".release-")
            .tempdir_in(near)
            .map_err(file(near))?;
        self.write(parent, proofs, folder.path())?;
        Model::load(folder.path())?;
        let written = folder.keep();
        fs::rename(&written, out).map_err(file(out))?;
        // A temporary folder is for its owner only; a released model is for everybody.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(out, fs::Permissions::from_mode(0o755)).map_err(file(out))?;
        }
        Ok(())
    }

    fn write(&self, parent: &Path, proofs: &[Proof], folder: &Path) -> Result<(), ReleaseError> {
        let put = |name: &str, contents: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, contents).map_err(file(&path))
        };
        let picture = parent.join(&self.manifest.golden.input);
        put(FILES[0], &self.graph.encode())?;
        put(FILES[1], &fs::read(&picture).map_err(file(&picture))?)?;
        let golden: Vec<u8> = self.golden.iter().flat_map(|p| p.to_le_bytes()).collect();
        put(FILES[2], &golden)?;
        let mut manifest = self.manifest.clone();
        manifest.golden.input = FILES[1].to_owned();
        manifest.golden.output = FILES[2].to_owned();
        manifest.files = BTreeMap::new();
        for name in FILES {
            let path = folder.join(name);
            let bytes = fs::read(&path).map_err(file(&path))?;
            let digest = Sha256::digest(&bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            manifest.files.insert(name.to_owned(), digest);
        }
        let text = toml::to_string(&manifest)
            .map_err(|e| file(&folder.join("manifest.toml"))(io::Error::other(e)))?;
        put("manifest.toml", text.as_bytes())?;
        let parent_name = parent.file_name().map(|n| n.to_string_lossy().into_owned());
        let card = card(
            &manifest,
            &parent_name.unwrap_or_default(),
            self.golden_difference,
            proofs,
        );
        put("MODEL_CARD.md", card.as_bytes())
    }
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> ReleaseError {
    let path = path.to_owned();
    |error| ReleaseError::File { path, error }
}
