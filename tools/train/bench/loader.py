"""Tiles a second that one loader process reads, cuts and augments, and the memory it takes with as many tiles as GDCLD has.

    scarp-sim tiles --seed 1 --count 40 --out data/sim
    python tools/train/bench/loader.py data/sim

Rates are of whole 1024 x 1024 tiles from a folder and from the zip archive made of it, in turns, without colours (as the
papers train) and with. Memory is measured over 11,162 links to one tile, with every tile read.
"""

import argparse
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import torch

from scarp_train.data.loader import batches
from scarp_train.data.pairs import find_pairs
from scarp_train.data.samples import Samples
from scarp_train.recipe import parse_recipe

GDCLD_TILES = 11_162
ROUNDS = 3


def make_samples(root: Path, steps: int, colour: float = 0.0) -> Samples:
    crop = {"size": 1024, "batch": 1, "min_scale": 1.0, "max_scale": 1.0}
    recipe = {"steps": steps, "colour": colour, "source": [{"name": "tiles"}], "crop": [crop]}
    return Samples(parse_recipe(recipe, "bench"), {"tiles": find_pairs(root)}, stride=4)


def rate(samples: Samples) -> float:
    """Tiles a second of one loader process, from the second tile on."""
    started = None
    for batch in batches(samples, 0, workers=1):
        started = started or time.perf_counter()
        count = batch.step
    return count / (time.perf_counter() - started)


def zipped(root: Path, folder: Path) -> Path:
    with zipfile.ZipFile(folder / "train_dataset.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((root / "train_dataset").rglob("*.tif")):
            archive.write(path, path.relative_to(root / "train_dataset"))
    return folder


def linked(root: Path, folder: Path) -> Path:
    """As many tiles as GDCLD has, all links to one."""
    pair = find_pairs(root)[0]
    for kind, entry in (("images", pair.image), ("labels", pair.label)):
        (folder / kind).mkdir()
        for number in range(GDCLD_TILES):
            (folder / kind / f"{number}.tif").symlink_to(entry.path.resolve())
    return folder


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with train_dataset/images and labels of 1024 x 1024 TIFF")
    parser.add_argument("--tiles", type=int, default=120, help="tiles a measurement reads")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        ways = {"folder": options.data, "zip": zipped(options.data, Path(scratch))}
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for colour in (0.0, 1.0):
                for name, root in ways.items():
                    key = f"{name}, {'with' if colour else 'without'} colours"
                    found.setdefault(key, []).append(rate(make_samples(root, options.tiles, colour)))
        for name, rates in found.items():
            print(f"{name}: {np.median(rates):.1f} tiles/s ({', '.join(f'{r:.1f}' for r in rates)})")
    with tempfile.TemporaryDirectory() as scratch:
        before = peak_mib()
        root = linked(options.data, Path(scratch))
        samples = make_samples(root, GDCLD_TILES)
        listed = peak_mib()
        for step in range(GDCLD_TILES):
            samples[step, 0]
            if step % 1000 == 0:
                print(f"  {step} of {GDCLD_TILES} tiles: {peak_mib():.0f} MiB", file=sys.stderr)
    peak = peak_mib()
    print(f"{GDCLD_TILES} tiles: {before:.0f} MiB before, {listed:.0f} with their list, {peak:.0f} at most with all read")


if __name__ == "__main__":
    main()
