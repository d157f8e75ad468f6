"""Measures `scarp-train fit`: what the released model gains by 20 simulated pictures of a new style and loses elsewhere.

Needs scarp-sim and scarp-forge on the PATH. From the repository's root: python tools/train/bench/fit.py --out target/fit
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from scarp_train.data.pairs import find_pairs
from scarp_train.data.read import read_image

# Colours as a matrix on RGB in 0..1 and what is added: red earth under dry grass, and a pale winter without green.
STYLES = {
    "red": ([[0.2, 0.9, 0.1], [0.35, 0.25, 0.05], [0.1, 0.1, 0.3]], 0.0),
    "winter": ([[0.12, 0.235, 0.045]] * 3, 0.5),
}
LICENCE = (
    '[licence]\ndata = "simulated scenes of tools/sim"\nlicence = "MIT OR Apache-2.0"\nattribution = "Scarp contributors"\n'
)


def simulate(folder: Path, seed: int, count: int) -> Path:
    """Simulated tiles of these seeds, made once."""
    if not folder.is_dir():
        subprocess.run(["scarp-sim", "tiles", "--seed", str(seed), "--count", str(count), "--out", folder], check=True)
    return folder


def restyle(source: Path, target: Path, style: str) -> Path:
    """The same pictures and labels in another style."""
    matrix, offset = STYLES[style]
    for kind in ("images", "labels"):
        (target / kind).mkdir(parents=True, exist_ok=True)
    for pair in find_pairs(source, "train"):
        pixels = read_image(pair.image)[:, :, :3].astype(np.float32) / 255 @ np.array(matrix, np.float32).T + offset
        Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8)).save(target / "images" / f"{pair.name}.png")
        (target / "labels" / f"{pair.name}{pair.label.suffix}").write_bytes(pair.label.read())
    return target


def landslide_iou(model: Path, data: Path, out: Path) -> float:
    """Landslide IoU in percent by the engine that flies, at the model's threshold."""
    command = [
        "scarp-forge",
        "validate",
        model,
        "--data",
        data,
        "--part",
        "train",
        "--out",
        out,
        "--json",
        out.with_suffix(".json"),
    ]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return 100 * json.loads(out.with_suffix(".json").read_text())["overall"]["landslide_iou"]


def main() -> None:
    """Makes the pictures, fine-tunes, and prints a table of before and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--style", choices=STYLES, default="red")
    parser.add_argument("--model", type=Path, default=Path("models/segformer-lite1"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--no-replay", action="store_true")
    parser.add_argument("--seed", type=int, default=0, help="other pictures, by this much later in the simulator's seeds")
    options = parser.parse_args()
    out, style, seed = options.out, options.style, options.seed
    out.mkdir(parents=True, exist_ok=True)
    own = restyle(simulate(out / "own", 200001 + seed, 20), out / f"own-{style}", style)
    new = restyle(simulate(out / "new", 300001 + seed, 24), out / f"new-{style}", style)
    elsewhere, old = simulate(out / "elsewhere", 100001 + seed, 24), simulate(out / "old", 20001 + seed, 120)
    for folder in (own, old):
        (folder / "dataset.toml").write_text(LICENCE)
    run = out / f"run-{style}{'-alone' if options.no_replay else ''}"
    command = [sys.executable, "-m", "scarp_train", "fit", "--init", options.model, "--data", own, "--out", run]
    command += [] if options.no_replay else ["--replay", old]
    subprocess.run([*command, "--minutes", str(options.minutes), "--threads", "1", "--release-as", "local"], check=True)
    print("| pictures | before | after | landslide IoU, percent |\n|---|---|---|---|")
    for name, data in ((f"new, {style}", new), ("elsewhere", elsewhere)):
        before = landslide_iou(options.model, data, out / f"before-{data.name}")
        after = landslide_iou(run / "models" / "local", data, out / f"after-{run.name}-{data.name}")
        print(f"| {name} | {before:.1f} | {after:.1f} | {after - before:+.1f} |", flush=True)


if __name__ == "__main__":
    main()
