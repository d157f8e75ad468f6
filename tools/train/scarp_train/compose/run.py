"""A set of composites: made by several processes, each tile by its number alone, and written in GDCLD's layout."""

import contextlib
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import tomli_w
from tqdm import tqdm

from ..data.fingerprint import fingerprint
from ..data.importers.rasters import write_tif
from ..data.licences import FILE, TrainingData, describe_sources
from ..data.pairs import find_pairs
from ..errors import DatasetError
from ..files import write_text
from .material import Material, read_material
from .tile import compose

RECORD = "compose.json"


@dataclass(frozen=True)
class Plan:
    """What to compose of: labelled pictures `slides`, further `backgrounds`, simulated `shapes`; the tiles' GSD and side."""

    slides: tuple[Path, ...]
    backgrounds: tuple[Path, ...]
    shapes: Path
    seed: int
    gsd_m: float
    side: int


def compose_set(plan: Plan, count: int, out: Path, processes: int, quiet: bool = False) -> None:
    """Writes tiles 0 to `count` - 1 into `out`, or those that an earlier call with the same plan has not written.

    Beside a tile lies which pictures it was made of; `dataset.toml` unites the licences of all. Raises DatasetError where
    `out` holds something else or a source cannot be used.
    """
    _claim(plan, out)
    material = read_material(list(plan.slides), list(plan.backgrounds), plan.shapes, plan.gsd_m)
    write_text(out / FILE, tomli_w.dumps(_described(plan)))
    folder = out / "train_dataset"
    for kind in ("images", "labels", "provenance"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    numbers = [number for number in range(count) if not (folder / "provenance" / f"{_name(number)}.json").is_file()]
    write = _writer(material, plan, folder)
    with contextlib.ExitStack() as stack:
        done = map(write, numbers)
        if processes > 1:
            done = stack.enter_context(_forked(processes, write)).map(_write_in_process, numbers)
        for _ in tqdm(done, total=len(numbers), desc="composites", unit="tile", disable=quiet, mininterval=2):
            pass


def _forked(processes: int, write: Callable[[int], None]) -> ProcessPoolExecutor:
    """Processes that share the material, which was read before they fork."""
    return ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _keep, (write,))


_kept: list[Callable[[int], None]] = []


def _keep(write: Callable[[int], None]) -> None:
    _kept.append(write)


def _write_in_process(number: int) -> None:
    _kept[0](number)


def _writer(material: Material, plan: Plan, folder: Path) -> Callable[[int], None]:
    def write(number: int) -> None:
        cv2.setNumThreads(1)
        tile = compose(material, plan.side, np.random.default_rng([plan.seed, number]))
        name = _name(number)
        write_tif(folder / "images" / f"{name}.tif", tile.pixels)
        write_tif(folder / "labels" / f"{name}.tif", tile.label[:, :, None], compress="deflate")
        made_of = {"background": tile.background, "slides": tile.slides, "fields": tile.fields}
        write_text(folder / "provenance" / f"{name}.json", json.dumps(made_of) + "\n")

    return write


def _name(number: int) -> str:
    return f"composite_{number:05d}"


def _claim(plan: Plan, out: Path) -> None:
    """Marks a folder as this plan's. Raises DatasetError where it is another's."""
    folders = [*plan.slides, *plan.backgrounds, plan.shapes]
    made_of = fingerprint({str(index): find_pairs(folder) for index, folder in enumerate(folders)})
    identity = {"seed": plan.seed, "gsd_m": plan.gsd_m, "side": plan.side, "pictures": made_of}
    path = out / RECORD
    if path.is_file():
        if json.loads(path.read_text()) != identity:
            raise DatasetError(f"{out}: holds composites of other pictures or settings; give another --out")
    elif out.exists() and any(out.iterdir()):
        raise DatasetError(f"{out}: holds something else; compose into a new folder")
    out.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(identity, indent=1) + "\n")


def _described(plan: Plan) -> dict:
    """The `dataset.toml` of the set: that labels may hold 255, and one licence for all pictures, where each has one."""
    sources = describe_sources({str(folder): folder for folder in [*plan.slides, *plan.backgrounds, plan.shapes]})
    document: dict = {"ignored": 255}
    if all(source.licence for source in sources):

        def joined(key: str, between: str) -> str:
            return between.join(dict.fromkeys(getattr(source, key) for source in sources))

        united = TrainingData(
            f"composites of: {joined('data', '; ')}", joined("licence", " AND "), joined("attribution", "; ")
        )
        document["licence"] = asdict(united)
    return document
