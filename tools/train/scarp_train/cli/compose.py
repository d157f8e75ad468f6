"""`scarp-train compose`: real ground with slides that are not there, made of other real pictures' pixels."""

import argparse
import sys
from pathlib import Path

from .common import STATUS_OUT_OF_TIME, add_minutes, positive


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "compose",
        help="make labelled pictures of real ground, real slides' texture and simulated outlines",
        description="Lays slides over real ground, and, as what is not to be found, bare fields of regular outline. The "
        "texture of slides is quilted from labelled pictures, their outlines come from simulated tiles. Nothing but the "
        "pictures given is used, so the composites of a fold of cross-validation are made of its inside alone. The same "
        "command goes on where it stopped.",
    )
    command.add_argument(
        "--slides",
        type=Path,
        required=True,
        action="append",
        metavar="DIR",
        help="pictures with labels; their ground serves too",
    )
    command.add_argument(
        "--background", type=Path, action="append", default=[], metavar="DIR", help="pictures of other ground (repeatable)"
    )
    command.add_argument(
        "--shapes", type=Path, required=True, metavar="DIR", help="tiles of `scarp-sim tiles`, for outlines"
    )
    command.add_argument("--count", type=positive, required=True, help="number of tiles")
    command.add_argument("--seed", type=int, default=0, help="tile N of a seed is always the same")
    command.add_argument(
        "--gsd", type=float, default=0.2, metavar="METRES", help="of the network; finer pictures are reduced"
    )
    command.add_argument("--side", type=positive, default=1024, help="of a tile in pixels, at most")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder, or one to go on with")
    command.add_argument("--processes", type=positive, default=1, help="that compose beside each other (1)")
    add_minutes(command)
    command.add_argument("--quiet", action="store_true", help="no progress")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Composes, and says where the licence is still to be stated; the exit status."""
    from ..compose.run import Plan, compose_set
    from ..data.licences import describe_sources

    plan = Plan(tuple(options.slides), tuple(options.background), options.shapes, options.seed, options.gsd, options.side)
    done = compose_set(plan, options.count, options.out, options.processes, options.minutes, options.quiet)
    if not describe_sources({"": options.out})[0].licence:
        why = "for not all pictures have one; see [licence] in tools/train/README.md"
        print(f"{options.out}: has no licence, {why}", file=sys.stderr)
    if not done:
        print(f"{options.out}: out of time, the same command goes on", file=sys.stderr)
    return 0 if done else STATUS_OUT_OF_TIME
