"""The layout of mmsegmentation: `img_dir` and `ann_dir` with a folder for each part and labels of class indices."""

from collections.abc import Iterator
from pathlib import Path

from .base import Item, LeftOut
from .files import by_stem, pairs, part_of, rasters


class AnnDir:
    """img_dir/{train,val,test}/x.jpg and ann_dir/{train,val,test}/x.png; 255 is ignored."""

    name = "ann-dir"
    describe = "img_dir/{train,val,test} and ann_dir/{train,val,test}, as for mmsegmentation"
    ignores_255 = True
    licence = None

    def looks_like(self, source: Path) -> bool:
        return (source / "img_dir").is_dir() and (source / "ann_dir").is_dir()

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        images, labels = source / "img_dir", source / "ann_dir"
        if rasters(images):
            yield from pairs(images, labels)
        for folder in sorted(p for p in images.iterdir() if p.is_dir()):
            found = by_stem(folder, below=True)
            if found and not rasters(labels / folder.name, below=True):
                yield LeftOut(str(folder), len(found), f"no labels in {labels / folder.name}")
            else:
                yield from pairs(folder, labels / folder.name, part=part_of(folder.name), below=True)
