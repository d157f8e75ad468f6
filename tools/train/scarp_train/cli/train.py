"""`scarp-train train`: a run by a recipe."""

import argparse

from .common import add_recipe, finish, hardware, named_folders


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "train",
        help="train by a recipe, or go on where an interrupted run stopped",
        description="The recipe is the whole truth of a run; the options below tie it to folders and hardware. Several "
        "GPUs are used by"
        " themselves; several machines by `torchrun` or SLURM around the same command. Ctrl-C saves.",
    )
    add_recipe(command)
    command.add_argument("--estimate-only", action="store_true", help="say what it would cost, and stop")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Trains; the exit status."""
    from ..recipe import read_recipe
    from ..training.loop import fit

    recipe = read_recipe(options.recipe)
    sources = named_folders(options.source, recipe.source_names)
    if options.estimate_only:
        from ..paper.costs import estimate_recipe

        print(estimate_recipe(recipe, sources, hardware(options), options.recipe.stem))
        return 0
    result = fit(
        recipe,
        sources,
        options.out,
        init=options.init,
        weights_folder=options.weights_folder,
        hardware=hardware(options),
        minutes=options.minutes,
        quiet=options.quiet,
    )
    return finish(result, options)
