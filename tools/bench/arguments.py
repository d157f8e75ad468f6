"""The command line. Needs nothing but Python, so that help and mistakes come before engines are installed."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from encoders import ENCODERS
from machine import cores

DESCRIPTION = """\
Compares inference engines on SegFormer, honestly: one machine, one run, all engines in turns.

Every engine gets the standard export and the folded graph of `scarp-forge optimise`, in every precision that it could win
with, and runs in a process of its own. The first run installs the engines (6 GB below target/) and makes the graphs (some
minutes for MiT-B4); later ones use them again. All engines are loaded at once: MiT-B4 takes about 16 GB of memory.
"""
EPILOG = """\
Exit status: 0 all went well; 1 an engine or a graph failed, which is told in one line; 2 wrong command line.

example: tools/bench/peers --models b0 --threads 1 --engines ort,openvino
"""
ENGINES = ("ort", "openvino", "ncnn", "tract", "scarp")


def parse(words: list[str]) -> argparse.Namespace:
    """The options; a wrong command line ends the program with status 2."""
    parser = _parser()
    options = parser.parse_args(words)
    if most := [threads for threads in options.threads if threads > cores()]:
        parser.error(f"--threads {most[0]}: this machine has {cores()} cores")
    for path in (options.tiles, options.b0_weights):
        if path and not path.exists():
            parser.error(f"{path}: does not exist")
    if options.json and not options.json.resolve().parent.is_dir():
        parser.error(f"{options.json}: its folder does not exist")
    needs = [options.forge] + ([options.engine] if {"tract", "scarp"} & set(options.engines) else [])
    for program in needs:
        if not program.is_file():
            parser.error(f"{program}: does not exist; `cargo build --release --workspace` makes it")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tools/bench/peers", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    forge, engine = (Path("target/release") / name for name in ("scarp-forge", "scarp-bench-engine"))
    add = parser.add_argument
    models = "sizes of MiT, or of PVTv2 as in pvt_v2_b0 [b0,b2,b4]"
    add("--models", type=_some_of(tuple(ENCODERS)), default=["b0", "b2", "b4"], metavar="LIST", help=models)
    add("--threads", type=_counts, default=[1], metavar="LIST", help="numbers of threads to run with [1]")
    add("--engines", type=_some_of(ENGINES), default=list(ENGINES), metavar="LIST", help=f"[{','.join(ENGINES)}]")
    add("--rounds", type=_count, default=15, metavar="N", help="rounds; slow entries take part in five or more [15]")
    add("--json", type=Path, metavar="FILE", help="write everything measured to this file")
    add("--work", type=Path, default=Path("target/bench-models"), metavar="DIR", help="where graphs are kept [%(default)s]")
    add("--tiles", type=Path, metavar="DIR", help="labelled dataset to calibrate and compare on [simulated tiles]")
    add("--b0-weights", type=Path, metavar="FILE", help="weights.safetensors of a run for MiT-B0 [random weights]")
    add("--forge", type=Path, default=forge, metavar="PATH", help="[%(default)s]")
    add("--engine", type=Path, default=engine, metavar="PATH", help="runs tract and scarp [%(default)s]")
    return parser


def _some_of(names: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := [name for name in chosen if name not in names]:
            raise argparse.ArgumentTypeError(f"unknown '{unknown[0]}'; use some of {','.join(names)}")
        return [name for name in names if name in chosen]

    return parse


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 up")
    return int(text)


def _counts(text: str) -> list[int]:
    return [_count(word) for word in text.split(",")]


if __name__ == "__main__":
    parse(sys.argv[1:])
