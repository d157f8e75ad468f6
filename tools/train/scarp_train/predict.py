"""Landslide probability of whole images, tiled and blended as the firmware does it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from . import augment
from .export import INPUT, SIDE, open_session
from .segformer import STRIDE, SegFormer

OVERLAP = 128
Predictor = Callable[[np.ndarray], np.ndarray]


def torch_predictor(network: SegFormer) -> Predictor:
    """Logits of a normalised 1 x 3 x H x W tile by PyTorch."""

    def predict(tile: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(tile)).numpy()[0, 0]

    return predict


def onnx_predictor(model: Path, threads: int = 1) -> Predictor:
    """The same by ONNX Runtime, for a released model.onnx."""
    session = open_session(Path(model), threads)
    return lambda tile: session.run(None, {INPUT: tile})[0][0, 0]


def predict_image(pixels: np.ndarray, predict: Predictor) -> np.ndarray:
    """H x W float32 probability of an H x W x 3 uint8 image.

    Tiles of 512 overlap by 128 or more; a tile's weight falls linearly towards its border. Small images are reflected.
    """
    height, width = pixels.shape[:2]
    padded = cv2.copyMakeBorder(
        pixels,
        0,
        max(0, SIDE - height) + -height % STRIDE,
        0,
        max(0, SIDE - width) + -width % STRIDE,
        cv2.BORDER_REFLECT_101,
    )
    cells = SIDE // STRIDE
    shape = (padded.shape[0] // STRIDE, padded.shape[1] // STRIDE)
    total, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    ramp = np.minimum(np.arange(cells) + 1, cells - np.arange(cells)).clip(max=OVERLAP // STRIDE).astype(np.float32)
    weight = ramp[:, None] * ramp[None, :]
    for top in _starts(padded.shape[0]):
        for left in _starts(padded.shape[1]):
            tile = augment.normalise(padded[top : top + SIDE, left : left + SIDE])[None]
            probability = 1.0 / (1.0 + np.exp(-predict(tile)))
            place = np.s_[top // STRIDE : top // STRIDE + cells, left // STRIDE : left // STRIDE + cells]
            total[place] += probability * weight
            weights[place] += weight
    blended = cv2.resize(total / weights, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_LINEAR)
    return blended[:height, :width]


def _starts(length: int) -> list[int]:
    """First pixels of the tiles along one axis; the last tile ends at the border, on a whole cell."""
    step = SIDE - OVERLAP
    return sorted({*range(0, length - SIDE, step), length - SIDE})
