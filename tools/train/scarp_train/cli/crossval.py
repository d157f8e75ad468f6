"""`scarp-train crossval`: a recipe judged on images held out by group, and on places held out whole."""

import argparse
import json
import math
from pathlib import Path

from ..processes import is_first_process
from .common import add_recipe, finish, hardware, named_folders, positive


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "crossval",
        help="score a recipe on images held out by group, and on places held out whole",
        description="Trains once for each fold without its images and places, scores them, and pools the pixels of all. The "
        "recipe's source 'real' is the training side of each split. Each fold leaves float.onnx and links to its images for "
        "scarp-forge; the whole leaves crossval.json, crossval.md, calibration.json for 'scarp-train release', and "
        "reliability.png and cost.png. --minutes holds for all folds together.",
    )
    add_recipe(command)
    command.add_argument(
        "--data", type=Path, required=True, help="labelled images; the recipe must name its source of them 'real'"
    )
    command.add_argument("--groups", type=Path, help="text file: one line of image names that must stay together")
    command.add_argument(
        "--negative",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="a place without landslides (repeatable); one fold holds it out, the others train on it if the recipe names it",
    )
    command.add_argument("--folds", type=positive, default=4, help="number of splits (default 4)")
    command.add_argument(
        "--only", type=int, action="append", default=[], help="run this fold only (repeatable); pools what is there"
    )
    command.add_argument(
        "--miss-cost",
        type=_cost,
        metavar="N",
        help="how many falsely found pixels cost as much as a missed one, by which the threshold is chosen. Calibrated, N "
        "means a threshold of 1 / (1 + N). The default 1.5 means 0.4, where IoU is greatest for a network whose F1 is 0.8. "
        "Give more where somebody has the time to look at whatever was found, less where false alarms would be ignored",
    )
    command.add_argument(
        "--divide-only",
        action="store_true",
        help="only divide: link each fold's images, to compose of its inside; a --source, and --init, may say {fold}",
    )
    command.set_defaults(run=run)


def _cost(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def run(options: argparse.Namespace) -> int:
    """Runs the folds and prints the pooled scores as JSON."""
    from ..crossval.folds import REAL
    from ..crossval.run import MISS_COST, Plan, cross_validate, divide, report
    from ..recipe import read_recipe

    recipe = read_recipe(options.recipe)
    places = named_folders(options.negative, option="--negative")
    plan = Plan(
        recipe,
        options.data,
        options.out,
        groups=options.groups,
        places=places,
        sources=named_folders(options.source, recipe.source_names - {REAL} - places.keys()),
        folds=options.folds,
        only=tuple(options.only),
        init=options.init,
        miss_cost=MISS_COST if options.miss_cost is None else options.miss_cost,
    )
    if options.divide_only:
        divide(plan)
        return 0
    how = {"weights_folder": options.weights_folder, "hardware": hardware(options), "quiet": options.quiet}
    stopped = cross_validate(plan, options.minutes, **how)
    if stopped is not None:
        return finish(stopped, options)
    if is_first_process():
        print(json.dumps(report(plan), indent=1))
    return 0
