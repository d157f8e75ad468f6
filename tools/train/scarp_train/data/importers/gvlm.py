"""GVLM (Zhang et al., ISPRS JPRS 197, 1, 2023): 17 sites before and after a landslide, at 0.59 m from Google Earth."""

from collections.abc import Iterator
from pathlib import Path

from .. import origin
from ..origin import Origin
from .base import Item, LeftOut, Licence
from .files import image, label, missing, rasters


class Gvlm:
    """SITE/im1.png before the event, im2.png after it, ref.png the landslides; large images, written whole."""

    name = "gvlm"
    describe = "SITE/{im1,im2,ref}.png, such as Kaikoura_New Zealand"
    ignores_255 = False
    licence = Licence("GVLM", "non-commercial use only", "Zhang et al., ISPRS J. Photogramm. Remote Sens. 197, 1-17, 2023")

    def looks_like(self, source: Path) -> bool:
        return any({"im2", "ref"} <= _named(site).keys() for site in _sites(source))

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        before = 0
        for site in _sites(source):
            files = _named(site)
            after, drawn = files.get("im2"), files.get("ref")
            if not after and not drawn:
                continue
            before += "im1" in files
            yield Item(
                where=str(after or drawn),
                stem="im2",
                image=image(after) if after else missing(f"{drawn}: has no image {site / 'im2.png'} beside it; add it"),
                label=label(drawn) if drawn else missing(f"{after}: has no label {site / 'ref.png'} beside it; add it"),
                site=site.name,
                # A folder is named PLACE_COUNTRY.
                origin=Origin(origin.event(site.name) or site.name.rsplit("_", 1)[0], "Google Earth", 0.59),
            )
        if before:
            yield LeftOut("im1", before, "images from before the event")


def _sites(source: Path) -> list[Path]:
    return [source, *sorted(p for p in source.rglob("*") if p.is_dir())]


def _named(site: Path) -> dict[str, Path]:
    return {path.stem.lower(): path for path in rasters(site) if path.stem.lower() in ("im1", "im2", "ref")}
