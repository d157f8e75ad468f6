"""How far labels lie beside what they outline: label edges correlated with image gradients.

Landslides differ from their surroundings, so that the image changes along a label's edge. The normalised cross-correlation
of the two, taken by Fourier transform and summed over tiles, peaks at the shift that all labels share; what else changes in
the images averages out. Resampling the tiles tells how sure the peak is. Phase correlation, which divides by the amplitudes,
was tried: hand-drawn outlines share little with an image at the high frequencies that it lifts, and fewer tiles agreed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

REACH = 32
"""Largest shift looked for, in pixels along each axis."""

_LARGEST = 1024  # side of the window that is looked at
_BLUR = 1.5  # sigma in pixels: outlines are drawn no better
_BACKGROUND = 30.0  # sigma in pixels above which the image's gradient is taken for its texture
_MIN_EDGE = 64.0  # pixels of outline below which a tile tells nothing
_RESAMPLED = 200


@dataclass(frozen=True)
class Shift:
    """Labels lie `right` and `down` pixels off their images; `sure` is the share of resampled sets that say the same."""

    right: int
    down: int
    sure: float

    @property
    def pixels(self) -> float:
        """Its length."""
        return float(np.hypot(self.right, self.down))


def correlation(image: np.ndarray, label: np.ndarray) -> np.ndarray | None:
    """Normalised cross-correlation, (2 REACH + 1)² with no shift in the middle, of H x W x C pixels and H x W 0, 1, 255.

    None for a tile below 4 REACH pixels or with too short an outline.
    """
    image, label = _window(image, label)
    if min(label.shape) < 4 * REACH:
        return None
    ignored = cv2.dilate((label == 255).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    edge = _gradient(cv2.GaussianBlur((label == 1).astype(np.float32), (0, 0), _BLUR))
    edge[ignored] = 0.0
    # The gradient across a blurred step sums to 8, Sobel's weight, per pixel of its length.
    if edge.sum() / 8 < _MIN_EDGE:
        return None
    change = np.zeros(label.shape, np.float32)
    for band in range(image.shape[2]):
        pixels = np.nan_to_num(image[:, :, band].astype(np.float32))
        gradient = _gradient(cv2.GaussianBlur(pixels, (0, 0), _BLUR)) / (pixels.std() + 1e-6)
        change = np.maximum(change, gradient)
    # The root keeps a single road or roof from outweighing all else.
    change = np.sqrt(change)
    change -= cv2.GaussianBlur(change, (0, 0), _BACKGROUND)
    change[ignored] = 0.0
    taper = np.outer(np.hanning(label.shape[0]), np.hanning(label.shape[1])).astype(np.float32)
    edge, change = (edge - edge.mean()) * taper, change * taper
    norm = float(np.sqrt((edge**2).sum() * (change**2).sum()))
    if norm == 0.0:
        return None
    product = np.fft.rfft2(change).conj() * np.fft.rfft2(edge)
    cross = np.fft.irfft2(product, s=label.shape)
    return np.roll(cross, (REACH, REACH), (0, 1))[: 2 * REACH + 1, : 2 * REACH + 1] / norm


def common_shift(correlations: Sequence[np.ndarray], tolerance: float = 3.0) -> Shift:
    """The shift that tiles share; it is sure where sets drawn anew from them agree within `tolerance` pixels."""
    stack = np.stack(correlations)
    down, right = _peak(stack.sum(axis=0))
    draws = np.random.default_rng(0).multinomial(len(stack), np.full(len(stack), 1 / len(stack)), _RESAMPLED)
    peaks = np.array([_peak(np.tensordot(draw, stack, 1)) for draw in draws])
    agree = np.hypot(peaks[:, 0] - down, peaks[:, 1] - right) <= tolerance
    return Shift(int(right), int(down), float(agree.mean()))


def own_shift(correlation: np.ndarray, common: Shift, near: int = 5) -> tuple[Shift, float]:
    """A tile's own shift, and by how many standard deviations of its map it beats all within `near` pixels of the common."""
    down, right = _peak(correlation)
    y, x = common.down + REACH, common.right + REACH
    here = correlation[max(y - near, 0) : y + near + 1, max(x - near, 0) : x + near + 1].max()
    lead = (correlation.max() - here) / (correlation.std() + 1e-12)
    return Shift(int(right), int(down), 1.0), float(lead)


def _peak(cross: np.ndarray) -> tuple[int, int]:
    y, x = np.unravel_index(int(np.argmax(cross)), cross.shape)
    return int(y) - REACH, int(x) - REACH


def _gradient(pixels: np.ndarray) -> np.ndarray:
    return np.hypot(cv2.Sobel(pixels, cv2.CV_32F, 1, 0), cv2.Sobel(pixels, cv2.CV_32F, 0, 1))


def _window(image: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of a large image, up to 1024 x 1024, around the middle of its landslides."""
    place = []
    for axis, length in enumerate(label.shape):
        profile = (label == 1).sum(axis=1 - axis)
        middle = int(np.average(np.arange(length), weights=profile)) if profile.any() else length // 2
        start = min(max(middle - _LARGEST // 2, 0), max(length - _LARGEST, 0))
        place.append(slice(start, start + _LARGEST))
    return image[place[0], place[1]], label[place[0], place[1]]
