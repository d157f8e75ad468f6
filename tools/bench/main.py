"""Compares inference engines: makes the graphs, holds a contest for each model and number of threads, reports."""

import argparse
import json
import logging
import subprocess
import sys
from functools import cache

import tiles
from arguments import parse
from contest import Setting, contest
from entries import entries
from graphs import Maker, Origin
from machine import describe
from report import Table

FOOTER = """\
/ ours: median time over that of scarp on the folded int8 graph. peak MiB: loading included, less Python itself.
largest diff, same class: logits against ONNX Runtime's on the standard fp32 export; share of cells of the same class.
km2/h: tiles of 102.4 m x 102.4 m (0.2 m) without overlap, one run at a time. Random weights overstate what 8 bits lose."""


def main() -> int:
    options = parse(sys.argv[1:])
    logging.getLogger().setLevel(logging.ERROR)  # ONNX Runtime's quantizer recommends what is done already

    machine, tables = describe(), []
    print(f"{machine['cpu']}, {machine['cores']} cores, {' '.join(machine['flags'])}")
    print(", ".join(f"{name} {number}" for name, number in machine["versions"].items()), end="\n\n", flush=True)
    outputs = options.work / "outputs"
    outputs.mkdir(parents=True, exist_ok=True)
    for name in options.models:
        try:
            model = Maker(name, options.work / name, _origin(options, name)).make()
        except OSError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        for threads in options.threads:
            setting = Setting(model, threads, options.rounds, options.engine, outputs)
            tables.append(Table(contest(entries(options.engines), setting)))
            print(tables[-1].text(), end="\n\n", flush=True)
    print(FOOTER)
    if options.json:
        rows = [row for table in tables for row in table.entries()]
        summary = [line for table in tables for line in table.summary()]
        options.json.write_text(json.dumps({"machine": machine, "entries": rows, "summary": summary}, indent=1) + "\n")
    return 0 if all(table.outcome.all_well for table in tables) else 1


def _origin(options: argparse.Namespace, name: str) -> Origin:
    dataset = options.tiles or options.work / "simulated"

    @cache
    def prepared() -> tiles.Tiles:
        if not dataset.exists():
            simulator = options.forge.with_name("scarp-sim")
            count = str(tiles.CALIBRATING + tiles.HELD_OUT)
            subprocess.run([simulator, "tiles", "--seed", "1", "--count", count, "--out", dataset], check=True)
        return tiles.prepare(dataset, options.work / "tiles")

    return Origin(str(dataset.resolve()), prepared, options.b0_weights if name == "b0" else None, options.forge)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
