"""From a training run's weights to a model folder; `scarp-forge` makes the 8-bit model of it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .dataset import DatasetError, read_image
from .export import SIDE, export_onnx
from .manifest import Manifest, TrainingData, predict_tile, write_manifest
from .training import load_network

TOLERANCE = 0.001  # mean absolute probability; engines agree to 1e-6, half precision to a few 1e-4
LEAST_SHARE = 0.02  # of landslide and of background on the golden output: an answer of one class proves nothing


@dataclass(frozen=True)
class Plan:
    """What to release, where to, and which image makes the golden input."""

    weights: Path
    name: str
    version: str
    training: Path
    golden: Path
    out: Path
    threshold: float = 0.5
    folded: bool = True


def release(plan: Plan) -> Path:
    """Writes `out/NAME` and returns it; MODEL_CARD.md is left to the author."""
    training = read_training_data(plan.training)
    network = load_network(plan.weights, plan.folded)
    golden = middle(read_image(plan.golden), SIDE)
    folder = plan.out / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    difference = export_onnx(network, folder / "model.onnx", plan.folded)
    print(f"{folder / 'model.onnx'}: largest logit difference from PyTorch {difference:.2g}")
    share = float((predict_tile(folder / "model.onnx", golden) >= plan.threshold).mean())
    if not LEAST_SHARE <= share <= 1 - LEAST_SHARE:
        raise DatasetError(
            f"{plan.golden}: the network finds landslide on {share:.1%} of it; give a golden image that shows both classes"
        )
    manifest = Manifest(
        plan.name,
        plan.version,
        size=network.size,
        threshold=plan.threshold,
        tolerance=TOLERANCE,
        training=training,
    )
    write_manifest(folder, manifest, golden)
    return folder


def read_training_data(path: Path) -> tuple[TrainingData, ...]:
    """The [[training]] entries of a TOML file."""
    try:
        return tuple(TrainingData(**entry) for entry in tomllib.loads(path.read_text())["training"])
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise DatasetError(f"{path}: needs [[training]] entries with data, licence and attribution ({error})") from error


def middle(image: np.ndarray, side: int) -> np.ndarray:
    """The square in the middle of an image."""
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    if top < 0 or left < 0:
        raise DatasetError(f"an image of {image.shape[1]}x{image.shape[0]} is too small; need {side}x{side}")
    return image[top : top + side, left : left + side]
