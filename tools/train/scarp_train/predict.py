"""Landslide probability of whole images, tiled and blended as the firmware does it."""

from collections.abc import Callable

import cv2
import numpy as np
import torch

from .networks import Network
from .recipe import Pixels

THRESHOLD = 0.5  # from which a pixel counts as landslide while a network is trained
OVERLAP = 128  # pixels by which full tiles overlap at least
Predictor = Callable[[np.ndarray], np.ndarray]  # logits h x w of a normalised 1 x C x H x W tile


def normalise(image: np.ndarray, pixels: Pixels) -> np.ndarray:
    """H x W x C pixels to C x H x W float32 as the network takes them; a fourth band beside RGB is left out."""
    bands = len(pixels.mean)
    mean, std = (np.array(values, np.float32) for values in (pixels.mean, pixels.std))
    return ((image[:, :, :bands].astype(np.float32) / np.float32(pixels.scale) - mean) / std).transpose(2, 0, 1)


def torch_predictor(network: Network, device: torch.device | str = "cpu") -> Predictor:
    """Logits by PyTorch on a device."""

    def predict(tile: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(tile).to(device)).float().cpu().numpy()[0, 0]

    return predict


def predict_image(image: np.ndarray, predict: Predictor, pixels: Pixels, tile: int, multiple: int) -> np.ndarray:
    """H x W float32 probability of an H x W x C image.

    Tiles of `tile` pixels overlap by an eighth or 128; a tile's weight falls linearly towards its border. An image smaller
    than a tile is one tile, reflected up to the next `multiple`.
    """
    height, width = image.shape[:2]
    tile = min(tile, -(-max(height, width) // multiple) * multiple)
    overlap = min(OVERLAP, tile // 8)
    below, right = (max(0, tile - length) + -max(length, tile) % multiple for length in (height, width))
    padded = np.pad(image, ((0, below), (0, right), (0, 0)), mode="symmetric")
    total = weights = None
    for top in _starts(padded.shape[0], tile, overlap, multiple):
        for left in _starts(padded.shape[1], tile, overlap, multiple):
            logits = predict(normalise(padded[top : top + tile, left : left + tile], pixels)[None])
            cells, stride = len(logits), tile // len(logits)
            if total is None:
                total = np.zeros((padded.shape[0] // stride, padded.shape[1] // stride), np.float32)
                weights = np.zeros_like(total)
                ramp = np.minimum(np.arange(cells) + 1, cells - np.arange(cells)).clip(max=max(overlap // stride, 1))
                weight = np.outer(ramp, ramp).astype(np.float32)
            place = np.s_[top // stride : top // stride + cells, left // stride : left // stride + cells]
            total[place] += weight / (1.0 + np.exp(-logits))
            weights[place] += weight
    blended = cv2.resize(total / weights, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_LINEAR)
    return blended[:height, :width]


def _starts(length: int, tile: int, overlap: int, multiple: int) -> list[int]:
    """First pixels of the tiles along one axis, on the grid; the last tile ends at the border."""
    step = max((tile - overlap) // multiple, 1) * multiple
    return sorted({*range(0, length - tile, step), length - tile})
