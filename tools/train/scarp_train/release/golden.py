"""The golden input: a picture that shows both classes, on which every engine must give the known output."""

from pathlib import Path

import numpy as np

from ..data.pairs import Entry
from ..data.read import read_image
from ..errors import DatasetError, ExportError
from ..networks import Network
from ..predict import normalise, torch_predictor
from ..recipe import Recipe

LEAST_SHARE = 0.02  # of landslide and of background on the golden output: an answer of one class proves nothing


def read_golden(path: Path, side: int) -> np.ndarray:
    """The square in the middle of an image, side x side x 3 uint8. DatasetError for another type or too few pixels."""
    image = read_image(Entry(path))
    if image.dtype != np.uint8 or image.shape[2] < 3:
        raise DatasetError(f"{path}: need an 8-bit RGB image, got {image.shape[2]} bands of {image.dtype}")
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    if top < 0 or left < 0:
        raise DatasetError(
            f"{path}: {image.shape[1]}x{image.shape[0]} pixels are too few for a golden image of {side}x{side}"
        )
    return np.ascontiguousarray(image[top : top + side, left : left + side, :3])


def shows_both(share: float) -> bool:
    """Whether a share of landslide in 0..1 leaves enough of both classes."""
    return LEAST_SHARE <= share <= 1 - LEAST_SHARE


def pick_golden(network: Network, recipe: Recipe, paths: list[Path], threshold: float) -> Path:
    """The picture on whose middle the network finds both classes most evenly. Raises ExportError where there is none."""
    predict, shares = torch_predictor(network), {}
    for path in paths:
        try:
            pixels = read_golden(path, recipe.release.side)
        except DatasetError:
            continue
        logits = predict(normalise(pixels, recipe.pixels)[None])
        shares[path] = float((1.0 / (1.0 + np.exp(-logits)) >= threshold).mean())
    best = min(shares, key=lambda path: abs(shares[path] - 0.5), default=None)
    if best is None or not shows_both(shares[best]):
        raise ExportError(
            f"none of {len(paths)} pictures is {recipe.release.side} pixels wide and high and shows the network both "
            "classes in its middle; "
            "release with 'scarp-train release --golden IMAGE'"
        )
    return best
