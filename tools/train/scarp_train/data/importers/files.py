"""Files of a layout: found by folder, paired by stem, read on demand."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ..origin import UNKNOWN, Origin
from ..pairs import EXTENSIONS, PARTS
from .base import Damaged, Item
from .rasters import Raster, UnreadableError, read_image, read_label


def rasters(folder: Path, below: bool = False) -> list[Path]:
    """The rasters in `folder`, in order of their paths; with `below` those in its folders too. Empty without a folder."""
    found = folder.rglob("*") if below else folder.glob("*")
    return sorted(p for p in found if p.suffix.lower() in EXTENSIONS and not p.name.startswith("."))


def by_stem(folder: Path, below: bool = False) -> dict[Path, Path]:
    """The rasters in `folder` by their path relative to it without extension."""
    return {path.relative_to(folder).with_suffix(""): path for path in rasters(folder, below)}


def image(path: Path) -> Callable[[], Raster]:
    """Reads an image when it is called."""
    return lambda: _read(read_image, path)


def label(path: Path) -> Callable[[], Raster]:
    """Reads a label when it is called."""
    return lambda: _read(read_label, path)


def missing(reason: str) -> Callable[[], Raster]:
    """Stands for a file that ought to be there; raises `Damaged` when it is called."""

    def read() -> Raster:
        raise Damaged(reason)

    return read


def pairs(
    images: Path, labels: Path, site: str = "", part: str | None = None, origin: Origin = UNKNOWN, below: bool = False
) -> Iterator[Item]:
    """Items of a folder of images and one of labels with the same stems; a label's may end in `_mask` or `_label`.

    Where only one of the two is there, the item names the other as missing when it is read.
    """
    has_image, has_label = by_stem(images, below), by_stem(labels, below)
    bare = {stem: stem.with_name(re.sub(r"[_-](mask|label)$", "", stem.name)) for stem in has_label}
    has_label = {stem if stem in has_image else bare[stem]: path for stem, path in has_label.items()}
    for stem in sorted(has_image.keys() | has_label.keys()):
        shot, drawn = has_image.get(stem), has_label.get(stem)
        yield Item(
            where=str(shot or drawn),
            stem=str(stem),
            image=image(shot) if shot else missing(f"{drawn}: has no image {images / stem}.*; add it or remove the label"),
            label=label(drawn) if drawn else missing(f"{shot}: has no label {labels / stem}.*; add it or remove the image"),
            site=site,
            part=part,
            origin=origin,
        )


def part_of(name: str) -> str | None:
    """The part a folder is named after: "train", "ValidData", "test_data" and their like, as `scarp-forge` reads them."""
    words = [word for word in re.split(r"[^0-9a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word]
    plain = all(word in ("data", "dataset", "set") or word.isdigit() for word in words[1:])
    return PARTS.get(words[0]) if words and plain else None


def _read(reader: Callable[[Path], Raster], path: Path) -> Raster:
    try:
        return reader(path)
    except UnreadableError as error:
        raise Damaged(f"{path}: cannot be read ({error}); fetch it again") from error
