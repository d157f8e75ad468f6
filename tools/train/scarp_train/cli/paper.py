"""`scarp-train paper`: trains what a paper's table needs and sets ours beside the published figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NetworkError, TrainError
from .common import add_hardware, add_minutes, finish, hardware

if TYPE_CHECKING:
    from ..recipe import NetworkSpec

TABLES = ("4", "5", "6", "7", "8", "9", "10", "hr-gldd")
EPILOG = """\
DIR holds GDCLD's archives (train_dataset.zip, val_dataset.zip, test_data.zip) or folders. Tables 9, 10 and hr-gldd want
DIR/gdcld and, imported by `scarp-train dataset import`, DIR/hr-gldd, DIR/gvlm and DIR/cas.
The same command goes on where it was interrupted. A network that several tables need is trained once in one OUT.

examples:
  scarp-train paper --data GDCLD --table 5 --estimate-only
  scarp-train paper --data GDCLD --table 5 --networks segformer unet --seeds 3
  scarp-train paper --rehearse --table all --out target/rehearsal
"""


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "paper",
        help="train what a paper's table needs, and print it beside the published one",
        description="Trains by the paper's split and settings, scores by scarp-forge, and writes OUT/table-N.md and .json.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--data", type=Path, metavar="DIR", help="the datasets; a rehearsal makes its own")
    command.add_argument("--table", nargs="+", required=True, choices=(*TABLES, "all"), help="one or more tables")
    command.add_argument("--networks", nargs="+", metavar="NAME", help="only rows of these, for example segformer unet")
    command.add_argument("--seeds", type=_positive, default=1, metavar="N", help="train each network N times (default 1)")
    command.add_argument("--out", type=Path, default=Path("runs/paper"), metavar="DIR", help="default runs/paper")
    command.add_argument("--weights-folder", type=Path, metavar="DIR", help="pretrained encoder weights, without internet")
    command.add_argument("--random-encoders", action="store_true", help="start from random weights instead of ImageNet's")
    command.add_argument("--recipes", type=Path, metavar="DIR", help="other than tools/train/recipes/paper")
    command.add_argument("--rehearse", action="store_true", help="go the whole way in minutes on simulated tiles")
    command.add_argument("--estimate-only", action="store_true", help="say what it would cost, and stop")
    command.add_argument("--yes", action="store_true", help="start without asking")
    add_hardware(command)
    add_minutes(command)
    command.set_defaults(run=run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def run(options: argparse.Namespace) -> int:
    """Trains, scores and prints; the exit status, 1 where the user does not want to start."""
    from ..paper import costs, plan, rehearsal, run, simulated
    from ..paper.data import locate
    from ..paper.forge import find_forge

    names = list(TABLES) if "all" in options.table else list(dict.fromkeys(options.table))
    wanted = plan.make_plan(names, options.networks, options.recipes or plan.RECIPES)
    if options.random_encoders:
        wanted = plan.without_pretraining(wanted)
    leads = run.is_first_process()
    data = options.data
    if options.rehearse:
        wanted = rehearsal.rehearsed(wanted)
        data = options.out / "simulated"
        if leads:
            simulated.publish(data, set(wanted.datasets))
    elif data is None:
        raise TrainError("--data: say where the datasets are, or --rehearse on simulated ones")
    needs_forge = any(training.recipe.network.bands == plan.RGB for training in wanted.trainings)
    place = run.Place(
        datasets=locate(data, wanted.datasets),
        out=options.out,
        forge=find_forge() if needs_forge and not options.estimate_only else None,
        hardware=hardware(options),
        weights_folder=options.weights_folder,
        quiet=options.quiet or options.rehearse,
    )
    trainings = [run.seeded(training, seed) for training in wanted.trainings for seed in range(options.seeds)]
    _check_weights([training.recipe.network for training in trainings if not run.is_trained(training, place)], options)
    if leads:
        print(costs.estimate_all(wanted, trainings, place), file=sys.stderr, flush=True)
        if options.estimate_only:
            return 0
        if not (options.rehearse or options.yes or _agreed()):
            return 1
    stopped = run.train(trainings, place, options.minutes)
    if stopped is not None:
        return finish(stopped, options)
    if leads:
        scores = run.score(wanted, trainings, place)
        for text in run.tables(wanted, scores, place, rehearsal.WARNING if options.rehearse else None):
            print(f"\n{text}", flush=True)
    return 0


def _check_weights(specs: list[NetworkSpec], options: argparse.Namespace) -> None:
    """Says before anything is estimated or asked which pretrained weights cannot be had; an estimate needs none."""
    from ..networks.pretrained import check_pretrained

    for spec in dict.fromkeys(specs):
        try:
            check_pretrained(spec, options.weights_folder)
        except NetworkError as error:
            text = f"{error}; or start from random weights with --random-encoders"
            if not options.estimate_only:
                raise NetworkError(text) from error
            print(f"warning: {text}", file=sys.stderr)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise TrainError("nobody is there to be asked whether to start; add --yes")
    return input("start? [y/N] ").strip().lower() in ("y", "yes")
