"""Landslide probability of whole images, tiled and blended as the firmware does it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from . import augment
from .export import INPUT, SIDE, open_session
from .segformer import SegFormer

OVERLAP = 128
GRID = 32  # pixels; a multiple of every network's stride
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

    Tiles of 1024 overlap by 128 or more; a tile's weight falls linearly towards its border. Small images are reflected.
    """
    height, width = pixels.shape[:2]
    below, right = (max(0, SIDE - length) + -length % GRID for length in (height, width))
    padded = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REFLECT_101)
    total = weights = None
    for top in _starts(padded.shape[0]):
        for left in _starts(padded.shape[1]):
            logits = predict(augment.normalise(padded[top : top + SIDE, left : left + SIDE])[None])
            stride, cells = SIDE // len(logits), len(logits)
            if total is None:
                total = np.zeros((padded.shape[0] // stride, padded.shape[1] // stride), np.float32)
                weights = np.zeros_like(total)
                ramp = np.minimum(np.arange(cells) + 1, cells - np.arange(cells)).clip(max=OVERLAP // stride)
                weight = np.outer(ramp, ramp).astype(np.float32)
            place = np.s_[top // stride : top // stride + cells, left // stride : left // stride + cells]
            total[place] += weight / (1.0 + np.exp(-logits))
            weights[place] += weight
    blended = cv2.resize(total / weights, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_LINEAR)
    return blended[:height, :width]


def _starts(length: int) -> list[int]:
    """First pixels of the tiles along one axis; the last tile ends at the border, on the grid."""
    step = SIDE - OVERLAP
    return sorted({*range(0, length - SIDE, step), length - SIDE})
