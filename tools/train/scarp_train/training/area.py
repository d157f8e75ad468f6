"""A few own pictures, split into what a network is fine-tuned on and what it is judged by."""

from pathlib import Path

from ..data.fingerprint import fingerprint
from ..data.licences import FILE
from ..data.pairs import Pair, find_pairs
from ..data.read import read_label
from ..errors import DatasetError, RecipeError
from ..files import replacing

LEAST = 5  # pictures; fewer leave nothing to judge by
HELD_OUT = 4  # one picture in so many
GSD_FACTOR = 1.5  # between the pictures' ground sampling distance and the model's


def split(data: Path, area: Path) -> None:
    """Copies the labelled pictures of `data` into `area` as train_dataset and val_dataset (see `held_out`).

    Raises DatasetError for fewer than five pictures, and where none shows a landslide.
    """
    pairs = find_pairs(data, "train")
    if len(pairs) < LEAST:
        raise DatasetError(f"{data}: {len(pairs)} labelled pictures are too few; give {LEAST} at least, about 20 are better")
    held = held_out([float((read_label(pair.label, pair.ignored) == 1).mean()) for pair in pairs])
    if held is None:
        raise DatasetError(f"{data}: no label shows a landslide; fine-tuning wants pictures of some")
    for index, pair in enumerate(pairs):
        folder = area / ("val_dataset" if index in held else "train_dataset")
        for kind, entry in (("images", pair.image), ("labels", pair.label)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            with replacing(folder / kind / f"{pair.name}{entry.suffix}") as file:
                file.write(entry.read())
    said = (data if data.is_dir() else data.parent) / FILE
    if said.is_file():
        with replacing(area / FILE) as file:
            file.write(said.read_bytes())


def check_split(data: Path, area: Path) -> None:
    """Raises RecipeError where `area` does not hold the pictures and labels of `data`."""
    found = [pair for part in ("train", "val") for pair in find_pairs(area, part)]
    if fingerprint({"": sorted(found, key=lambda pair: pair.name)}) != fingerprint({"": find_pairs(data, "train")}):
        raise RecipeError(f"{area}: holds other pictures or labels than {data}; give those, or another --out")


def held_out(shares: list[float]) -> range | None:
    """Which pictures, in the order of their names, are judged by: a run of a quarter of them, None where no landslide is.

    Frames flown one after the other show the same ground, so neighbours stay together. Of all such runs it is the one whose
    share of landslide is nearest to that of all pictures; a run that shows none could not tell good weights from bad.
    """
    count = max(1, len(shares) // HELD_OUT)
    whole = sum(shares) / len(shares)
    runs = [range(first, first + count) for first in range(len(shares) - count + 1)]
    found = {run: sum(shares[i] for i in run) / count for run in runs}
    return min((run for run in runs if found[run] > 0), key=lambda run: abs(found[run] - whole), default=None)


def check_gsd(pairs: list[Pair], gsd_m: float) -> None:
    """Raises DatasetError where a picture is known to be much coarser or finer than what the model is made for."""
    for pair in pairs:
        own = pair.origin.gsd_m
        if own is not None and not 1 / GSD_FACTOR <= own / gsd_m <= GSD_FACTOR:
            raise DatasetError(
                f"{pair.image}: has pixels of {own:g} m, the model is made for {gsd_m:g} m; resample the pictures and "
                "labels first"
            )
