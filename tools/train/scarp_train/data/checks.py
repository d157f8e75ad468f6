"""A look at labels before training: empty, full, inverted or shifted against their images, or of values that mean nothing.

The thresholds were chosen on one set, 24 orthophotos, and judged on others: satellite tiles at 3 m and simulated ones.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .label_contrast import Contrast, agreement, contrast
from .label_shift import common_shift, correlation, own_shift

T = TypeVar("T")
LOOKED_AT = 64
"""Tiles that are looked at: enough to be sure, and done in half a minute."""

_FULL = 0.98  # landslide share of a tile above which it is nearly all landslide
_LEAST_TILES = 4  # with an outline, for a common shift: fewer would agree by chance
_COMMON_PIXELS = 4.5
_COMMON_SURE = 0.8
_OWN_PIXELS = 8.0  # experts' outlines are this much off in single tiles
_OWN_LEAD = 2.4
_OPPOSITE = -0.3  # standard deviations
_NAMED = 5


@dataclass(frozen=True)
class LabelWarning:
    """Something that makes labels doubtful: what, in which tiles, and what to do."""

    what: str
    where: tuple[str, ...]
    remedy: str

    def __str__(self) -> str:
        more = len(self.where) - _NAMED
        names = ", ".join(self.where[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        return f"{self.what}{f' ({names})' if names else ''}; {self.remedy}"


@dataclass(frozen=True)
class _Tile:
    """What is kept of a tile: `share` is landslide among judged pixels, nan where nobody judged any."""

    name: str
    share: float
    pixels: int
    strange: tuple[int, ...]
    contrast: Contrast | None
    correlation: np.ndarray | None


def spread(items: Sequence[T], most: int = LOOKED_AT) -> list[T]:
    """Up to `most` items, evenly spread over all, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(index)] for index in np.linspace(0, len(items) - 1, most)]


def check_labels(tiles: Iterable[tuple[str, np.ndarray, np.ndarray]]) -> list[LabelWarning]:
    """Warnings about tiles of name, image (H x W x C, any number type) and label (H x W: 0, 1 and 255 for ignored).

    Holds one tile in memory at a time. A shift is found up to 32 pixels along each axis in tiles of 128 pixels and more, and
    only where four tiles or more have an outline.
    """
    seen = [_look(*tile) for tile in tiles]
    if not seen:
        return []
    strange = [tile for tile in seen if tile.strange]
    warnings = []
    if strange:
        values = sorted({value for tile in strange for value in tile.strange})
        warnings.append(
            LabelWarning(
                f"{len(strange)} of {len(seen)} labels hold {', '.join(map(str, values[:_NAMED]))} beside 0, 1 and 255",
                _names(strange),
                "write them anew with `scarp-train dataset import --landslide VALUE`",
            )
        )
    extent = _extent(seen)
    if extent is not None:
        return [*warnings, extent]
    return [*warnings, *_inverted(seen), *_shifted(seen)]


def _look(name: str, image: np.ndarray, label: np.ndarray) -> _Tile:
    image = image[:, :, None] if image.ndim == 2 else image
    judged = label != 255
    strange = tuple(int(value) for value in np.unique(label) if value not in (0, 1, 255))
    share = float((label == 1).sum() / judged.sum()) if judged.any() else float("nan")
    return _Tile(name, share, label.size, strange, contrast(image, label), correlation(image, label))


def _extent(tiles: list[_Tile]) -> LabelWarning | None:
    """All ignored, all empty, or nearly all full: nothing else can be said of such labels."""
    if not tiles:
        return None
    shares = np.array([tile.share for tile in tiles])
    if np.isnan(shares).all():
        return LabelWarning(f"all {len(tiles)} labels looked at are 255, ignored", (), "landslide has to be 1, background 0")
    shares = shares[~np.isnan(shares)]
    if (shares == 0).all():
        remedy = "good for images without landslides; else the labels belong to others or were written wrongly"
        return LabelWarning(f"all {len(tiles)} labels looked at are empty", (), remedy)
    if (shares > _FULL).mean() >= 0.5 or shares.mean() > 0.9:
        full = [tile for tile in tiles if tile.share > _FULL]
        remedy = "they are probably inverted: landslide has to be 1, background 0"
        return LabelWarning(f"{100 * shares.mean():.0f} % of all pixels looked at are landslide", _names(full), remedy)
    return None


def _inverted(tiles: list[_Tile]) -> list[LabelWarning]:
    """Tiles that are mostly landslide where those that are not say that their landslides look like background."""
    told = [tile for tile in tiles if tile.contrast is not None]
    sparse = [tile.share < 0.5 for tile in told]
    scores = agreement([tile.contrast for tile in told], sparse)
    opposite = [tile for tile, score in zip(told, scores) if tile.share > 0.5 and score < _OPPOSITE]
    # A whole tile of landslide, where others have little, is an empty label exchanged.
    if np.median([tile.share for tile in tiles if not np.isnan(tile.share)]) < 0.5:
        opposite += [tile for tile in tiles if tile.share == 1.0 and tile.pixels >= 512 * 512]
    remedy = "they are probably inverted: landslide has to be 1, background 0"
    if opposite:
        what = f"{len(opposite)} of {len(tiles)} labels are mostly landslide, unlike the rest"
        return [LabelWarning(what, _names(opposite), remedy)]
    dense = [tile for tile, is_sparse in zip(told, sparse) if not is_sparse]
    # Without sparse tiles to compare with, fresh scars are brighter than what grows around them.
    darker = [tile for tile in dense if tile.contrast.step.mean() < 0]
    if sum(sparse) < 3 and len(dense) > sum(sparse) and len(darker) >= 2 / 3 * len(dense):
        what = f"{len(dense)} of {len(tiles)} labels are mostly landslide, and the landslides are darker than the rest"
        return [LabelWarning(what, _names(dense), remedy)]
    return []


def _shifted(tiles: list[_Tile]) -> list[LabelWarning]:
    told = [tile for tile in tiles if tile.correlation is not None]
    if len(told) < _LEAST_TILES:
        return []
    common = common_shift([tile.correlation for tile in told])
    warnings = []
    if common.pixels >= _COMMON_PIXELS and common.sure >= _COMMON_SURE:
        what = (
            f"labels lie {common.pixels:.0f} pixels off their images: {_way(common.right, 'right', 'left')} and "
            f"{_way(common.down, 'down', 'up')} ({100 * common.sure:.0f} % sure, from {len(told)} tiles)"
        )
        remedy = "move them back; images and outlines were probably placed by different georeferences"
        warnings.append(LabelWarning(what, (), remedy))
    if common.sure < _COMMON_SURE:
        return warnings
    own = [(tile, *own_shift(tile.correlation, common)) for tile in told]
    off = [
        (tile, shift)
        for tile, shift, lead in own
        if lead >= _OWN_LEAD and np.hypot(shift.right - common.right, shift.down - common.down) >= _OWN_PIXELS
    ]
    if off:
        names = tuple(f"{tile.name}: {shift.right:+d} right, {shift.down:+d} down" for tile, shift in off)
        what = f"{len(off)} of {len(told)} labels lie elsewhere on their images than the rest"
        warnings.append(LabelWarning(what, names, "look at them beside their images, and move or remove them"))
    return warnings


def _way(pixels: int, forth: str, back: str) -> str:
    return f"{abs(pixels)} {forth if pixels >= 0 else back}"


def _names(tiles: Iterable[_Tile]) -> tuple[str, ...]:
    return tuple(tile.name for tile in tiles)
