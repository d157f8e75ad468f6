"""Smooth random fields, of which outlines, relief and remnants are made."""

import cv2
import numpy as np


def fractal(shape: tuple[int, int], wavelength: float, rng: np.random.Generator, octaves: int = 4) -> np.ndarray:
    """H x W float32 of mean 0 and deviation 1: octaves from `wavelength` pixels down, each at half the strength."""
    height, width = shape
    field = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cell = max(wavelength / 2**octave, 1.0)
        grid = rng.standard_normal((int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
        size = (int(np.ceil(grid.shape[1] * cell)), int(np.ceil(grid.shape[0] * cell)))
        field += cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)[:height, :width] * np.float32(0.5**octave)
        if cell == 1.0:
            break
    return (field - field.mean()) / max(float(field.std()), 1e-6)


def signed_distance(mask: np.ndarray) -> np.ndarray:
    """Distance in pixels to the border of a mask, H x W float32: positive inside, negative outside."""
    inside, outside = (cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5) for side in (mask, ~mask))
    return inside - outside


def smoothstep(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
