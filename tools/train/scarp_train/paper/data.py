"""The datasets that a table reads: where they lie below DIR, and how the engine that validates gets them."""

from math import ceil
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image

from ..data.importers.base import PART_FOLDERS
from ..data.pairs import Entry, Pair, find_pairs, parts_there
from ..data.read import IGNORED, read_image, read_pair
from ..errors import DatasetError, RecipeError
from ..files import write_text
from ..recipe import Recipe
from .forge import MAX_OVERLAP
from .plan import RGB, SETS

WHOLE = 64  # images up to which each one's size is read; of a larger set the first stands for all


def locate(data: Path, datasets: dict[str, set[str]]) -> dict[str, Path]:
    """The folder of every dataset in `datasets`: DIR/NAME in any case, or DIR itself for GDCLD where it holds nothing else.

    Raises DatasetError for one that is missing, or of which a part is.
    """
    if not data.is_dir():
        raise DatasetError(f"{data}: is no folder; give the one with GDCLD's archives, or with {', '.join(SETS)} below")
    below = {path.name.lower().replace("_", "-"): path for path in sorted(data.iterdir()) if path.is_dir()}
    found = {}
    for name, parts in datasets.items():
        folder = below.get(name)
        if folder is None and name == "gdcld":
            if others := sorted(set(below) & set(SETS)):
                raise DatasetError(
                    f"{data}: holds {below[others[0]].name} but no folder gdcld; move GDCLD's archives into {data / 'gdcld'}"
                )
            folder = data
        if folder is None:
            raise DatasetError(
                f"{data}: no folder {name}; make it of {SETS[name]} by `scarp-train dataset import` with --out {data / name}"
            )
        for part in sorted(parts):
            scored_pairs(folder, part)
        found[name] = folder
    return found


def parts_of(folder: Path, part: str) -> list[str]:
    """The part itself, or for "all" every part that the dataset is divided into."""
    if part != "all":
        return [part]
    return parts_there(folder)


def scored_pairs(folder: Path, part: str) -> list[Pair]:
    """The images of a part, or of all parts for "all"."""
    return [pair for name in parts_of(folder, part) for pair in find_pairs(folder, name)]


def scale_for(dataset: str, pairs: list[Pair], side: int) -> float:
    """How many times images are enlarged before they are scored: GDCLD's never, others' up to the network's side."""
    return 1.0 if dataset == "gdcld" else max(1.0, side / max(size(pairs[0].image)))


def size(entry: Entry) -> tuple[int, int]:
    """Width and height in pixels, by the file's head alone."""
    path = str(entry.path) if entry.member is None else f"/vsizip/{entry.path.resolve()}/{entry.member}"
    try:
        with rasterio.open(path) as raster:
            return raster.width, raster.height
    except rasterio.errors.RasterioIOError as error:
        raise DatasetError(f"{entry}: cannot be read ({error}); replace the file") from error


def tiles(pairs: list[Pair], side: int, scale: float) -> int:
    """Tiles of `side` pixels that images enlarged `scale` times are searched in."""
    looked_at = pairs if len(pairs) <= WHOLE else pairs[:1]
    overlap = min(MAX_OVERLAP, side // 4)

    def along(length: int) -> int:
        return max(1, ceil((length * scale - overlap) / (side - overlap)))

    found = sum(along(width) * along(height) for width, height in (size(pair.image) for pair in looked_at))
    return found * len(pairs) // len(looked_at)


def check_range(recipe: Recipe, pairs: dict[str, list[Pair]]) -> None:
    """Raises RecipeError where a source's first image has other values than the recipe's [pixels] is for."""
    for found in pairs.values():
        most = float(read_image(found[0].image).max())
        if most > recipe.pixels.scale:
            raise RecipeError(
                f"{found[0].image}: values reach {most:g} but the recipe's pixels.scale is {recipe.pixels.scale:g}; set it"
                " to the greatest value that the dataset can hold"
            )


def as_rgb(folder: Path, part: str, out: Path) -> Path:
    """The dataset itself where it is 8-bit, else a copy of a part in `out`: three bands, brought from 0..1 to 8 bits."""
    pairs = find_pairs(folder, part)
    first = read_image(pairs[0].image)
    if first.dtype == np.uint8:
        return folder
    if first.dtype != np.float32 or first.shape[2] < RGB or float(first.max()) > 1.0:
        raise DatasetError(
            f"{pairs[0].image}: is {first.dtype} up to {float(first.max()):g}; 8-bit RGB and float32 in 0..1 can be scored"
        )
    base = out / PART_FOLDERS[part]
    for kind in ("images", "labels"):
        (base / kind).mkdir(parents=True, exist_ok=True)
    write_text(out / "dataset.toml", f"ignored = {IGNORED}\n")
    for pair in pairs:
        image, label = read_pair(pair)
        pixels = (np.clip(image[:, :, :RGB], 0, 1) * 255 + 0.5).astype(np.uint8)
        Image.fromarray(pixels).save(base / "images" / f"{pair.name}.png")
        Image.fromarray(label).save(base / "labels" / f"{pair.name}.png")
    return out
