"""A dataset as training and release will meet it: pairs that cannot be used, doubtful labels, pixels, and the licence."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import DatasetError
from .checks import LabelWarning, check_labels, spread
from .licences import TABLE, describe_sources
from .origin import read_origins
from .pairs import Pair, find_pairs, parts_there
from .read import read_pair

Tile = tuple[str, np.ndarray, np.ndarray]


@dataclass
class Findings:
    """What was found: pairs by part and how many of them were looked at, what cannot be used, and what is doubtful."""

    pairs: dict[str, int] = field(default_factory=dict)
    looked_at: int = 0
    unusable: list[str] = field(default_factory=list)
    warnings: list[LabelWarning] = field(default_factory=list)


def check_dataset(root: Path, part: str | None = None) -> Findings:
    """Looks at up to 64 pairs of a part, or of each part.

    Raises DatasetError where there is no dataset, or its dataset.toml is wrong.
    """
    read_origins(root if root.is_dir() else root.parent)
    found = Findings()
    _check_licence(root, found)
    for name in [part] if part else parts_there(root):
        try:
            pairs = find_pairs(root, name)
        except DatasetError as error:
            found.unusable.append(str(error))
            continue
        found.pairs[name] = len(pairs)
        shapes: dict[tuple[str, int], list[str]] = {}
        of_part = check_labels(_usable(spread(pairs), found, shapes))
        of_part += _pixels(shapes)
        found.warnings += [LabelWarning(f"{name}: {w.what}", w.where, w.remedy) for w in of_part]
    return found


def _usable(pairs: list[Pair], found: Findings, shapes: dict[tuple[str, int], list[str]]) -> Iterator[Tile]:
    """The pairs that can be read, which are counted by type and bands; the others are named in `found`."""
    for pair in pairs:
        found.looked_at += 1
        try:
            image, label = read_pair(pair)
        except DatasetError as error:
            found.unusable.append(str(error))
            continue
        shapes.setdefault((image.dtype.name, image.shape[2]), []).append(pair.name)
        yield pair.name, image, label


def _pixels(shapes: dict[tuple[str, int], list[str]]) -> Iterator[LabelWarning]:
    """What a recipe has to say of pixels other than 8-bit RGB, or cannot say because images differ."""
    if len(shapes) > 1:
        kinds = ", ".join(f"{len(names)} of {dtype} with {bands} bands" for (dtype, bands), names in shapes.items())
        fewest = min(shapes.values(), key=len)
        yield LabelWarning(f"images differ: {kinds}", tuple(fewest), "bring them to one type and number of bands")
        return
    for dtype, bands in shapes:
        wants = [f"network.bands = {bands}"] * (bands not in (3, 4)) + ["[pixels] scale, mean and std"] * (dtype != "uint8")
        if wants:
            remedy = f"the recipe has to say {' and '.join(wants)}; the firmware flies 8-bit RGB"
            yield LabelWarning(f"images are {dtype} with {bands} bands", (), remedy)


def _check_licence(root: Path, found: Findings) -> None:
    """Says that a licence is missing, without which no model can be released, or wrong."""
    try:
        (data,) = describe_sources({"data": root})
    except DatasetError as error:
        found.unusable.append(str(error))
        return
    if not data.licence:
        found.warnings.append(LabelWarning("dataset.toml has no [licence]", (), f"release asks for a table {TABLE}"))
