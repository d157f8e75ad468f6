"""The layout of PASCAL VOC: one folder of images, one of palette PNG, and lists that name the parts."""

from collections.abc import Iterator
from pathlib import Path

from .base import Item, LeftOut
from .files import image, label, missing, rasters

_PARTS = ("train", "val", "test")


class Voc:
    """JPEGImages/x.jpg, SegmentationClass/x.png, ImageSets/Segmentation/{train,val,test}.txt; 255 is ignored."""

    name = "voc"
    describe = "JPEGImages, SegmentationClass and ImageSets/Segmentation/{train,val}.txt"
    ignores_255 = True
    licence = None

    def looks_like(self, source: Path) -> bool:
        return _home(source) is not None

    def items(self, source: Path) -> Iterator[Item | LeftOut]:
        source = _home(source) or source
        images = {path.stem: path for path in rasters(source / "JPEGImages")}
        labels = {path.stem: path for path in rasters(source / "SegmentationClass")}
        parts = {stem: part for part in _PARTS for stem in _listed(source, part, images.keys() | labels.keys())}
        # Without lists every labelled image counts, and the part is left to the split.
        for stem in parts or dict.fromkeys(sorted(labels)):
            shot, drawn = images.get(stem), labels.get(stem)
            part = parts.get(stem)
            if part == "test" and shot and not drawn:
                yield LeftOut(str(shot), 1, "in the test list without a label")
                continue
            yield Item(
                where=str(shot or drawn or source),
                stem=stem,
                image=image(shot) if shot else missing(f"{source / 'JPEGImages' / stem}.*: is not there; add it"),
                label=label(drawn) if drawn else missing(f"{source / 'SegmentationClass' / stem}.*: is not there; add it"),
                part=part,
            )
        others = len(images.keys() - (parts or labels).keys())
        if others:
            yield LeftOut(str(source / "JPEGImages"), others, "in no list" if parts else "without a label")


def _home(source: Path) -> Path | None:
    """The folder that holds `JPEGImages`: archives unpack to VOCdevkit/VOC2012."""
    homes = (source, *sorted(source.glob("*")), *sorted(source.glob("*/*")))
    return next((h for h in homes if (h / "JPEGImages").is_dir() and (h / "SegmentationClass").is_dir()), None)


def _listed(source: Path, part: str, known: set[str]) -> list[str]:
    """Stems of a part's list; a stem may hold spaces, and a line more than the stem."""
    path = source / "ImageSets" / "Segmentation" / f"{part}.txt"
    if not path.is_file():
        return []
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line if line in known or line.split()[0] not in known else line.split()[0] for line in lines if line]
