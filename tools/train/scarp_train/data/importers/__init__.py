"""Other people's datasets: one importer for each published layout, and the choice between them."""

from pathlib import Path

from ...errors import DatasetError
from .ann_dir import AnnDir
from .base import Importer
from .bijie import Bijie
from .cas import Cas
from .gvlm import Gvlm
from .hr_gldd import HrGldd
from .landslide4sense import Landslide4Sense
from .mask_beside import MaskBeside
from .negatives import Negatives
from .voc import Voc

LAYOUTS: tuple[type[Importer], ...] = (HrGldd, Cas, Gvlm, Bijie, Landslide4Sense, AnnDir, Voc, MaskBeside, Negatives)


def choose(source: Path, layout: str, labels: str | None = None) -> Importer:
    """The importer of `layout`, or for "auto" the only one whose layout `source` has the names of.

    `labels` says which folder of CAS holds the labels. Raises `DatasetError`.
    """
    if not source.is_dir():
        what = "is a file; unpack the archive and give its folder" if source.exists() else "is not there"
        raise DatasetError(f"{source}: {what}")
    importers = {kind.name: Cas(labels) if kind is Cas else kind() for kind in LAYOUTS}
    if layout == "auto":
        chosen = [importer for importer in importers.values() if not isinstance(importer, Negatives)]
    else:
        chosen = [importers[layout]]
    fitting = [importer for importer in chosen if importer.looks_like(source)]
    if len(fitting) > 1:
        names = " and ".join(importer.name for importer in fitting)
        raise DatasetError(f"{source}: could be {names}; say which: --layout {fitting[0].name}")
    if not fitting:
        zipped = any(source.glob("*.zip")) or any(source.glob("*/*.zip"))
        hint = "unpack its archives first" if zipped else "give the folder that holds it"
        if layout != "auto":
            raise DatasetError(f"{source}: holds no {layout} ({chosen[0].describe}); {hint}")
        names = ", ".join(importer.name for importer in chosen)
        raise DatasetError(
            f"{source}: holds no known layout ({names}); {hint}; `scarp-train dataset import --help` says how each looks"
        )
    if labels and fitting[0].name != Cas.name:
        raise DatasetError(f"--labels is for the layout {Cas.name}; {fitting[0].name} has one kind of labels")
    return fitting[0]
