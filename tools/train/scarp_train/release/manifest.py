"""The manifest and golden files that make a folder with model.onnx a model the firmware accepts (src/infer/manifest.rs)."""

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from PIL import Image

from ..data.licences import TrainingData
from ..errors import ExportError
from ..networks import Network
from ..predict import normalise
from ..recipe import Recipe
from ..training.weights import NAME as WEIGHTS
from .export import INPUT, OUTPUT, open_session

FILES = ("model.onnx", "golden_input.png", "golden_output.bin", WEIGHTS)
MAX_SIDE = 4096  # pixels; the firmware's limit
TOLERANCE = 0.001  # mean absolute probability; engines agree to 1e-6, half precision to a few 1e-4


NAME = re.compile(r"\w[\w.-]*")
VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True)
class Naming:
    """What a released model is called, and the probability from which a cell counts as landslide."""

    name: str
    version: str
    licence: str
    threshold: float


def check_name(name: str, version: str | None = None) -> None:
    """Raises ExportError for a name that is no folder's, or a version that is not semantic."""
    if not NAME.fullmatch(name):
        raise ExportError(
            f"name '{name}': becomes a folder's; use letters, digits, '.', '-' and '_', a letter or digit first"
        )
    if version is not None and not VERSION.fullmatch(version):
        raise ExportError(f"version '{version}': is no semantic version; give three numbers, such as 0.1.0 or 1.2.0-rc.1")


def check_contract(recipe: Recipe) -> None:
    """Raises ExportError for a recipe whose network the firmware cannot fly: its camera gives 8-bit RGB."""
    if recipe.network.bands != 3:
        raise ExportError(f"network.bands is {recipe.network.bands}; a released model takes 3, as the camera aboard gives")
    if recipe.pixels.scale != 255.0:
        raise ExportError(
            f"pixels.scale is {recipe.pixels.scale:g}; a released model takes 8-bit images, whose scale is 255"
        )
    if recipe.release.side > MAX_SIDE:
        raise ExportError(f"release.side is {recipe.release.side}; the firmware takes {MAX_SIDE} pixels at most")


def predict_tile(model: Path, pixels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Landslide probability of one side x side x 3 uint8 tile, one float32 per cell, by ONNX Runtime."""
    image = normalise(pixels, recipe.pixels)[None]
    logits = open_session(model).run(None, {INPUT: np.ascontiguousarray(image)})[0][0, 0]
    return 1.0 / (1.0 + np.exp(-logits))


def write_golden(folder: Path, pixels: np.ndarray, probability: np.ndarray) -> None:
    """Writes the golden input, side x side x 3 uint8, and its expected output."""
    Image.fromarray(pixels).save(folder / "golden_input.png", optimize=True)
    probability.astype("<f4").tofile(folder / "golden_output.bin")


def write_manifest(folder: Path, naming: Naming, network: Network, recipe: Recipe, training: list[TrainingData]) -> None:
    """Writes manifest.toml beside the four files that it lists with their digests."""
    (folder / "manifest.toml").write_text(tomli_w.dumps(_manifest(folder, naming, network, recipe, training)))


def _manifest(
    folder: Path, naming: Naming, network: Network, recipe: Recipe, training: list[TrainingData]
) -> dict[str, Any]:
    side = recipe.release.side
    return {
        "format": 1,
        "name": naming.name,
        "version": naming.version,
        "licence": naming.licence,
        "architecture": architecture(network),
        "classes": ["background", "landslide"],
        "threshold": naming.threshold,
        "input": {
            "name": INPUT,
            "width": side,
            "height": side,
            "gsd_m": recipe.release.gsd_m,
            "mean": list(recipe.pixels.mean),
            "std": list(recipe.pixels.std),
        },
        "output": {"name": OUTPUT, "stride": network.stride},
        "quantization": {"scheme": "none"},
        "training": [asdict(entry) for entry in training],
        "golden": {"input": FILES[1], "output": FILES[2], "max_mean_abs_error": TOLERANCE},
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
    }


def architecture(network: Network) -> str:
    """Architecture and encoder, for people."""
    return f"{type(network).__name__} {network.spec.encoder}"
