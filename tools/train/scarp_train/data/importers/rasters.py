"""Pixels in and out: any raster that GDAL reads, and TIFF files that are either whole or not there."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, MemoryFile

from ...errors import DatasetError
from ...files import replacing
from ..read import cause

Place = tuple[rasterio.crs.CRS, rasterio.Affine]


@dataclass(frozen=True)
class Raster:
    """Pixels H x W x C as published; `valid` H x W is False where the file declares no data, None where all is valid.

    `place` holds CRS and affine transform where the file is georeferenced.
    """

    pixels: np.ndarray
    valid: np.ndarray | None = None
    place: Place | None = None


class UnreadableError(Exception):
    """A raster that cannot be decoded; says why without the path."""


def gdal() -> rasterio.Env:
    """The settings that reading needs: damage within a JPEG is an error, and no file's whole folder is listed to open it."""
    return rasterio.Env(GDAL_ERROR_ON_LIBJPEG_WARNING="TRUE", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")


def read_image(path: Path) -> Raster:
    """An image, H x W x C: palettes become RGB, and an alpha band becomes `valid`."""
    try:
        _verify(path)
        with rasterio.open(path) as file:
            bands = [i for i, kind in enumerate(file.colorinterp) if kind != ColorInterp.alpha]
            pixels = file.read().transpose(1, 2, 0)
            valid = np.ones(pixels.shape[:2], bool)
            if len(bands) < file.count:
                valid &= pixels[:, :, [i for i in range(file.count) if i not in bands]].min(axis=2) > 0
                pixels = pixels[:, :, bands]
            if file.nodata is not None:
                valid &= ~(pixels == file.nodata).all(axis=2)
            if file.colorinterp[0] == ColorInterp.palette:
                pixels = _colours(file)[pixels[:, :, 0]]
            return Raster(pixels, None if valid.all() else valid, _place(file))
    except (RasterioError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableError(cause(error)) from error


def read_label(path: Path) -> Raster:
    """A label, H x W x C with palette indices as they are.

    0 as nodata is no nodata: programs that burn outlines into a raster declare 0 so and mean the background.
    """
    try:
        _verify(path)
        with rasterio.open(path) as file:
            bands = [i for i, kind in enumerate(file.colorinterp, start=1) if kind != ColorInterp.alpha]
            pixels = file.read(bands or None).transpose(1, 2, 0)
            valid = None
            if file.nodata is not None and file.nodata != 0:
                valid = ~(pixels == file.nodata).all(axis=2)
            return Raster(pixels, valid)
    except (RasterioError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableError(cause(error)) from error


def write_tif(path: Path, pixels: np.ndarray, place: Place | None = None, **profile: object) -> None:
    """Writes H x W x C pixels as a plain TIFF that is whole or not there; `profile` goes to GDAL. Raises `DatasetError`.

    GDAL encodes in memory: on a full disk it only writes to its log, and a plain write raises.
    """
    height, width, bands = pixels.shape
    if place is not None:
        profile = {**profile, "crs": place[0], "transform": place[1]}
    photometric = "RGB" if bands == 3 else "MINISBLACK"
    shape = {"width": width, "height": height, "count": bands, "dtype": pixels.dtype.name, "interleave": "pixel"}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", photometric=photometric, BIGTIFF="IF_SAFER", **shape, **profile) as file:
            file.write(pixels.transpose(2, 0, 1))
        write_whole(path, memory.getbuffer())


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Writes a file that is whole or not there. Raises `DatasetError`."""
    try:
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written ({error.strerror}); make room and run the command again") from error


def gsd_of(place: Place | None) -> float | None:
    """Metres per pixel of a georeferenced raster, to three digits; None where its CRS has no unit of length."""
    if place is None or not place[0].is_projected:
        return None
    metres = place[0].linear_units_factor[1] * abs(place[1].determinant) ** 0.5
    return float(f"{metres:.3g}") if metres > 0 else None


def _verify(path: Path) -> None:
    """Raises where a file is empty or a PNG not whole, of which GDAL says nothing clear.

    Pillow only sums a PNG's chunks, which costs little.
    """
    if not path.stat().st_size:
        raise ValueError("it is empty")
    if path.suffix.lower() == ".png":
        with Image.open(path) as image:
            image.verify()


def _place(file: DatasetReader) -> Place | None:
    return (file.crs, file.transform) if file.crs and file.transform != rasterio.Affine.identity() else None


def _colours(file: DatasetReader) -> np.ndarray:
    table = np.zeros((256, 3), np.uint8)
    for index, colour in file.colormap(1).items():
        table[index] = colour[:3]
    return table
