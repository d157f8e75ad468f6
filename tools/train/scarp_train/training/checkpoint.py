"""What a run leaves in its folder: a checkpoint to go on from, the averaged weights, the best of them, and their scores."""

import json
import pickle
import warnings
from pathlib import Path

import torch

from ..errors import RecipeError, TrainError
from ..files import replacing, write_text
from ..recipe import Recipe, parse_recipe
from .model import WEIGHTS

CHECKPOINT = "checkpoint.pt"
BEST = "best.safetensors"
BEGUN = {  # what a run is known by beside its recipe, and what to do where it differs
    "images": "with other images or labels; give the same --source folders",
    "init": "from other weights; give the same --init",
}
KEYS = {"recipe", *BEGUN, "step", "network", "average", "optimiser", "features", "best", "validated", "damaged"}


def save_checkpoint(out: Path, state: dict) -> None:
    """Writes the checkpoint; the one before stays until the new one is whole."""
    with replacing(out / CHECKPOINT) as file:
        torch.save(state, file)


def load_checkpoint(out: Path, recipe: Recipe, begun: dict[str, str | None]) -> dict | None:
    """The state to go on from, None where there is none. `begun` are the hashes of what the run begins with (BEGUN).

    Raises RecipeError where the recipe, the images or the first weights are others than when the run began, TrainError for a
    damaged file.
    """
    path = out / CHECKPOINT
    if not path.exists():
        return None
    state = _read(path)
    # Another limit of damaged images changes nothing that is learnt.
    before = {**_with_defaults(json.loads(state["recipe"])), "damaged": recipe.damaged}
    if changed := _differences(before, json.loads(recipe.as_json())):
        raise RecipeError(
            f"{path}: the run began with another recipe ({', '.join(changed)}); change it back, or use another --out"
        )
    for what, now in begun.items():
        if state[what] != now:
            raise RecipeError(f"{path}: the run began {BEGUN[what]}, or use another --out")
    return state


def _read(path: Path) -> dict:
    anew = f"start anew in another --out, from --init {path.with_name(WEIGHTS)}"
    try:
        with warnings.catch_warnings(action="ignore"):  # of the pickles of other programs
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, KeyError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise TrainError(f"{path}: cannot be read ({reason}); {anew}") from error
    except pickle.UnpicklingError:  # whose text is advice for those who trust the file
        state = None
    if not isinstance(state, dict) or not state.keys() >= KEYS:
        raise TrainError(f"{path}: is no checkpoint of this version of scarp-train; {anew}")
    return state


def write_scores(out: Path, name: str, step: int, scores: dict[str, float]) -> None:
    """Writes last.json or best.json."""
    write_text(out / f"{name}.json", json.dumps({"step": step, **scores}, indent=1) + "\n")


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
