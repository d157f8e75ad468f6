"""The way from a plan to its tables: networks are trained, exported, scored and set beside the published figures.

What lies in OUT is the state: a network already trained or scored there is not done again, one of another recipe is refused.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from ..data.fingerprint import fingerprint
from ..data.pairs import find_pairs
from ..data.sources import training_pairs
from ..files import write_text
from ..processes import is_first_process
from ..recipe import Recipe
from ..release.export import export_onnx
from ..training.hardware import Hardware
from ..training.loop import WEIGHTS, Result, fit
from ..training.weights import load_weights
from . import bands, forge, table
from .data import as_rgb, parts_of, scale_for, scored_pairs
from .hardware import hardware_for, of_device
from .plan import RGB, SETS, Plan, Scoring, Training
from .scores import Counts, scores_of

FINISHED = "finished.json"
Found = dict[tuple[str, Scoring], list[list[Counts]]]  # by network and images: the counts of every image, for each seed


@dataclass(frozen=True)
class Place:
    """Where a run reads and writes: dataset folders by name, OUT, the program that scores, and what trains."""

    datasets: dict[str, Path]
    out: Path
    forge: Path | None
    hardware: Hardware
    weights_folder: Path | None = None
    quiet: bool = False

    def folder(self, training: Training) -> Path:
        """What is kept of one network."""
        return self.out / "networks" / f"{training.key}-seed-{training.recipe.seed}"


def seeded(training: Training, seed: int) -> Training:
    """The same training from another seed."""
    return Training(training.key, training.network, training.recipe.model_copy(update={"seed": seed}))


def is_trained(training: Training, place: Place) -> bool:
    """Whether the network lies in OUT, trained to the end by this recipe on these images."""
    path = place.folder(training) / FINISHED
    return path.is_file() and json.loads(path.read_text()) == _ending(training, place)


def _ending(training: Training, place: Place) -> dict[str, str]:
    images = fingerprint(training_pairs(training.recipe, place.datasets))
    return {"recipe": training.recipe.as_json(), "images": images}


def train(trainings: list[Training], place: Place, minutes: float | None = None) -> Result | None:
    """Trains every network, or goes on where it was interrupted; how the one ended that was stopped again, else None."""
    end = None if minutes is None else time.monotonic() + 60 * minutes
    for number, training in enumerate(trainings, start=1):
        if is_trained(training, place):
            continue
        if is_first_process():
            progress(f"training {number} of {len(trainings)}: {training.key}, seed {training.recipe.seed}")
        sources = {source: place.datasets[source] for source in sorted(_sources(training.recipe))}
        folder = place.folder(training)
        ended = fit(
            training.recipe,
            sources,
            folder,
            weights_folder=place.weights_folder,
            hardware=hardware_for(training.recipe, place.hardware),
            minutes=None if end is None else max(0.0, (end - time.monotonic()) / 60),
            quiet=place.quiet,
        )
        if ended.stopped:
            return ended
        if is_first_process():
            write_text(folder / FINISHED, json.dumps(_ending(training, place)))
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return None


def _sources(recipe: Recipe) -> set[str]:
    names = {source.name for source in recipe.source}
    return names | ({recipe.validation.source} if recipe.validation else set())


def score(plan: Plan, trainings: list[Training], place: Place) -> Found:
    """What every network finds on everything its tables ask for."""
    found: Found = {}
    for training in trainings:
        for scoring in plan.scorings(training):
            found.setdefault((training.key, scoring), []).append(_counts(training, scoring, place))
    return found


def _counts(training: Training, scoring: Scoring, place: Place) -> list[Counts]:
    folder = place.folder(training)
    path = folder / "scores" / f"{scoring.dataset}-{scoring.part}.json"
    key = _key(folder / WEIGHTS, place.datasets[scoring.dataset], scoring.part)
    if path.is_file() and (kept := json.loads(path.read_text()))["key"] == key:
        return [Counts(**counts) for counts in kept["images"]]
    progress(f"scoring: {training.key}, seed {training.recipe.seed}, on {SETS[scoring.dataset]}, {scoring.part}")
    parts = parts_of(place.datasets[scoring.dataset], scoring.part)
    counts = [image for part in parts for image in _counted(training, scoring, part, place)]
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps({"key": key, "images": [asdict(image) for image in counts]}, indent=1))
    return counts


def _counted(training: Training, scoring: Scoring, part: str, place: Place) -> list[Counts]:
    data, folder, recipe = place.datasets[scoring.dataset], place.folder(training), training.recipe
    if recipe.network.bands != RGB:
        device, _ = of_device(place.hardware)
        return bands.score(load_weights(folder / WEIGHTS)[0], recipe, data, part, device)
    side = recipe.release.side
    model = _exported(folder / WEIGHTS, side)
    data = as_rgb(data, part, place.out / "rgb" / scoring.dataset)
    scale = scale_for(scoring.dataset, find_pairs(data, part), side)
    task = forge.Task(model, side, data, part, scale, folder / f"proof-{scoring.dataset}-{part}")
    return forge.validate(place.forge, task, place.quiet)


def _exported(weights: Path, side: int) -> Path:
    """The network as ONNX, named by its weights' hash, so that a graph of other weights is never taken for it."""
    path = weights.with_name(f"{_digest(weights)[:16]}.onnx")
    if not path.is_file():
        network, _ = load_weights(weights)
        part = path.with_suffix(".part.onnx")
        export_onnx(network, part, side)
        part.replace(path)
    return path


def _key(weights: Path, data: Path, part: str) -> dict[str, str]:
    names = "\n".join(f"{pair.name} {pair.image}" for pair in scored_pairs(data, part))
    return {"weights": _digest(weights), "images": hashlib.sha256(names.encode()).hexdigest()}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tables(plan: Plan, found: Found, place: Place, warning: str | None) -> Iterator[str]:
    """Writes every table, and yields it as text."""
    for entry in plan.tables:
        results = []
        for row in entry.rows:
            seeds = tuple(scores_of(counts, row.event, row.sensor) for counts in found[row.training, row.scoring])
            results.append(table.Result(row, seeds))
        keys = {row.training for row in entry.rows}
        starts = dict.fromkeys(training.start for training in plan.trainings if training.key in keys)
        note = f"Ours are the weights of the last step; encoders start from: {', '.join(starts)}"
        entry = replace(entry, notes=(note, *entry.notes))
        table.write(entry, results, warning, place.out)
        yield table.as_text(entry, results, warning)


def progress(text: str) -> None:
    """A line of progress for people."""
    print(text, file=sys.stderr, flush=True)
