"""Bijie (Ji et al., Landslides 17, 1337, 2020): TripleSat at 0.8 m, 770 images with landslides and 2,003 without."""

from collections.abc import Iterator
from pathlib import Path

from ..origin import Origin
from .base import Item, LeftOut
from .files import image, pairs, rasters

_ORIGIN = Origin(event="Bijie", sensor="TripleSat", gsd_m=0.8)


class Bijie:
    """landslide/{image,mask} and non-landslide/image, whose labels are empty; elevations and polygons are left out."""

    name = "bijie"
    describe = "landslide/{image,mask,dem,polygon_coordinate} and non-landslide/{image,dem}"
    ignores_255 = False
    licence = None

    def looks_like(self, source: Path) -> bool:
        return _home(source) is not None

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        home = _home(source) or source
        yield from pairs(home / "landslide" / "image", home / "landslide" / "mask", site="landslide", origin=_ORIGIN)
        for path in rasters(home / "non-landslide" / "image"):
            yield Item(str(path), path.stem, image(path), None, site="non-landslide", origin=_ORIGIN)
        for folder in sorted(home.glob("*landslide/*")):
            if folder.is_dir() and folder.name not in ("image", "mask") and (count := sum(1 for _ in folder.iterdir())):
                why = "elevations, and no band of the images" if folder.name == "dem" else "the masks say the same"
                yield LeftOut(str(folder), count, why)


def _home(source: Path) -> Path | None:
    """The folder that holds `landslide`: the archive unpacks to one more."""
    homes = [source, *sorted(p for p in source.glob("*") if p.is_dir())]
    return next((home for home in homes if all((home / "landslide" / f).is_dir() for f in ("image", "mask"))), None)
