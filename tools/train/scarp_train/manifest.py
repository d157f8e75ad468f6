"""The manifest and golden files that make a folder with model.onnx a model the firmware accepts."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from . import augment
from .export import INPUT, OUTPUT, SIDE, open_session

GSD_M = 0.2


@dataclass(frozen=True)
class TrainingData:
    """A data set the weights have seen."""

    data: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Manifest:
    """What the manifest says beyond the fixed contract. `tolerance` bounds the mean absolute probability error."""

    name: str
    version: str
    size: str = "b0"
    licence: str = "MIT OR Apache-2.0"
    scheme: str = "none"
    threshold: float = 0.5
    tolerance: float = 0.001
    training: tuple[TrainingData, ...] = field(default_factory=tuple)


def write_manifest(folder: Path, manifest: Manifest, golden: np.ndarray) -> None:
    """Adds golden files and manifest to a folder that holds model.onnx; `golden` is 1024 x 1024 x 3 uint8."""
    Image.fromarray(golden).save(folder / "golden_input.png", optimize=True)
    probability = predict_tile(folder / "model.onnx", golden)
    probability.astype("<f4").tofile(folder / "golden_output.bin")
    (folder / "manifest.toml").write_text(_manifest(folder, manifest, SIDE // len(probability)))


def predict_tile(model: Path, pixels: np.ndarray) -> np.ndarray:
    """Landslide probability of one 1024 x 1024 tile, one float32 per cell."""
    image = augment.normalise(pixels)[None]
    logits = open_session(model).run(None, {INPUT: image})[0][0, 0]
    return 1.0 / (1.0 + np.exp(-logits))


def _manifest(folder: Path, manifest: Manifest, stride: int) -> str:
    lines = [
        "format = 1",
        f'name = "{manifest.name}"',
        f'version = "{manifest.version}"',
        f'licence = "{manifest.licence}"',
        f'architecture = "SegFormer MiT-{manifest.size.upper()}"',
        'classes = ["background", "landslide"]',
        f"threshold = {manifest.threshold}",
        "",
        "[input]",
        f'name = "{INPUT}"',
        f"width = {SIDE}",
        f"height = {SIDE}",
        f"gsd_m = {GSD_M}",
        f"mean = {_numbers(augment.MEAN)}",
        f"std = {_numbers(augment.STD)}",
        "",
        "[output]",
        f'name = "{OUTPUT}"',
        f"stride = {stride}",
        "",
        "[quantization]",
        f'scheme = "{manifest.scheme}"',
        "",
    ]
    for entry in manifest.training:
        lines += ["[[training]]", f'data = "{entry.data}"', f'licence = "{entry.licence}"']
        lines += [f'attribution = "{entry.attribution}"', ""]
    lines += ["[golden]", 'input = "golden_input.png"', 'output = "golden_output.bin"']
    lines += [f"max_mean_abs_error = {manifest.tolerance}", "", "[files]"]
    for name in ("model.onnx", "golden_input.png", "golden_output.bin"):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines.append(f'"{name}" = "{digest}"')
    return "\n".join(lines) + "\n"


def _numbers(values: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.3f}" for v in values) + "]"
