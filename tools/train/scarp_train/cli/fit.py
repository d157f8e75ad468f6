"""`scarp-train fit`: from a released model and about twenty own pictures to a local model."""

import argparse
import sys
from pathlib import Path

from ..errors import RecipeError
from .common import add_hardware, finish, hardware


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "fit",
        help="fine-tune a released model on own pictures",
        description="Holds out a quarter of the pictures, fine-tunes on the others and keeps at most half of the change. "
        "The recipe is written to OUT/recipe.toml.",
    )
    command.add_argument("--init", type=Path, required=True, help="model folder with weights.safetensors, or such a file")
    command.add_argument(
        "--data", type=Path, required=True, help="own pictures and labels in images/ and labels/, 5 at least"
    )
    command.add_argument(
        "--replay",
        type=Path,
        metavar="DIR",
        help="pictures like those the model was trained on, best 100 new ones, so that it loses little elsewhere",
    )
    command.add_argument(
        "--out", type=Path, default=Path("fit"), help="folder of the run; run again to resume (default: fit)"
    )
    add_hardware(command)
    command.add_argument("--minutes", type=float, default=60, metavar="N", help="time that training may take (default: 60)")
    command.add_argument("--release-as", metavar="NAME", help="release the result to OUT/models/NAME")
    command.add_argument(
        "--non-commercial", action="store_true", help="release it so marked, where its training data want that"
    )
    command.set_defaults(run=run, devices=1)


def run(options: argparse.Namespace) -> int:
    """Fine-tunes, prints scores before and after, and releases if asked to; the exit status."""
    from ..data.licences import describe_sources, model_licence
    from ..release.manifest import check_name
    from ..training.finetune import OWN, REPLAY, finetune, prepare, starting_point
    from ..training.folder import claimed
    from ..training.weights import read_metadata, training_data

    if not options.minutes > 0:
        raise RecipeError(f"--minutes is {options.minutes:g}; give how long training may take")
    if options.devices != 1:
        raise RecipeError("fit runs on one device; leave --devices out")
    start = starting_point(options.init)
    if options.release_as:  # what forbids a release is said before an hour is spent
        check_name(options.release_as)
        sources = {OWN: options.data} | ({REPLAY: options.replay} if options.replay else {})
        model_licence(training_data(read_metadata(start.weights)) + describe_sources(sources), options.non_commercial)
    devices = hardware(options)
    with claimed(options.out):
        recipe = prepare(start, options.data, options.replay, options.out, options.minutes)
        if not options.quiet:
            print(f"{options.out / 'recipe.toml'}: {recipe.steps} steps", file=sys.stderr)
        outcome = finetune(start, recipe, options.replay, options.out, devices, options.minutes, options.quiet)
    if outcome.weights is None:
        return finish(outcome.result, options)
    print(
        f"{outcome.weights}: {outcome.choice.share:.0%} of the way to the fine-tuned weights; on pictures held out, at "
        f"threshold {start.threshold:g} before and {outcome.choice.threshold:g} after:"
    )
    _tell("own pictures", outcome.own)
    _tell("old pictures", outcome.old)
    if options.release_as:
        _release(options, outcome.weights, outcome.choice.threshold)
    return 0


def _tell(what: str, scores: tuple | None) -> None:
    if scores is None:
        print(f"  {what}: not measured, for want of --replay")
        return
    before, after = scores
    print(
        f"  {what}: landslide IoU {before.landslide_iou:.1%} before, {after.landslide_iou:.1%} after; precision "
        f"{before.precision:.1%}, "
        f"{after.precision:.1%}; recall {before.recall:.1%}, {after.recall:.1%}"
    )


def _release(options: argparse.Namespace, weights: Path, threshold: float) -> None:
    from ..release.release import Plan, release
    from ..training.finetune import OWN

    plan = Plan(
        weights=weights,
        name=options.release_as,
        golden=options.out / OWN,
        out=options.out / "models",
        threshold=threshold,
        non_commercial=options.non_commercial,
    )
    print(f"{release(plan)}: released; what was measured is in MODEL_CARD.md")
