"""CAS Landslide Dataset (Xu et al., Scientific Data 11, 12, 2024): 512 x 512 pixels from satellites and UAVs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import DatasetError
from .. import origin
from ..origin import Origin
from .base import Item, LeftOut, Licence
from .files import pairs, rasters

_DEPTH = 3
_EVENTS = {
    "jiuzhai valley": "Jiuzhaigou",
    "moxi town": "Luding",
    "moxitaidi": "Luding",
    "tiburon peninsula": "Nippes",
}
"""Sites whose landslides an earthquake in GDCLD released: a split by event must not part the two."""


@dataclass(frozen=True)
class Cas:
    """SITE/{img,mask,label}/*.tif, one site to an archive: "Moxitaidi (UAV-0.6m)", "palu".

    `labels` names the folder that holds the labels where a site has both.
    """

    labels: str | None = None

    name = "cas"
    describe = "SITE/{img,mask,label}/*.tif, such as Moxitaidi (UAV-0.6m); say --labels mask or --labels label"
    ignores_255 = False
    licence = Licence("CAS Landslide Dataset", "CC BY-NC 4.0", "Xu et al., Scientific Data 11, 12, 2024")

    def looks_like(self, source: Path) -> bool:
        return bool(_sites(source))

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        for site in _sites(source):
            folders = [name for name in ("mask", "label") if rasters(site / name)]
            labels = self.labels or (folders[0] if len(folders) == 1 else None)
            if labels is None:
                raise DatasetError(
                    f"{site}: has mask/ and label/; say which holds the labels: --labels mask or --labels label "
                    "(the authors write that landslides are 1 in mask)"
                )
            if labels not in folders:
                raise DatasetError(f"{site}: has no rasters in {labels}/; it has {' and '.join(folders)}")
            yield from pairs(site / "img", site / labels, site=site.name, origin=origin_of(site.name))
            for other in folders:
                if other != labels:
                    yield LeftOut(str(site / other), len(rasters(site / other)), f"the labels are in {labels}/")


def origin_of(site: str) -> Origin:
    """Event, sensor and GSD from a site's name: "Jiuzhai valley (UAV-0.2m)" is Jiuzhaigou, UAV, 0.2 m per pixel."""
    place, _, rest = re.sub(r"[（(]", "(", site).partition("(")
    place = " ".join(place.split())
    gsd = re.search(r"(\d+(?:\.\d+)?)\s*m\b", rest)
    event = origin.event(site) or _EVENTS.get(place.lower()) or place
    return Origin(event, origin.sensor(site), float(gsd[1]) if gsd and float(gsd[1]) > 0 else None)


def _sites(source: Path) -> list[Path]:
    """The folders that hold `img` with rasters, and `mask` or `label`; an archive may unpack to one folder more."""
    found = [source]
    for depth in range(1, _DEPTH + 1):
        found += sorted(p for p in source.glob("/".join("*" * depth)) if p.is_dir())
    return [s for s in found if rasters(s / "img") and any((s / f).is_dir() for f in ("mask", "label"))]
