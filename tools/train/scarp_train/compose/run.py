"""A set of composites: made by several processes, each tile by its number alone, and written in GDCLD's layout."""

import contextlib
import json
import math
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import tomli_w
from tqdm import tqdm

from ..data.fingerprint import Content, content
from ..data.importers.rasters import write_tif
from ..data.licences import FILE, TrainingData, describe_sources
from ..data.pairs import find_pairs
from ..errors import DatasetError, TrainError
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


def compose_set(
    plan: Plan, count: int, out: Path, processes: int = 1, minutes: float | None = None, quiet: bool = False
) -> bool:
    """Writes tiles 0 to `count` - 1 into `out`, or those that an earlier call with the same plan has not written.

    Beside a tile lies which pictures it was made of; `dataset.toml` unites the licences of all. False where `minutes` ended
    it before the last tile. Raises DatasetError where `out` holds something else or a source cannot be used, and TrainError
    where a process of it was killed.
    """
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    cv2.setNumThreads(1)  # OpenCV hangs or crashes in a process that is forked while it has many
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
            stack.enter_context(contextlib.closing(done))  # what has not begun is cancelled
        bar = tqdm(done, total=len(numbers), desc="composites", unit="tile", disable=quiet, mininterval=2)
        try:
            for written, _ in enumerate(bar, start=1):
                if time.monotonic() >= end and written < len(numbers):
                    return False
        except BrokenProcessPool as error:
            raise TrainError(
                f"{out}: a process was ended from outside, as by a system without memory; give fewer --processes, and the "
                "same command goes on"
            ) from error
    return True


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
    made_of = [[list(content(pair)) for pair in find_pairs(folder)] for folder in folders]
    identity = {"seed": plan.seed, "gsd_m": plan.gsd_m, "side": plan.side, "pictures": made_of}
    path = out / RECORD
    if path.is_file():
        if json.loads(path.read_text()) != identity:
            raise DatasetError(f"{out}: holds composites of other pictures or settings; give another --out")
    elif out.exists() and any(out.iterdir()):
        raise DatasetError(f"{out}: holds something else; compose into a new folder")
    out.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(identity) + "\n")


def composed_of(folder: Path) -> list[Content] | None:
    """Every picture that the composites of a folder may show, as the set's record has them; None where it is no such set.

    Raises DatasetError for a record that cannot be read.
    """
    path = next((home / RECORD for home in (folder, folder.parent) if (home / RECORD).is_file()), None)
    if path is None:
        return None
    try:
        return [Content(*picture) for pictures in json.loads(path.read_text())["pictures"] for picture in pictures]
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: does not say what was composed of ({error}); compose the set anew") from error


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
