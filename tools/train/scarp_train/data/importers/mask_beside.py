"""Labels beside their images: `x.png` and `x_mask.png` in one folder, which may be named after a part or a site."""

from collections.abc import Iterator
from pathlib import Path

from .. import origin
from ..origin import Origin
from .base import Item, LeftOut
from .files import image, label, missing, part_of, rasters

_SUFFIX = "_mask"


class MaskBeside:
    """x.png beside x_mask.png at any depth; folders named train, val and test are parts, other folders sites."""

    name = "mask-beside"
    describe = "x.png beside x_mask.png, in folders named after parts (train, val, test) or sites"
    ignores_255 = False
    licence = None

    def looks_like(self, source: Path) -> bool:
        return any(path.stem.endswith(_SUFFIX) for path in rasters(source, below=True))

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        images: dict[Path, Path] = {}
        labels: dict[Path, Path] = {}
        for path in rasters(source, below=True):
            below = path.relative_to(source).with_suffix("")
            if path.stem.endswith(_SUFFIX):
                labels[below.with_name(below.name.removesuffix(_SUFFIX))] = path
            else:
                images[below] = path
        for below in sorted(images.keys() | labels.keys()):
            shot, drawn = images.get(below), labels.get(below)
            folders = below.parts[:-1]
            parts = [part for part in map(part_of, folders) if part]
            site = "-".join(folder for folder in folders if not part_of(folder))
            yield Item(
                where=str(shot or drawn),
                stem=below.name,
                image=image(shot) if shot else missing(f"{drawn}: has no image beside it; add it or remove the label"),
                label=label(drawn) if drawn else missing(f"{shot}: has no {below.name}{_SUFFIX}.* beside it; add it"),
                site=site,
                part=parts[-1] if parts else None,
                origin=Origin(origin.event(site), origin.sensor(site)),
            )
