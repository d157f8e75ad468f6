"""What a run leaves in its folder: a checkpoint to go on from, the averaged weights, the best of them, and their scores."""

import hashlib
import json
from pathlib import Path

import torch

from ..data.pairs import Pair
from ..errors import RecipeError, TrainError
from ..files import replacing, write_text
from ..recipe import Recipe, parse_recipe

CHECKPOINT = "checkpoint.pt"
BEST = "best.safetensors"
RECIPE = "recipe.json"


def save_checkpoint(out: Path, state: dict) -> None:
    """Writes the checkpoint; the one before stays until the new one is whole."""
    with replacing(out / CHECKPOINT) as file:
        torch.save(state, file)


def load_checkpoint(out: Path, recipe: Recipe, images: str) -> dict | None:
    """The state to go on from, None where there is none.

    Raises RecipeError where the recipe or the images are others than when the run began, TrainError for a damaged file.
    """
    path = out / CHECKPOINT
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        before = _with_defaults(json.loads(state["recipe"]))
    except (OSError, RuntimeError, EOFError, KeyError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise TrainError(
            f"{path}: cannot be read ({reason}); start anew in another --out, from --init {out}/weights.safetensors"
        ) from error
    if changed := _differences(before, json.loads(recipe.as_json())):
        raise RecipeError(
            f"{path}: the run began with another recipe ({', '.join(changed)}); change it back, or use another --out"
        )
    if state["images"] != images:
        raise RecipeError(f"{path}: the run began with other images; give the same --source folders, or use another --out")
    return state


def write_scores(out: Path, name: str, step: int, scores: dict[str, float]) -> None:
    """Writes last.json or best.json."""
    write_text(out / f"{name}.json", json.dumps({"step": step, **scores}, indent=1) + "\n")


def fingerprint(pairs: dict[str, list[Pair]]) -> str:
    """A hash of the names of all images by source: other images make another run."""
    text = json.dumps({source: [pair.name for pair in found] for source, found in pairs.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _with_defaults(recipe: dict) -> dict:
    """A recipe of an earlier version, with the keys that have come since; as it is where this version cannot read it."""
    try:
        return json.loads(parse_recipe(recipe, CHECKPOINT).as_json())
    except RecipeError:
        return recipe


def _differences(before: object, now: object, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        keys = sorted(before.keys() | now.keys())
        return [d for key in keys for d in _differences(before.get(key), now.get(key), f"{place}.{key}" if place else key)]
    return [] if before == now else [f"{place} was {json.dumps(before)}, is {json.dumps(now)}"]
