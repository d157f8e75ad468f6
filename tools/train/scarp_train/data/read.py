"""Pixels of images and labels: TIFF of any number of bands and compression, PNG and JPEG, from files or archive members."""

import io
import re
import warnings

import numpy as np
import rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile

from ..errors import DatasetError
from .origin import IGNORED
from .pairs import Entry, Pair

MAX_PIXELS = 1 << 28  # of one image; GDCLD's largest has a tenth of it

# Labels and trial tiles have no place on Earth, and that is no mistake.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def read_image(entry: Entry) -> np.ndarray:
    """H x W x C in the file's own type (uint8, uint16 or float32, all finite)."""
    pixels = _decode(entry)
    if pixels.dtype not in (np.uint8, np.uint16, np.float32):
        raise DatasetError(f"{entry}: pixels are {pixels.dtype}; need uint8, uint16 or float32, convert it first")
    if pixels.dtype == np.float32 and not np.isfinite(pixels).all():
        raise DatasetError(
            f"{entry}: {int((~np.isfinite(pixels)).sum())} values are NaN or infinite; set them to 0, and the label there "
            "to 255 with `ignored = 255` in dataset.toml (`scarp-train dataset import` does both)"
        )
    return pixels


def read_label(entry: Entry, ignored: bool = False) -> np.ndarray:
    """H x W uint8: 0 background, 1 landslide, 255 ignored.

    Files hold 0 and 1 (GDCLD), or 0 and 255, which then is landslide. With `ignored` 255 is what nobody judged.
    """
    pixels = _decode(entry)[:, :, 0]
    values = set(np.unique(pixels).tolist())
    if values <= {0, 1} or (ignored and values <= {0, 1, IGNORED}):
        return pixels.astype(np.uint8)
    if values <= {0, 255} and not ignored:
        return (pixels > 0).astype(np.uint8)
    shown = ", ".join(str(value) for value in sorted(values)[:6])
    more = ". If 255 is what nobody judged, say `ignored = 255` in dataset.toml" if 255 in values and not ignored else ""
    raise DatasetError(
        f"{entry}: label values are {shown}; need 0 and 1, or 0 and 255; `scarp-train dataset import` writes such{more}"
    )


def read_pair(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Image and label, which must have one size."""
    image, label = read_image(pair.image), read_label(pair.label, pair.ignored)
    if image.shape[:2] != label.shape:
        raise DatasetError(
            f"{pair.image}: image is {image.shape[1]}x{image.shape[0]} but its label {label.shape[1]}x{label.shape[0]}; "
            "they must agree"
        )
    return image, label


def _decode(entry: Entry) -> np.ndarray:
    data = entry.read()
    if not data:
        raise DatasetError(f"{entry}: cannot be read (it is empty); replace the file")
    try:
        if entry.suffix in (".tif", ".tiff"):
            with MemoryFile(data) as file, file.open() as raster:
                if raster.width * raster.height > MAX_PIXELS:
                    raise DatasetError(f"{entry}: {raster.width}x{raster.height} pixels are too many; cut it into tiles")
                return np.ascontiguousarray(raster.read().transpose(1, 2, 0))
        with Image.open(io.BytesIO(data)) as image:
            pixels = np.asarray(image if image.mode in ("L", "RGB", "P", "RGBA") else image.convert(_plain_mode(image.mode)))
    except (
        OSError,
        ValueError,
        SyntaxError,
        RasterioError,
        rasterio.errors.RasterioIOError,
        Image.DecompressionBombError,
    ) as error:
        raise DatasetError(f"{entry}: cannot be read ({cause(error)}); replace the file") from error
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _plain_mode(mode: str) -> str:
    return "L" if mode in ("1", "LA", "I;16", "I") else "RGB"


def cause(error: Exception) -> str:
    """Why an image cannot be decoded, in words that say more than the libraries' own where these speak of their insides."""
    # rasterio says "Read failed. See previous exception for details." and GDAL's own words are the cause.
    said = (str(error.__cause__ or error).splitlines() or [type(error).__name__])[0]
    if re.search(r"IReadBlock|TIFFRead|TIFFFill|unpack_from|[Tt]runcated|Premature end", said):
        return "it is cut short or damaged within"
    if re.search(r"not recognized as being|cannot identify image", said):
        return "it is no image of a known format"
    return re.sub(r"^.*/(?=[^/]*:? )", "", re.sub(r"'?/vsimem/[^' :]+'?", "file", said))  # GDAL's copy in memory
