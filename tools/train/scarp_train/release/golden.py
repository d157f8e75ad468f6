"""The golden input: a picture that shows both classes, on which every engine must give the known output."""

from pathlib import Path

import numpy as np

from ..data.checks import spread
from ..data.pairs import Entry, Pair, entry_at, find_pairs, parts_there
from ..data.read import read_image, read_label
from ..errors import DatasetError, ExportError
from ..networks import Network
from ..predict import normalise, torch_predictor
from ..recipe import Recipe

LEAST_SHARE = 0.02  # of landslide and of background on the golden output: an answer of one class proves nothing
TRIES = 16  # pictures of a dataset that the network looks at


def read_golden(entry: Entry, side: int) -> np.ndarray:
    """The square in the middle of a picture, side x side x 3 uint8; a smaller picture is mirrored at its borders.

    Raises DatasetError for other than 8-bit RGB.
    """
    image = read_image(entry)
    if image.dtype != np.uint8 or image.shape[2] < 3:
        raise DatasetError(f"{entry}: need an 8-bit RGB image, got {image.shape[2]} bands of {image.dtype}")
    return _middle(image[:, :, :3], side)


def _middle(pixels: np.ndarray, side: int) -> np.ndarray:
    missing = [max(side - length, 0) for length in pixels.shape[:2]]
    around = [(m // 2, m - m // 2) for m in missing] + [(0, 0)] * (pixels.ndim - 2)
    pixels = np.pad(pixels, around, mode="symmetric")
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def shows_both(share: float) -> bool:
    """Whether a share of landslide in 0..1 leaves enough of both classes."""
    return LEAST_SHARE <= share <= 1 - LEAST_SHARE


def find_golden(path: Path, network: Network, recipe: Recipe, threshold: float) -> Entry:
    """The picture at `path`, which may lead into an archive; of a dataset, one whose middle shows the network both classes.

    Raises ExportError where no picture of the dataset does.
    """
    if not (path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip")):
        return entry_at(path)
    pairs = spread([pair for part in parts_there(path) for pair in find_pairs(path, part)])
    shares = {pair.image: share for pair in pairs if (share := _labelled(pair, recipe.release.side)) is not None}
    predict = torch_predictor(network)
    for entry in sorted(shares, key=lambda entry: abs(shares[entry] - 0.5))[:TRIES]:
        try:
            pixels = read_golden(entry, recipe.release.side)
        except DatasetError:
            continue
        logits = predict(normalise(pixels, recipe.pixels)[None])
        if shows_both(float((1.0 / (1.0 + np.exp(-logits)) >= threshold).mean())):
            return entry
    raise ExportError(
        f"{path}: none of {len(pairs)} pictures shows the network both classes in its middle; give one that does: "
        "'scarp-train release --golden PICTURE'"
    )


def _labelled(pair: Pair, side: int) -> float | None:
    """The share of landslide in the middle of a picture by its label; None where that cannot be read."""
    try:
        return float((_middle(read_label(pair.label, pair.ignored), side) == 1).mean())
    except DatasetError:
        return None
