"""`scarp-train crossval`: a recipe judged on images held out by group."""

import argparse
import json
import sys
from pathlib import Path

from ..errors import RecipeError
from ..files import write_text
from ..processes import is_first_process
from .common import add_recipe, finish, hardware, named_folders, positive


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "crossval",
        help="score a recipe on images held out by group",
        description="Trains once for each fold without its images, scores them, and pools the pixels of all. The recipe's "
        "source 'real' is"
        " the training side of each split. Each fold leaves float.onnx and links to its images for scarp-forge.",
    )
    add_recipe(command)
    command.add_argument(
        "--data", type=Path, required=True, help="labelled images; the recipe must name its source of them 'real'"
    )
    command.add_argument("--groups", type=Path, help="text file: one line of image names that must stay together")
    command.add_argument("--folds", type=positive, default=4, help="number of splits (default 4)")
    command.add_argument("--only", type=int, action="append", help="run this fold only (repeatable); pools what is there")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the folds and prints the pooled scores as JSON."""
    from .. import crossval
    from ..data.pairs import find_pairs
    from ..recipe import read_recipe
    from ..release.export import export_onnx
    from ..training.loop import fit
    from ..training.weights import load_weights

    chosen = range(options.folds) if options.only is None else options.only
    if wrong := [fold for fold in chosen if not 0 <= fold < options.folds]:
        raise RecipeError(f"--only {wrong[0]}: there are folds 0 to {options.folds - 1}")
    recipe = read_recipe(options.recipe)
    if crossval.REAL not in recipe.source_names:
        raise RecipeError(f"{options.recipe}: names no source '{crossval.REAL}', which stands for --data; add or rename it")
    sources = named_folders(options.source, recipe.source_names - {crossval.REAL})
    pairs = find_pairs(options.data)
    names = [pair.name for pair in pairs]
    groups = crossval.read_groups(options.groups, names) if options.groups else [[name] for name in names]
    folds = crossval.make_folds(groups, options.folds)
    homes = {fold: options.out / f"fold-{fold}" for fold in chosen}
    if is_first_process():  # it links and scores; those of further devices only train along
        for fold, home in homes.items():
            crossval.link_images([pair for pair in pairs if pair.name in folds[fold]], home / "held-out")
            crossval.link_images([pair for pair in pairs if pair.name not in folds[fold]], home / "inside")
    for fold, home in homes.items():
        result = fit(
            recipe.model_copy(update={"seed": recipe.seed + fold}),
            {**sources, crossval.REAL: home / "inside"},
            home,
            init=options.init,
            weights_folder=options.weights_folder,
            hardware=hardware(options),
            minutes=options.minutes,
            quiet=options.quiet,
        )
        if result.stopped is not None:
            return finish(result, options)
        if not is_first_process():
            continue
        network, _ = load_weights(result.weights)
        held_out = [pair for pair in pairs if pair.name in folds[fold]]
        write_text(options.out / f"fold-{fold}.json", json.dumps(crossval.score_fold(network, held_out, recipe), indent=1))
        export_onnx(network, home / "float.onnx", recipe.release.side)
        print(f"fold {fold}: done, held out {' '.join(folds[fold])}", file=sys.stderr)
    if not is_first_process():
        return 0
    report = json.dumps(crossval.summarise(options.out), indent=1)
    write_text(options.out / "crossval.json", report)
    print(report)
    return 0
