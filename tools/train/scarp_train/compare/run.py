"""Running a comparison in slices: every variant by the first seed, then by the next, each where it was left."""

import dataclasses
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

from ..compose.run import compose_set
from ..crossval.folds import folder_of_fold
from ..crossval.run import Plan, cross_validate, divide, report
from ..errors import RecipeError
from ..files import write_text
from .plan import COMPOSITES, Comparison, composites_of

PLAN, SPENT, DONE = "plan.json", "minutes.json", "crossval.json"  # in the folder of a variant and seed


def compare(
    comparison: Comparison, out: Path, minutes: float | None = None, seeds: Sequence[int] = (), **how: object
) -> str | None:
    """Runs what is left to run of some seeds, or all; why it ended before that, if it did ("out of time", "interrupted").

    `how` goes to `fit`. Raises RecipeError where what was run before in `out` was another comparison.
    """
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    if wrong := [seed for seed in seeds if seed not in comparison.seeds]:
        raise RecipeError(f"--seed {wrong[0]}: is none of the comparison's, {', '.join(map(str, comparison.seeds))}")
    wanted = seeds or comparison.seeds
    runs = [(variant, comparison.plan(variant, seed, out)) for seed in wanted for variant in comparison.variant]
    for _, plan in runs:
        _check(comparison, plan)
    for variant, plan in runs:
        if (plan.out / DONE).is_file():
            continue
        if time.monotonic() >= end:
            return "out of time"
        plan.out.mkdir(parents=True, exist_ok=True)
        write_text(plan.out / PLAN, _identity(comparison, plan))
        if COMPOSITES in variant.shares and not _compose(comparison, plan, out, end):
            return "out of time"
        began = time.monotonic()
        stopped = cross_validate(plan, _left(end), **how)
        write_text(plan.out / SPENT, json.dumps(minutes_of(plan.out) + (time.monotonic() - began) / 60))
        if stopped is not None:
            return stopped.stopped
        report(plan)
    return None


def minutes_of(folder: Path) -> float:
    """What a variant and seed took so far, composites apart."""
    path = folder / SPENT
    return json.loads(path.read_text()) if path.is_file() else 0.0


def _left(end: float) -> float | None:
    return None if end == math.inf else max((end - time.monotonic()) / 60, 0.0)


def _compose(comparison: Comparison, plan: Plan, out: Path, end: float) -> bool:
    """Composes for each fold, or goes on; false where time ran out."""
    divide(plan)
    for fold in plan.chosen:
        folder = folder_of_fold(composites_of(out, plan.recipe.seed), fold)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made_of = comparison.composition(plan, fold)
        if not compose_set(made_of, comparison.composites.count, folder, minutes=_left(end), quiet=True):
            return False
    return True


def _identity(comparison: Comparison, plan: Plan) -> str:
    """Everything that decides a result, but for the content of the pictures, which each run knows for itself."""
    values = dataclasses.asdict(plan) | {"recipe": json.loads(plan.recipe.as_json())}
    if COMPOSITES in plan.sources:
        values["composites"] = comparison.composites.model_dump()
    return json.dumps(values, indent=1, default=str, sort_keys=True)


def _check(comparison: Comparison, plan: Plan) -> None:
    path = plan.out / PLAN
    if path.is_file() and path.read_text() != _identity(comparison, plan):
        raise RecipeError(f"{plan.out}: was run with other settings; change them back, or give another --out")
