"""A whole cross-validation: the division into folds, one fold after the other until the clock ends it, and the report."""

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

from ..calibration import Fitted
from ..data.pairs import find_pairs
from ..errors import RecipeError
from ..files import write_text
from ..processes import is_first_process
from ..recipe import Recipe
from ..training.loop import Result
from .charts import draw_cost, draw_reliability
from .folds import REAL, Division, link_split, make_folds, read_groups
from .judge import claim, fold_sources, judge
from .summary import Fold, summarise
from .table import as_markdown
from .unseen import check_start

# Calibrated, it means a threshold of 1 / (1 + 1.5) = 0.4. F1, and with it IoU, is greatest at half of the best F1 (Lipton et
# al., Optimal Thresholding of Classifiers to Maximize F1 Measure, 2014), and the networks here reach 0.8.
MISS_COST = 1.5


@dataclass(frozen=True)
class Plan:
    """What is cross-validated: a recipe on the labelled images at `data`, where `groups` names those that stay together.

    `places` are folders without landslides by name, `sources` the recipe's other sources; these and `init` may say {fold}.
    `only` are the folds to run, all where it is empty; `miss_cost` is what a missed pixel costs beside a falsely found one.
    """

    recipe: Recipe
    data: Path
    out: Path
    groups: Path | None = None
    places: dict[str, Path] = field(default_factory=dict)
    sources: dict[str, Path] = field(default_factory=dict)
    folds: int = 4
    only: tuple[int, ...] = ()
    init: Path | None = None
    miss_cost: float = MISS_COST

    @property
    def chosen(self) -> tuple[int, ...]:
        """The folds to run."""
        return self.only or tuple(range(self.folds))


def divide(plan: Plan) -> Division:
    """Divides the images and links both sides of each fold below `out`. Raises RecipeError and DatasetError."""
    if wrong := [fold for fold in plan.chosen if not 0 <= fold < plan.folds]:
        raise RecipeError(f"--only {wrong[0]}: there are folds 0 to {plan.folds - 1}")
    if REAL not in plan.recipe.source_names:
        raise RecipeError(f"the recipe names no source '{REAL}', which stands for --data; add or rename it")
    pairs = find_pairs(plan.data)
    names = [pair.name for pair in pairs]
    groups = read_groups(plan.groups, names) if plan.groups else [[name] for name in names]
    division = Division(plan.data, pairs, make_folds(groups, plan.folds), plan.places)
    if is_first_process():  # it links and scores; those of further devices only train along
        claim(plan.out, plan.recipe, division)
        for fold in plan.chosen:
            link_split(division, fold, plan.out / f"fold-{fold}")
    return division


def cross_validate(plan: Plan, minutes: float | None = None, **how: object) -> Result | None:
    """Trains and judges fold after fold, or goes on; the result of the one that was stopped early, None at the end.

    `minutes` hold for all folds together; a fold whose last step is within them is judged all the same, which takes a minute
    or two. `how` goes to `fit`.
    """
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    division = divide(plan)
    if is_first_process():
        check_start(plan.init, division)
    for fold in plan.chosen:  # what forbids one is said before hours go into another
        fold_sources(plan.recipe, fold, division, plan.sources, plan.out)
    for fold in plan.chosen:
        left = None if minutes is None else max((end - time.monotonic()) / 60, 0.0)
        result = judge(plan.recipe, fold, division, plan.sources, plan.out, plan.init, minutes=left, **how)
        if result.stopped is not None:
            return result
    return None


def report(plan: Plan) -> dict:
    """Pools the folds that are there, of this call and of earlier ones, into the files that `crossval` leaves."""
    out, there = plan.out, {path.stem: Fold.read(path) for path in sorted(plan.out.glob("fold-*.json"))}
    summary = summarise(there, plan.miss_cost)
    images = summary["images"] + sum(place["images"] for place in summary["places"].values())
    shared = {key: summary[key] for key in ("threshold", "miss_cost")}
    fitted = Fitted(**summary["calibration"], **shared, images=images, network=plan.recipe.network)
    write_text(out / "calibration.json", fitted.model_dump_json(indent=1) + "\n")
    write_text(out / "crossval.md", as_markdown(summary))
    draw_reliability(summary, out / "reliability.png")
    draw_cost(summary, out / "cost.png")
    write_text(out / "crossval.json", json.dumps(summary, indent=1) + "\n")
    return summary
