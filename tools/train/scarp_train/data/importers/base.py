"""What an importer yields, and what the import asks of it: one image with its label, named but not yet read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..origin import UNKNOWN, Origin
from .rasters import Raster

PART_FOLDERS = {"train": "train_dataset", "val": "val_dataset", "test": "test_data"}
"""GDCLD's folder of each part."""


class Damaged(Exception):
    """One image or label that cannot be used; the text names the file and says why."""


@dataclass(frozen=True)
class Item:
    """One image with its label. `where` is its file, or array and index, for the user.

    `stem` names it within its `site` (empty where the layout has no sites); `part` is train, val or test where a split was
    published. `image` reads H x W x C pixels, `label` H x W values as published; without `label` nothing on the image is
    landslide. Both raise `Damaged`.
    """

    where: str
    stem: str
    image: Callable[[], Raster]
    label: Callable[[], Raster] | None
    site: str = ""
    part: str | None = None
    origin: Origin = UNKNOWN

    @property
    def name(self) -> str:
        """The file name without extension in the imported dataset; a site's name ends at the first underscore."""
        return f"{slug(self.site)}_{slug(self.stem)}" if self.site else slug(self.stem)


@dataclass(frozen=True)
class LeftOut:
    """Something of the source that is not imported: which, how many images, and why."""

    what: str
    count: int
    why: str


@dataclass(frozen=True)
class Licence:
    """The table [licence] of `dataset.toml`, which `scarp-train release` obeys."""

    data: str
    licence: str
    attribution: str


class Importer(Protocol):
    """One published layout."""

    name: str
    describe: str
    """The layout in one line, for `--help` and for errors."""
    ignores_255: bool
    """Whether 255 is the layout's own word for pixels that do not count."""
    licence: Licence | None
    """As published, where it keeps a model from commercial use; others depend on the copy at hand."""

    def looks_like(self, source: Path) -> bool:
        """Whether `source` holds this layout, judged by names alone."""
        ...

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        """All images in a fixed order, and what is not imported. Raises `DatasetError` where the whole cannot be read."""
        ...


def slug(name: str) -> str:
    """`name` with letters, digits and dots kept and each run of anything else as one hyphen."""
    kept = "".join(c if c.isalnum() or c == "." else "-" for c in name)
    return "-".join(part for part in kept.split("-") if part)
