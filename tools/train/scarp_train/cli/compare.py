"""`scarp-train compare`: variants of a recipe, each cross-validated, in one table."""

import argparse
import sys
from pathlib import Path

from ..processes import is_first_process
from .common import STATUS_INTERRUPTED, STATUS_OUT_OF_TIME, add_hardware, add_minutes, hardware


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "compare",
        help="cross-validate variants of a recipe by the same steps and seeds, and print what each gives",
        description="Trains every variant of the file from the same weights, by each seed, and judges it as 'crossval' "
        "does. Works in slices: --minutes ends one, the same command goes on, and at the end of each the table of what "
        "there is goes to OUT/compare.md and is printed. See tools/train/bench/levers.toml.",
    )
    command.add_argument("comparison", type=Path, metavar="FILE", help="TOML file of the variants")
    command.add_argument("--out", type=Path, required=True, help="folder of the runs; run again to go on")
    command.add_argument(
        "--seed",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="run this one of the seeds only (repeatable), beside another process that runs others",
    )
    command.add_argument("--table-only", action="store_true", help="print the table of what there is, and stop")
    add_hardware(command)
    add_minutes(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compares, and prints the table; the exit status."""
    from ..compare.plan import read_comparison
    from ..compare.run import compare
    from ..compare.table import as_markdown
    from ..files import write_text

    comparison, stopped = read_comparison(options.comparison), None
    if not options.table_only:
        how = {"hardware": hardware(options), "quiet": options.quiet}
        stopped = compare(comparison, options.out, options.minutes, options.seed, **how)
    if not is_first_process():
        return 0
    text = as_markdown(comparison, options.out)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "compare.md", text + "\n")
    print(text)
    if stopped is None:
        return 0
    print(f"{stopped}, saved; the same command goes on", file=sys.stderr)
    return STATUS_INTERRUPTED if stopped == "interrupted" else STATUS_OUT_OF_TIME
