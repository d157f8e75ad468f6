"""Landslide4Sense (Ghorbanzadeh et al., IEEE JSTARS 15, 9927, 2022): Sentinel-2, slope and elevation in HDF5."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

from ..origin import Origin
from .base import Damaged, Item, LeftOut
from .files import missing
from .rasters import Raster

_ORIGIN = Origin(sensor="Sentinel", gsd_m=10.0)
_PARTS = (
    ("train", ("TrainData/img", "TrainData/mask"), ("images/train", "annotations/train")),
    ("val", ("ValidData/img", "ValidData/mask"), ("images/validation", "annotations/validation")),
    ("test", ("TestData/img", "TestData/mask"), ("images/test", "annotations/test")),
)
"""Folders of images and masks as the competition gave them out, and as they are kept on Hugging Face."""


class Landslide4Sense:
    """TrainData/{img,mask}/image_N.h5 and mask_N.h5 with the data sets `img` (128 x 128 x 14) and `mask`, and so on."""

    name = "landslide4sense"
    describe = "TrainData/{img/image_N.h5,mask/mask_N.h5}, ValidData, TestData; or images/train and annotations/train"
    ignores_255 = False
    licence = None

    def looks_like(self, source: Path) -> bool:
        return any(_files(source / images) for _, *places in _PARTS for images, _ in places)

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        for part, *places in _PARTS:
            folders = next(((source / i, source / m) for i, m in places if _files(source / i)), None)
            if folders is None:
                yield LeftOut(str(source / places[0][0]), 0, "is not there")
                continue
            images, masks = (_files(folder) for folder in folders)
            if not masks:
                yield LeftOut(str(folders[0]), len(images), "the competition gave out no masks for them")
                continue
            for number in sorted(images.keys() | masks.keys()):
                image, mask = images.get(number), masks.get(number)
                no_image = f"{mask}: has no image {folders[0] / f'image_{number}.h5'}; add it or remove the mask"
                no_mask = f"{image}: has no mask {folders[1] / f'mask_{number}.h5'}; add it or remove the image"
                yield Item(
                    where=str(image or mask),
                    stem=f"{part}-{number:05d}",
                    image=_reader(image, "img") if image else missing(no_image),
                    label=_reader(mask, "mask") if mask else missing(no_mask),
                    part=part,
                    origin=_ORIGIN,
                )


def _files(folder: Path) -> dict[int, Path]:
    numbered = ((re.fullmatch(r"(?:image|mask)_(\d+)\.h5", path.name), path) for path in folder.glob("*.h5"))
    return {int(match[1]): path for match, path in numbered if match}


def _reader(path: Path, name: str) -> Callable[[], Raster]:
    def read() -> Raster:
        try:
            with h5py.File(path, "r") as file:
                pixels = np.asarray(file[name])
        except (OSError, KeyError, ValueError) as error:
            raise Damaged(f"{path}: cannot be read ({str(error).splitlines()[0]}); fetch it again") from error
        return Raster(pixels)

    return read
