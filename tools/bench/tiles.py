"""Pictures to calibrate and compare by: tiles of a dataset at the networks' input size.

The ranges of an 8-bit network, and so what it gets wrong, depend on what it is shown: noise would flatter or ruin them.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scarp_train.data.pairs import find_pairs
from scarp_train.data.read import read_pair
from scarp_train.predict import normalise
from scarp_train.recipe import Pixels

SIDE = 512
CALIBRATING = 16
HELD_OUT = 4  # the picture that engines are compared on is one of these, never one that calibrated


@dataclass(frozen=True)
class Tiles:
    """`folder` is a dataset of the calibrating tiles alone, as `scarp-forge` reads it; the rest are networks' inputs."""

    folder: Path
    calibrating: list[np.ndarray]
    held_out: list[np.ndarray]


def prepare(dataset: Path, folder: Path) -> Tiles:
    """Halves tiles spread evenly over the dataset and writes the calibrating ones to `folder`."""
    pairs = find_pairs(dataset)
    wanted = CALIBRATING + HELD_OUT
    if len(pairs) < wanted:
        raise ValueError(f"{dataset}: holds {len(pairs)} labelled images; {wanted} are needed")
    chosen = [pairs[index * len(pairs) // wanted] for index in range(wanted)]
    read = [read_pair(pair) for pair in chosen]
    images = [_resize(image, cv2.INTER_AREA) for image, _ in read]
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for pair, image, (_, label) in zip(chosen[:CALIBRATING], images, read):
        cv2.imwrite(str(folder / "images" / f"{pair.name}.png"), image[:, :, ::-1])
        cv2.imwrite(str(folder / "labels" / f"{pair.name}.png"), _resize(label, cv2.INTER_NEAREST))
    inputs = [np.ascontiguousarray(normalise(image, Pixels())[None]) for image in images]
    return Tiles(folder, inputs[:CALIBRATING], inputs[CALIBRATING:])


def _resize(pixels: np.ndarray, how: int) -> np.ndarray:
    return cv2.resize(pixels, (SIDE, SIDE), interpolation=how)
