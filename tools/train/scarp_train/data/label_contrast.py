"""Which way landslides differ from their surroundings, and which tiles say the opposite of the rest.

Each tile gives the step from background to landslide in each band, in units of the tile's own spread. Fisher's linear
discriminant of all other tiles is the direction of that step; a tile that goes against it has its classes exchanged, or
shows another kind of landslide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

_LEAST = 100  # pixels of each class below which a tile tells nothing
_BLUR = 2.0  # sigma in pixels: the ground's colour, not the texture on it
_STRIDE = 4  # of the pixels that are looked at


@dataclass(frozen=True)
class Contrast:
    """A tile's step from background to landslide in each band, and the covariance within both, of standardised bands."""

    step: np.ndarray
    within: np.ndarray


def contrast(image: np.ndarray, label: np.ndarray) -> Contrast | None:
    """The contrast of H x W x C pixels under an H x W label of 0, 1 and 255; None where either class has too few pixels."""
    # A blur in the file's own type would round; OpenCV takes any number of bands, one at a time.
    bands = [cv2.GaussianBlur(np.nan_to_num(band.astype(np.float32)), (0, 0), _BLUR) for band in np.moveaxis(image, 2, 0)]
    pixels = np.stack([band[::_STRIDE, ::_STRIDE] for band in bands], axis=-1)
    classes = label[::_STRIDE, ::_STRIDE]
    inside, outside = pixels[classes == 1], pixels[classes == 0]
    if min(len(inside), len(outside)) < _LEAST // _STRIDE:
        return None
    both = np.concatenate([inside, outside])
    spread = both.std(axis=0) + 1e-6
    inside, outside = inside / spread, outside / spread
    weight = len(inside) / len(both)
    within = weight * _covariance(inside) + (1 - weight) * _covariance(outside)
    return Contrast(inside.mean(axis=0) - outside.mean(axis=0), within)


def agreement(tiles: Sequence[Contrast], reference: Sequence[bool]) -> np.ndarray:
    """How far each tile's classes stand apart in the direction of the others, in standard deviations; negative is opposite.

    The direction comes from the tiles of `reference` without the one that is judged; nan where fewer than three are left.
    """
    scores = np.full(len(tiles), np.nan)
    for index, tile in enumerate(tiles):
        others = [t for at, t in enumerate(tiles) if reference[at] and at != index and len(t.step) == len(tile.step)]
        if len(others) < 3:
            continue
        within = np.mean([other.within for other in others], axis=0)
        # Bands that say nearly the same would otherwise be told apart by noise.
        within += 0.1 * np.eye(len(within)) * np.trace(within) / len(within)
        direction = np.linalg.solve(within, np.mean([other.step for other in others], axis=0))
        scores[index] = tile.step @ direction / np.sqrt(direction @ tile.within @ direction + 1e-12)
    return scores


def _covariance(pixels: np.ndarray) -> np.ndarray:
    return np.atleast_2d(np.cov(pixels, rowvar=False))
