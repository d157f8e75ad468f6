"""HR-GLDD (Meena et al., ESSD 15, 3283, 2023): PlanetScope at 3 m, four bands, in six arrays of NumPy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ...errors import DatasetError
from ..origin import Origin
from .base import Item, LeftOut
from .rasters import Raster

_PARTS = ("train", "val", "test")
_ORIGIN = Origin(sensor="PlanetScope", gsd_m=3.0)


class HrGldd:
    """trainX.npy and trainY.npy, valX and valY, testX and testY: N x 128 x 128 x 4 and N x 128 x 128 x 1."""

    name = "hr-gldd"
    describe = "trainX.npy trainY.npy valX.npy valY.npy testX.npy testY.npy"
    ignores_255 = False
    licence = None

    def looks_like(self, source: Path) -> bool:
        return any((source / f"{part}X.npy").is_file() for part in _PARTS)

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        for part in _PARTS:
            images, labels = source / f"{part}X.npy", source / f"{part}Y.npy"
            if not images.is_file() and not labels.is_file():
                yield LeftOut(f"{part}X.npy", 0, "is not there")
                continue
            x, y = _open(images, 4), _open(labels, 3)
            if x.shape[:3] != y.shape[:3]:
                raise DatasetError(f"{images}: is {_size(x)} but {labels.name} is {_size(y)}; fetch both again")
            for index in range(len(x)):
                yield Item(
                    where=f"{images}, image {index}",
                    stem=f"{part}-{index:05d}",
                    image=_slice(x, index),
                    label=_slice(y, index),
                    part=part,
                    origin=_ORIGIN,
                )


def _slice(array: np.ndarray, index: int) -> Callable[[], Raster]:
    # A copy of one image: the arrays stay on disk.
    return lambda: Raster(np.array(array[index]))


def _open(path: Path, dimensions: int) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read ({str(error).splitlines()[0]}); fetch it again") from error
    if array.ndim not in (dimensions, 4) or (dimensions == 3 and array.ndim == 4 and array.shape[3] != 1):
        raise DatasetError(f"{path}: is {_size(array)}; expected N x 128 x 128 x {4 if dimensions == 4 else 1}")
    return array


def _size(array: np.ndarray) -> str:
    return " x ".join(str(length) for length in array.shape)
