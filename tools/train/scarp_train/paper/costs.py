"""The estimate of a plan or a recipe before it starts: device hours, memory and disk of every network and in all."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from ..data.sources import training_pairs
from ..recipe import Recipe
from ..training.hardware import Hardware
from .data import check_range, scale_for, scored_pairs, tiles
from .estimate import STEPS, Counted, Trial, try_out
from .hardware import hardware_for, memory_bytes, of_device
from .plan import RGB, Plan, Training
from .run import Place, is_trained, progress
from .table import aligned

FORGE_MACS = 10e9  # a second and core, of float networks in the engine that validates: 3.5 GMAC took 0.33 s
GPU_FLOPS = {"bfloat16": 50e12, "float32": 10e12}  # sustained by one GPU, where none is here to be tried
IMAGE_BYTES = 1 << 20  # of a scored image's overlay and counts
HEAD = ("network", "images", "crops", "M par.", "GMAC/crop", "hours", "scoring h", "GiB memory", "GiB disk")


@dataclass(frozen=True)
class Estimate:
    """The cost of one network. Hours are of all devices together at work; memory is that of one of them."""

    name: str
    precision: str
    images: int
    crops: int
    counted: Counted
    train_hours: float
    score_hours: float
    memory_bytes: int
    disk_bytes: int

    @property
    def gpu_hours(self) -> float:
        """Hours on one GPU of the assumed speed, by the operations of training alone: three passes, two to a MAC."""
        return 6 * self.counted.macs * self.crops / GPU_FLOPS[self.precision] / 3600


@dataclass(frozen=True)
class Scored:
    """What a network is scored on: images, and the tiles of them that the engine searches."""

    images: int
    tiles: int


def estimate_all(plan: Plan, trainings: list[Training], place: Place) -> str:
    """What the networks that are not yet trained will cost, as text."""
    device, _ = of_device(place.hardware)
    unfinished = [training for training in trainings if not is_trained(training, place)]
    done = f"{len(trainings) - len(unfinished)} of {len(trainings)} networks are trained already"
    if not unfinished:
        return done
    tried: dict[str, list[Trial]] = {}
    entries = []
    for training in unfinished:
        recipe = training.recipe
        same = Recipe.model_dump_json(recipe, include={"network", "crop", "precision", "loss"})
        if same not in tried:
            progress(f"estimating: {training.network}")
            tried[same] = [try_out(recipe, crop, device) for crop in recipe.crop]
        scored, hardware = _scored(plan, training, place), hardware_for(recipe, place.hardware)
        pairs = training_pairs(recipe, place.datasets)
        check_range(recipe, pairs)
        name = f"{training.key}, seed {recipe.seed}"
        entries.append(estimate(name, recipe, sum(map(len, pairs.values())), tried[same], scored, hardware))
    text = as_text(entries, place.hardware)
    return text if len(unfinished) == len(trainings) else f"{text}\n{done}"


def estimate_recipe(recipe: Recipe, sources: dict[str, Path], hardware: Hardware, name: str) -> str:
    """What training by a recipe will cost, as text."""
    pairs = training_pairs(recipe, sources)
    check_range(recipe, pairs)
    device, _ = of_device(hardware)
    trials = [try_out(recipe, crop, device) for crop in recipe.crop]
    return as_text([estimate(name, recipe, sum(map(len, pairs.values())), trials, Scored(0, 0), hardware)], hardware)


def _scored(plan: Plan, training: Training, place: Place) -> Scored:
    images = searched = 0
    for scoring in plan.scorings(training):
        folder, side = place.datasets[scoring.dataset], training.recipe.release.side
        pairs = scored_pairs(folder, scoring.part)
        images += len(pairs)
        if training.recipe.network.bands == RGB:
            searched += tiles(pairs, side, scale_for(scoring.dataset, pairs, side))
    return Scored(images, searched)


def estimate(name: str, recipe: Recipe, images: int, trials: list[Trial], scored: Scored, hardware: Hardware) -> Estimate:
    """The cost of a network on `images` by what counting and trying gave for each of the recipe's crops."""
    _, devices = of_device(hardware)
    steps = recipe.steps or -(-recipe.epochs * images // recipe.crop[0].batch)
    shares = sum(crop.share for crop in recipe.crop)
    crops = [steps * crop.share / shares * crop.batch for crop in recipe.crop]
    seconds = sum(count * trial.seconds_per_crop for count, trial in zip(crops, trials))
    if recipe.validation:  # a forward pass is a third of a step
        validated = steps // recipe.validation.every * (recipe.validation.limit or images)
        seconds += validated * max(trial.seconds_per_crop for trial in trials) / 3
    held = [hardware.part or -(-crop.batch // devices) for crop in recipe.crop]
    parameters = trials[0].counted.parameters
    macs = sum(count * trial.counted.macs for count, trial in zip(crops, trials)) / sum(crops)
    return Estimate(
        name=name,
        precision=recipe.precision,
        images=images,
        crops=round(sum(crops)),
        counted=Counted(parameters, round(macs), max(trial.counted.kept_bytes for trial in trials)),
        train_hours=seconds / devices / 3600,
        score_hours=scored.tiles * macs / (FORGE_MACS * _cores()) / 3600,
        memory_bytes=max(memory_bytes(recipe, trial.counted, count) for trial, count in zip(trials, held)),
        # last and best weights, the checkpoint's four copies, and the exported graph
        disk_bytes=7 * 4 * parameters + scored.images * IMAGE_BYTES,
    )


def _cores() -> int:
    return os.cpu_count() or 1


def as_text(estimates: list[Estimate], hardware: Hardware) -> str:
    """A table with a line for each network and one for all."""
    cells = [list(HEAD)]
    for entry in estimates:
        counted = entry.counted
        sizes = [f"{counted.parameters / 1e6:.1f}", f"{counted.macs / 1e9:.1f}"]
        cells.append([entry.name, str(entry.images), str(entry.crops), *sizes, *_costs([entry])])
    if len(estimates) > 1:
        cells.append(["in all", "", "", "", "", *_costs(estimates)])
    device, devices = of_device(hardware)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    text = aligned(cells, left=1)
    text.append(
        f"hours: training on {devices} x {name}, from {STEPS} tried steps; scoring: on {_cores()} CPU cores, by an assumed "
        f"{FORGE_MACS / 1e9:.0f} GMAC a second and core; memory: of each device, without libraries"
    )
    if device.type == "cpu":
        hours = sum(entry.gpu_hours for entry in estimates)
        text.append(
            f"on GPUs instead, by an assumed {GPU_FLOPS['bfloat16'] / 1e12:.0f} TFLOPS each in bfloat16 and "
            f"{GPU_FLOPS['float32'] / 1e12:.0f} in float32, about a sixth of an A100's peak: {hours:.1f} h on one, "
            f"{hours / 4:.1f} h on four, if the loader keeps up"
        )
    return "\n".join(text)


def _costs(estimates: list[Estimate]) -> list[str]:
    return [
        f"{sum(e.train_hours for e in estimates):.2f}",
        f"{sum(e.score_hours for e in estimates):.2f}",
        f"{max((e.memory_bytes for e in estimates), default=0) / 2**30:.2f}",
        f"{sum(e.disk_bytes for e in estimates) / 2**30:.2f}",
    ]
