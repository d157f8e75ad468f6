"""Options that several commands share."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RecipeError
from ..processes import is_first_process

if TYPE_CHECKING:
    from ..training.hardware import Hardware
    from ..training.loop import Result

STATUS_OUT_OF_TIME = 3
STATUS_INTERRUPTED = 130
STATUS_PIPE_CLOSED = 141  # as of a program that SIGPIPE ends: `scarp-train networks | head`


def add_recipe(command: argparse.ArgumentParser) -> None:
    """Options of a run by a recipe."""
    command.add_argument("--recipe", type=Path, required=True, help="TOML file; see tools/train/recipes")
    command.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="folder or zip archives of a source that the recipe names, in GDCLD's layout, or images/ and labels/. Repeat "
        "for each",
    )
    command.add_argument(
        "--init", type=Path, help="weights.safetensors of an earlier run, or a released model's folder, to start from"
    )
    command.add_argument(
        "--weights-folder",
        type=Path,
        metavar="DIR",
        help="folder of pretrained encoder weights, for machines without internet",
    )
    command.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, weights and logs; run again to resume"
    )
    add_hardware(command)
    add_minutes(command)


def add_minutes(command: argparse.ArgumentParser) -> None:
    """The option that ends a run by the clock."""
    command.add_argument("--minutes", type=minutes, metavar="N", help="stop after so long, saved; the same command goes on")


def add_hardware(command: argparse.ArgumentParser) -> None:
    """Options that say how to use the machine; none changes what is learnt beyond rounding."""
    command.add_argument("--accelerator", choices=("auto", "cpu", "cuda"), default="auto")
    command.add_argument(
        "--devices", type=_devices, default="auto", help="number on this machine (default: all GPUs, or the CPU)"
    )
    command.add_argument(
        "--device-batch", type=positive, metavar="N", help="samples a device holds at once; lower it for less memory"
    )
    command.add_argument("--workers", type=_whole, metavar="N", help="processes for each device that read images (0: none)")
    command.add_argument(
        "--compile", action="store_true", help="let torch.compile optimise the network: minutes first, then faster"
    )
    command.add_argument("--threads", type=positive, metavar="N", help="CPU threads for PyTorch")
    command.add_argument("--quiet", action="store_true", help="no progress")


def hardware(options: argparse.Namespace) -> Hardware:
    """The hardware that the options choose."""
    from ..training.hardware import Hardware

    if options.threads is not None:
        import torch

        torch.set_num_threads(options.threads)
    return Hardware(options.accelerator, options.devices, options.device_batch, options.workers, options.compile)


def named_folders(values: list[str], wanted: set[str] | None = None, option: str = "--source") -> dict[str, Path]:
    """NAME=DIR of an option, by name. Raises RecipeError for a name that comes twice, or is not `wanted`."""
    pairs = [value.partition("=") for value in values]
    if wrong := [value for value, (name, _, folder) in zip(values, pairs) if not name or not folder]:
        raise RecipeError(f"{option} {wrong[0]}: wants NAME=DIR, for example sim=data/sim")
    names = [name for name, _, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise RecipeError(f"{option} {twice[0]}: is given twice; give the one that is meant")
    if unused := [name for name in names if wanted is not None and name not in wanted]:
        raise RecipeError(f"{option} {unused[0]}: is none of the recipe's sources, {', '.join(sorted(wanted))}")
    return {name: Path(folder) for name, _, folder in pairs}


def finish(result: Result, options: argparse.Namespace) -> int:
    """Says how a run ended, once for all its devices; the exit status, which is that of the first one's process."""
    if not is_first_process():
        return 0
    if result.stopped is None:
        if not options.quiet:
            print(f"{result.weights}: trained to step {result.step}", file=sys.stderr)
        return 0
    print(f"{result.stopped} after step {result.step} of {result.steps}, saved; the same command goes on", file=sys.stderr)
    return STATUS_INTERRUPTED if result.stopped == "interrupted" else STATUS_OUT_OF_TIME


def _devices(text: str) -> int | str:
    return text if text == "auto" else positive(text)


def positive(text: str) -> int:
    """A number from 1 up."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def minutes(text: str) -> float:
    """A time in minutes, 0 or more."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError("must be a number of minutes, 0 or more")
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value
