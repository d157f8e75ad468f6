"""Fine-tuning of a model that flies on a few own pictures, so that it loses little elsewhere.

Two things keep what the model knew: old pictures between the new ones, where they are at hand ("replay"), and an
interpolation between its first weights and the fine-tuned ones.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import tomli_w
import torch

from ..data.pairs import Pair, find_pairs
from ..errors import DatasetError, RecipeError
from ..files import replacing, write_text
from ..networks import build
from ..recipe import Crop, Loss, Optimiser, Recipe, Source, Validation, read_recipe
from .area import check_gsd, check_split, split
from .hardware import Hardware
from .interpolation import Choice, choose, interpolate, shares, thresholds
from .learner import Learner
from .loop import Result, fit
from .model import threshold_of, weights_file
from .pictures import draw_change
from .validation import THRESHOLD, Scores, validate
from .weights import load_weights, read_metadata, recipe_of, save_weights

OWN, REPLAY = "own", "replay"
INIT = "init.safetensors"  # a copy of what training started from
OLD_PICTURES = 32  # held out of the old pictures at most
TRAINED = 0.85  # of the time; the rest judges
LEAST_STEPS, MOST_STEPS = 100, 3000


@dataclass(frozen=True)
class Start:
    """The model that fine-tuning starts from, and the threshold in its manifest (0.5 for a run's weights)."""

    weights: Path
    recipe: Recipe
    threshold: float


@dataclass(frozen=True)
class Outcome:
    """How the run ended and, at its end, the chosen weights and their scores on pictures held out: before, after."""

    result: Result
    weights: Path | None = None
    choice: Choice | None = None
    own: tuple[Scores, Scores] | None = None
    old: tuple[Scores, Scores] | None = None


def starting_point(init: Path) -> Start:
    """The weights in a model folder, or a weights file."""
    weights = weights_file(init)
    threshold = threshold_of(init) if init.is_dir() else THRESHOLD
    return Start(weights, recipe_of(read_metadata(weights), weights), threshold)


def prepare(start: Start, data: Path, replay: Path | None, out: Path, minutes: float) -> Recipe:
    """Splits the own pictures and writes the run's recipe to `out/recipe.toml`.

    A run that is there already is kept. Raises RecipeError where it began from other weights or other pictures.
    """
    path, area = out / "recipe.toml", out / OWN
    if path.is_file():
        recipe = read_recipe(path)
        check_split(data, area)
        if (out / INIT).read_bytes() != start.weights.read_bytes():
            raise RecipeError(f"{out}: the run there began from other weights; give the same --init, or another --out")
        if (replay is not None) != any(source.name == REPLAY for source in recipe.source):
            raise RecipeError(f"{out}: the run there began with other --replay pictures; give the same, or another --out")
        return recipe
    check_gsd(find_pairs(data, "train"), start.recipe.release.gsd_m)
    split(data, area)
    check_split(data, area)
    with replacing(out / INIT) as file:
        file.write(start.weights.read_bytes())
    kept = None
    if replay is not None:
        old = find_pairs(replay, "train")
        if len(old) < 2:
            raise DatasetError(f"{replay}: one old picture is too few; give some of those the model was trained on")
        kept = len(old) - kept_back(old)
    recipe = make_recipe(start.recipe, LEAST_STEPS, kept)
    steps = int(TRAINED * minutes * 60 / seconds_per_step(recipe))
    recipe = make_recipe(start.recipe, min(max(steps, LEAST_STEPS), MOST_STEPS), kept)
    write_text(path, tomli_w.dumps(json.loads(recipe.model_dump_json(exclude_none=True))))
    return recipe


def kept_back(old: list[Pair]) -> int:
    """How many of the old pictures, the last ones, are kept for judging."""
    return min(OLD_PICTURES, max(1, len(old) // 4))


def make_recipe(first: Recipe, steps: int, kept: int | None) -> Recipe:
    """The recipe of a fine-tuning run: network, crops and loss as the model was trained, half of the crops own pictures.

    `kept` is the number of old pictures, None without; then the learning rate is lower.
    """
    sources = [Source(name=OWN, share=0.5, paste=0.1)]
    if kept is not None:
        sources.append(Source(name=REPLAY, share=0.5, limit=kept))
    return Recipe(
        steps=steps,
        seed=first.seed,
        ema=0.99,
        colour=first.colour,
        coarse=first.coarse,
        batch_norm="frozen",
        network=first.network.model_copy(update={"drop_path": 0.0}),
        pixels=first.pixels,
        optimiser=Optimiser(learning_rate=3e-4 if kept is not None else 1e-4, weight_decay=0.01, warmup=20),
        loss=Loss(**first.loss.model_dump() | {"features": 0.0}),
        source=tuple(sources),
        crop=first.crop,
        validation=Validation(source=OWN, part="val", every=max(steps // 4, 25), pictures=4, tile=first.release.side),
        release=first.release,
    )


def seconds_per_step(recipe: Recipe) -> float:
    """Time of a training step on this machine's processor, each kind of crop measured once after a first try."""
    learner = Learner(build(recipe.network), recipe).train()
    total = sum(crop.share for crop in recipe.crop)
    return sum(crop.share / total * _seconds(learner, recipe, crop) for crop in recipe.crop)


def _seconds(learner: Learner, recipe: Recipe, crop: Crop) -> float:
    stride = learner.network.stride // recipe.network.reduction
    image = torch.zeros(crop.batch, recipe.network.bands, crop.size, crop.size)
    truth = torch.zeros(crop.batch, 1, crop.size // stride, crop.size // stride)
    started = 0.0
    for _ in range(2):
        started = time.monotonic()
        learner(image, truth, False)["total"].backward()
    return time.monotonic() - started


def finetune(
    start: Start,
    recipe: Recipe,
    replay: Path | None,
    out: Path,
    hardware: Hardware | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Outcome:
    """Trains by the recipe of `prepare`, or goes on; the chosen weights are `out/fit.safetensors`, their scores fit.json.

    Scores before are at the model's threshold, those after at the chosen one. `minutes` ends training, to be resumed, where
    it takes longer than estimated.
    """
    sources = {OWN: out / OWN} | ({REPLAY: replay} if replay is not None else {})
    result = fit(recipe, sources, out, init=start.weights, hardware=hardware, minutes=minutes, quiet=quiet)
    if result.stopped is not None:
        return Outcome(result)
    own = find_pairs(out / OWN, "val")
    old = find_pairs(replay, "train") if replay is not None else []
    old = old[len(old) - kept_back(old) :] if old else []
    first, _ = load_weights(start.weights)
    last, metadata = load_weights(result.weights)
    judged: dict[Choice, tuple[Scores, Scores | None]] = {}
    for share in shares(bool(old)):
        network, tried = interpolate(first, last, share), thresholds(share, start.threshold)
        on_own, on_old = (
            validate(network, pairs, recipe, thresholds=tried, quiet=True) if pairs else {} for pairs in (own, old)
        )
        judged |= {Choice(share, threshold): (on_own[threshold], on_old.get(threshold)) for threshold in tried}
    before = Choice(0.0, start.threshold)
    choice = choose({tried: (a.landslide_iou, b and b.landslide_iou) for tried, (a, b) in judged.items()}, before)
    path, chosen = out / "fit.safetensors", interpolate(first, last, choice.share)
    note = f"{1 - choice.share:g} of the weights that training started from, {choice.share:g} of those it ended with"
    save_weights(path, chosen, metadata | {"note": note})
    draw_change(own, {"before": first, "after": chosen}, recipe, out / "pictures" / "fit", choice.threshold)
    (own_before, old_before), (own_after, old_after) = judged[before], judged[choice]
    what = "own pictures held out, by which share and threshold were chosen"
    found = {"what": what, "images": len(own), "threshold": choice.threshold, **own_after.as_dict()}
    write_text(out / "fit.json", json.dumps(found, indent=1) + "\n")
    return Outcome(result, path, choice, (own_before, own_after), (old_before, old_after) if old else None)
