"""Pictures without labels on none of which is a landslide: what a network is taught to leave alone."""

from collections.abc import Iterator
from pathlib import Path

from .. import origin
from ..origin import Origin
from .base import Item, LeftOut
from .files import image, rasters


class Negatives:
    """Pictures in one folder; all of each is background. No name tells that, so this layout is never guessed."""

    name = "negatives"
    describe = "pictures of ground without landslides in one folder, without labels; only by --layout negatives"
    ignores_255 = False
    licence = None

    def looks_like(self, source: Path) -> bool:
        return bool(rasters(source))

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        place = source.resolve().name
        for path in rasters(source):
            known = Origin(origin.event(place) or place, origin.sensor(place))
            yield Item(str(path), path.stem, image(path), None, origin=known)
