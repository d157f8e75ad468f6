"""What label values mean: which one is landslide, which pixels nobody judged."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ...errors import DatasetError
from ..origin import IGNORED
from .rasters import Raster

_NODATA = -1
_COLOUR = 1 << 24  # marks a colour, so that pure blue is not 255
_SHOWN = 8


class LabelError(Exception):
    """A label whose pixels are no classes; says why without the path."""


def values_of(raster: Raster) -> np.ndarray:
    """H x W int32 of class values, -1 where there is no data.

    Three bands are a colour, 0x1RRGGBB but 0 for black; other bands have to be equal.
    """
    pixels = raster.pixels if raster.pixels.ndim == 3 else raster.pixels[:, :, None]
    missing = np.isnan(pixels).any(axis=2) if pixels.dtype.kind == "f" else np.zeros(pixels.shape[:2], bool)
    if raster.valid is not None:
        missing |= ~raster.valid
    if pixels.dtype.kind == "f":
        pixels = np.where(missing[:, :, None], 0, pixels)
        if not (pixels == np.rint(pixels)).all() or np.abs(pixels).max(initial=0) > 2**31 - 1:
            raise LabelError("holds fractions, and a label holds whole numbers")
    bands = pixels.astype(np.int32)
    values = bands[:, :, 0]
    if bands.shape[2] == 3 and pixels.dtype == np.uint8:
        values = bands @ np.array([1 << 16, 1 << 8, 1], np.int32)
        values[values > 0] |= _COLOUR
    elif (bands != bands[:, :, :1]).any():
        raise LabelError(f"has {bands.shape[2]} different bands, and a label has one or a colour")
    if (values[~missing] < 0).any():
        raise LabelError("holds negative values without declaring them as nodata")
    return np.where(missing, _NODATA, values)


def count(values: np.ndarray) -> Counter[int]:
    """Pixels of each value."""
    found, pixels = np.unique(values, return_counts=True)
    return Counter(dict(zip(found.tolist(), pixels.tolist())))


@dataclass(frozen=True)
class Coding:
    """How published values become 0, 1 and 255: `landslide` is 1, `ignored` and no data 255, the rest of `known` 0."""

    landslide: int | None
    ignored: frozenset[int]
    known: frozenset[int]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """H x W uint8 of 0, 1 and 255."""
        strangers = set(np.unique(values).tolist()) - self.known
        if strangers:
            raise LabelError(f"holds {show(strangers.pop())}, which no label held when the values were listed")
        written = np.zeros(values.shape, np.uint8)
        if self.landslide is not None:
            written[values == self.landslide] = 1
        written[np.isin(values, [_NODATA, *self.ignored])] = IGNORED
        return written

    def landslide_pixels(self, counts: Counter[int]) -> int:
        """Landslide pixels among counted values."""
        return 0 if self.landslide is None else counts[self.landslide]


def decide(counts: Counter[int], landslide: int | None, ignores_255: bool) -> Coding:
    """The meaning of a dataset's values, from how many pixels of all its labels hold each.

    Beside 0, a single other value is landslide. `landslide` has to say which of more values is, and whether 255 is where the
    layout ignores it; then any other 255 is ignored. Raises `DatasetError` that lists the values and asks.
    """
    known = frozenset(counts)
    values = sorted(known - {_NODATA})
    if landslide is not None:
        if landslide not in known:
            raise DatasetError(f"no label holds the value {show(landslide)}; they hold {_listed(counts)}")
        return Coding(landslide, frozenset({IGNORED} & known - {landslide}), known)
    ignored = frozenset({IGNORED} & known) if ignores_255 else frozenset()
    others = [value for value in values if value != 0 and value not in ignored]
    if len(others) > 1:
        raise DatasetError(f"labels hold {_listed(counts)}; say which is landslide: --landslide VALUE (255 is then ignored)")
    if ignored and not others:
        raise DatasetError(
            f"labels hold {_listed(counts)}, and 255 is ignored in this layout; where it is landslide say --landslide 255"
        )
    if others and 0 not in known:
        raise DatasetError(f"labels hold {_listed(counts)} and no 0; say which is landslide: --landslide VALUE")
    return Coding(others[0] if others else None, ignored, known)


def show(value: int) -> str:
    """A value as a user writes it: a number, or a colour as #rrggbb."""
    return f"#{value - _COLOUR:06x}" if value & _COLOUR else str(value)


def parse(text: str) -> int:
    """The value that `show` wrote. Raises `ValueError`."""
    return int(text[1:], 16) | _COLOUR if text.startswith("#") and len(text) == 7 else int(text)


def _listed(counts: Counter[int]) -> str:
    counted = [(value, pixels) for value, pixels in sorted(counts.items()) if value != _NODATA]
    total = sum(counts.values()) or 1
    shown = ", ".join(f"{show(value)} ({100 * pixels / total:.2g} %)" for value, pixels in counted[:_SHOWN])
    more = len(counted) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "no value at all"
