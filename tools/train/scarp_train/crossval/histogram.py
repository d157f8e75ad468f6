"""What a network says of an image, counted once: how many pixels of each class have which logit, and whole landslides.

From these counts come the scores at any threshold and the reliability of the probabilities, without the network.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..data.origin import IGNORED, scale_to
from ..data.pairs import Pair
from ..data.read import read_pair
from ..networks import Network
from ..predict import predict_image, torch_predictor
from ..recipe import Recipe

STEP, REACH = 0.05, 12.0  # of the bins of logits; what is beyond the reach counts in the last bin
BINS = round(2 * REACH / STEP)
CENTRES = (np.arange(BINS) + 0.5) * STEP - REACH
THRESHOLDS = tuple(float(x) for x in np.arange(-4.0, 4.01, 0.25))  # logits from which a pixel may count as found
MAPPING_UNIT_M2 = 25.0  # as in `scarp-forge validate`: smaller objects are specks


@dataclass(frozen=True)
class Histogram:
    """Counts of one image or more. `background` and `landslide` are pixels by bin of their logit (BINS numbers).

    `objects` has a row for each of THRESHOLDS: true landslides, those found, finds, right finds. One is found, or right,
    when half of it or more lies in the other mask, whatever the pieces.
    """

    background: np.ndarray
    landslide: np.ndarray
    objects: np.ndarray

    @classmethod
    def empty(cls) -> "Histogram":
        """No image."""
        return cls(np.zeros(BINS, np.int64), np.zeros(BINS, np.int64), np.zeros((len(THRESHOLDS), 4), np.int64))

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self.background + other.background, self.landslide + other.landslide, self.objects + other.objects)

    @property
    def pixels(self) -> int:
        """All pixels that were judged."""
        return int(self.background.sum() + self.landslide.sum())

    def as_dict(self) -> dict[str, list]:
        """For JSON."""
        return {name: getattr(self, name).tolist() for name in ("background", "landslide", "objects")}

    @classmethod
    def of_dict(cls, values: dict[str, list]) -> "Histogram":
        """What `as_dict` gave."""
        return cls(*(np.array(values[name], np.int64) for name in ("background", "landslide", "objects")))


def look_at(network: Network, pair: Pair, recipe: Recipe) -> Histogram:
    """What a network in evaluation mode says of an image, which is brought to the network's GSD where it is known to be
    finer, as it is in training and aboard."""
    image, label = read_pair(pair)
    scale = scale_to(recipe.release.gsd_m, pair.origin.gsd_m)
    if scale < 1:
        size = (max(round(label.shape[1] * scale), 1), max(round(label.shape[0] * scale), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        label = cv2.resize(label, size, interpolation=cv2.INTER_NEAREST)
    found = predict_image(image, torch_predictor(network), recipe.pixels, recipe.release.side, network.multiple)
    return count(found, label, MAPPING_UNIT_M2 / recipe.release.gsd_m**2)


def count(found: np.ndarray, label: np.ndarray, mapping_unit: float) -> Histogram:
    """Counts an image: probability H x W, label H x W (0, 1, 255 ignored), smallest object in pixels."""
    p = found.astype(np.float64).clip(1e-9, 1 - 1e-9)
    logit = np.log(p) - np.log1p(-p)
    bins = np.floor((logit + REACH) / STEP).astype(int).clip(0, BINS - 1)
    classes = [np.bincount(bins[label == value], minlength=BINS) for value in (0, 1)]
    judged = label != IGNORED
    objects = [_objects(label == 1, (logit >= threshold) & judged, mapping_unit) for threshold in THRESHOLDS]
    return Histogram(*classes, np.array(objects, np.int64))


def _objects(truth: np.ndarray, found: np.ndarray, mapping_unit: float) -> tuple[int, int, int, int]:
    return *_matched(truth, found, mapping_unit), *_matched(found, truth, mapping_unit)


def _matched(mask: np.ndarray, other: np.ndarray, mapping_unit: float) -> tuple[int, int]:
    """Objects of a mask of the mapping unit and more, and how many of them lie by half or more in the other mask."""
    count, components = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    pixels = np.bincount(components.ravel(), minlength=count)[1:]
    shared = np.bincount(components[other], minlength=count)[1:]
    large = pixels >= mapping_unit
    return int(large.sum()), int((2 * shared[large] >= pixels[large]).sum())
