"""The estimate of a plan on this machine before it starts: device hours, memory and disk of every network and in all."""

import os
from dataclasses import dataclass

import torch

from ..recipe import Recipe
from .data import check_range, scale_for, scored_pairs, tiles, training_pairs
from .estimate import STEPS, Counted, Trial, try_out
from .hardware import hardware_for, memory_bytes, of_device
from .plan import RGB, Plan, Training
from .run import Place, is_trained, progress
from .table import aligned

FORGE_MACS = 10e9  # a second and core, of float networks in the engine that validates: 3.5 GMAC took 0.33 s
IMAGE_BYTES = 1 << 20  # of a scored image's overlay and counts
HEAD = ("network", "images", "crops", "M par.", "GMAC/crop", "hours", "scoring h", "GiB memory", "GiB disk")


@dataclass(frozen=True)
class Estimate:
    """The cost of one network. Hours are of all devices together at work; memory is that of one of them."""

    name: str
    images: int
    crops: int
    counted: Counted
    train_hours: float
    score_hours: float
    memory_bytes: int
    disk_bytes: int


@dataclass(frozen=True)
class Scored:
    """What a network is scored on: images, and the tiles of them that the engine searches."""

    images: int
    tiles: int


def estimate_all(plan: Plan, trainings: list[Training], place: Place) -> str:
    """What the networks that are not yet trained will cost, as text."""
    device, devices = of_device(place.hardware)
    unfinished = [training for training in trainings if not is_trained(training, place)]
    done = f"{len(trainings) - len(unfinished)} of {len(trainings)} networks are trained already"
    if not unfinished:
        return done
    tried: dict[str, Trial] = {}
    entries = []
    for training in unfinished:
        recipe = training.recipe
        same = Recipe.model_dump_json(recipe, include={"network", "crop", "precision"})
        if same not in tried:
            progress(f"estimating: {training.network}")
            tried[same] = try_out(recipe, device)
        entries.append(estimate(training, tried[same], _scored(plan, training, place), place))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    text = as_text(entries, f"{devices} x {name}")
    return text if len(unfinished) == len(trainings) else f"{text}\n{done}"


def _scored(plan: Plan, training: Training, place: Place) -> Scored:
    images = searched = 0
    for scoring in plan.scorings(training):
        folder, side = place.datasets[scoring.dataset], training.recipe.release.side
        pairs = scored_pairs(folder, scoring.part)
        images += len(pairs)
        if training.recipe.network.bands == RGB:
            searched += tiles(pairs, side, scale_for(scoring.dataset, pairs, side))
    return Scored(images, searched)


def estimate(training: Training, trial: Trial, scored: Scored, place: Place) -> Estimate:
    """The cost of a network by what counting and trying gave. Raises RecipeError where the images do not suit the recipe."""
    recipe, counted = training.recipe, trial.counted
    pairs = training_pairs(recipe, place.datasets)
    check_range(recipe, pairs)
    images = sum(len(found) for found in pairs.values())
    (crop,) = recipe.crop
    steps = recipe.steps or -(-recipe.epochs * images // crop.batch)
    seconds = steps * crop.batch * trial.seconds_per_crop
    if recipe.validation:  # a forward pass is a third of a step
        seconds += steps // recipe.validation.every * (recipe.validation.limit or images) * trial.seconds_per_crop / 3
    _, devices = of_device(place.hardware)
    at_once = hardware_for(recipe, place.hardware).part
    return Estimate(
        name=f"{training.key}, seed {recipe.seed}",
        images=images,
        crops=steps * crop.batch,
        counted=counted,
        train_hours=seconds / devices / 3600,
        score_hours=scored.tiles * counted.macs / (FORGE_MACS * _cores()) / 3600,
        memory_bytes=memory_bytes(recipe, counted, at_once),
        # last and best weights, the checkpoint's four copies, and the exported graph
        disk_bytes=7 * 4 * counted.parameters + scored.images * IMAGE_BYTES,
    )


def _cores() -> int:
    return os.cpu_count() or 1


def as_text(estimates: list[Estimate], devices: str) -> str:
    """A table with a line for each network and one for all."""
    cells = [list(HEAD)]
    for entry in estimates:
        counted = entry.counted
        sizes = [f"{counted.parameters / 1e6:.1f}", f"{counted.macs / 1e9:.1f}"]
        cells.append([entry.name, str(entry.images), str(entry.crops), *sizes, *_costs([entry])])
    cells.append(["in all", "", "", "", "", *_costs(estimates)])
    text = aligned(cells, left=1)
    text.append(
        f"hours: training on {devices}, from {STEPS} tried steps; scoring: on {_cores()} CPU cores, by an assumed "
        f"{FORGE_MACS / 1e9:.0f} GMAC a second and core; memory: of each device, without libraries"
    )
    return "\n".join(text)


def _costs(estimates: list[Estimate]) -> list[str]:
    return [
        f"{sum(e.train_hours for e in estimates):.2f}",
        f"{sum(e.score_hours for e in estimates):.2f}",
        f"{max((e.memory_bytes for e in estimates), default=0) / 2**30:.2f}",
        f"{sum(e.disk_bytes for e in estimates) / 2**30:.2f}",
    ]
