"""The commands of `scarp-train`, one file each."""

import argparse
import os
import sys

from ..errors import ElsewhereError, TrainError
from ..processes import is_first_process
from . import common, compare, compose, crossval, dataset, fit, networks, paper, release, score, train

COMMANDS = (train, fit, compose, crossval, compare, paper, dataset, networks, score, release)
EPILOG = """\
the usual way:
  scarp-sim tiles --seed 1 --count 400 --out data/sim
  scarp-train train --recipe tools/train/recipes/pretrain.toml --source sim=data/sim --out runs/pretrain
  scarp-train train --recipe tools/train/recipes/finetune.toml --source real=data/real --source sim=data/sim \\
      --init runs/pretrain/weights.safetensors --out runs/final
  scarp-train release --weights runs/final/weights.safetensors --name mine --golden data/real/images/NAME.tif --out models

exit status: 0 done; 1 stopped by an error, or `dataset check` found something; 2 wrong command line; 3 stopped by --minutes
before the end, and 130 interrupted, both to be resumed by the same command
"""


def main(argv: list[str] | None = None) -> int:
    """Runs one command; its exit status, with one line on standard error when it could not be done."""
    try:
        options = _parser().parse_args(argv)
        status = options.run(options) or 0
        sys.stdout.flush()  # a reader that has gone shows here, not while Python ends
        return status
    except KeyboardInterrupt:
        if is_first_process():
            print("interrupted", file=sys.stderr)
        return common.STATUS_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return common.STATUS_PIPE_CLOSED
    except ElsewhereError:
        return 0
    except TrainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {f'{error.filename}: {error.strerror}' if error.filename else error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "scarp-train",
        description="Trains, fine-tunes, compares and releases networks that find landslides.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_arguments(commands)
    return parser
