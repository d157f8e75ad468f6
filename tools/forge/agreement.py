"""How far our inference of an int8 model is from the same ONNX graph in ONNX Runtime, on labelled tiles.

    target/bench-venv/bin/python tools/forge/agreement.py models/segformer-lite1-int8 --data TILES [--data TILES ...]

Every tile of 1024 x 1024 counts once. Printed for each data set: the share of output cells of the same class at the
model's threshold, and the landslide IoU of both against the labels (those at the cells' centres). `--forge` names the
program that runs our inference. Needs onnxruntime, numpy, tifffile and pillow: the environment of `tools/bench/peers`.
"""

import argparse
import json
import tempfile
import tomllib
from pathlib import Path

import numpy as np
from parity import by_onnxruntime, by_scarp, read


def tiles(folder: Path, most: int):
    """Pictures and labels of one size, in the order of their names."""
    folder = next(f for f in (folder / "train_dataset", folder) if (f / "images").is_dir())
    pairs = sorted((folder / "images").iterdir())
    step = max(1, len(pairs) // most)
    for path in pairs[::step][:most]:
        label = next((folder / "labels").glob(f"{path.stem}.*"))
        picture = read(path)[..., :3]
        if picture.shape == (1024, 1024, 3):
            yield picture, read(label).reshape(1024, 1024, -1)[..., 0] > 0


class Counts:
    """Intersection and union of what is found and what is true."""

    def __init__(self):
        self.both = self.either = 0

    def add(self, found: np.ndarray, true: np.ndarray) -> None:
        self.both += int((found & true).sum())
        self.either += int((found | true).sum())

    @property
    def iou(self) -> float:
        return self.both / self.either if self.either else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--images", type=int, default=24, help="tiles of each data set, evenly from all [default: 24]")
    parser.add_argument("--forge", default="target/release/scarp-forge")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    manifest = tomllib.loads((options.model / "manifest.toml").read_text())
    mean, std = (np.float32(manifest["input"][key]) for key in ("mean", "std"))
    threshold, stride = manifest["threshold"], manifest["output"]["stride"]
    results = []
    for data in options.data:
        same = total = 0
        difference = 0.0
        ours_iou, theirs_iou = Counts(), Counts()
        for picture, label in tiles(data, options.images):
            theirs = by_onnxruntime(options.model / "model.onnx", picture, mean, std)
            with tempfile.TemporaryDirectory() as work:
                ours = by_scarp(options.forge, options.model, picture, Path(work))
            true = label[stride // 2 :: stride, stride // 2 :: stride]
            ours_iou.add(ours >= threshold, true)
            theirs_iou.add(theirs >= threshold, true)
            same += int(((ours >= threshold) == (theirs >= threshold)).sum())
            difference += float(np.abs(ours - theirs).sum())
            total += ours.size
        results.append(
            {
                "data": data.name,
                "tiles": total // ours.size,
                "same_class": same / total,
                "mean_difference": difference / total,
                "iou": ours_iou.iou,
                "iou_onnxruntime": theirs_iou.iou,
            }
        )
        print(
            f"{data.name}: {total // ours.size} tiles, same class {same / total:.4%}, "
            f"mean difference {difference / total:.1e}, IoU {ours_iou.iou:.4f}, in ONNX Runtime {theirs_iou.iou:.4f}",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
