"""From a training run's weights to released model folders: float, and int8 beside it."""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .dataset import DatasetError, load_scenes, read_image
from .export import SIDE, export_onnx
from .manifest import Manifest, TrainingData, write_manifest
from .quantize import CROPS_PER_SET, SCHEME, calibration_crops, quantize_onnx
from .training import load_network

FLOAT_TOLERANCE = 0.001  # mean absolute probability; engines agree to 1e-6, half precision to a few 1e-4
INT8_TOLERANCE = 0.01  # engines round differently between Q and DQ; a wrong scale or layout gives 0.05 and more


@dataclass(frozen=True)
class Plan:
    """What to release, where to, and which images calibrate int8 and make the golden input."""

    weights: Path
    name: str
    version: str
    training: Path
    calibrate: list[Path]
    golden: Path
    out: Path
    threshold: float = 0.5
    folded: bool = True


def release(plan: Plan) -> tuple[Path, Path]:
    """Writes `out/NAME` and `out/NAME-int8`, and returns both; MODEL_CARD.md is left to the author."""
    training = read_training_data(plan.training)
    network = load_network(plan.weights, plan.folded)
    golden = middle(read_image(plan.golden), SIDE)
    exact, small = plan.out / plan.name, plan.out / f"{plan.name}-int8"
    for folder in (exact, small):
        folder.mkdir(parents=True, exist_ok=True)
    difference = export_onnx(network, exact / "model.onnx", plan.folded)
    print(f"{exact / 'model.onnx'}: largest logit difference from PyTorch {difference:.2g}")
    crops = calibration_crops([load_scenes(folder, limit=CROPS_PER_SET) for folder in plan.calibrate])
    quantize_onnx(exact / "model.onnx", small / "model.onnx", crops)
    common = {"version": plan.version, "threshold": plan.threshold, "size": network.size, "training": training}
    write_manifest(exact, Manifest(plan.name, tolerance=FLOAT_TOLERANCE, **common), golden)
    int8 = Manifest(f"{plan.name}-int8", scheme=SCHEME, tolerance=INT8_TOLERANCE, **common)
    write_manifest(small, int8, golden)
    shutil.copyfile(exact / "golden_input.png", small / "golden_input.png")
    return exact, small


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
