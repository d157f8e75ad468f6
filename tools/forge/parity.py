"""How far graphs and engines are apart: each network as it came, optimised, and quantized, in ONNX Runtime and in the
engine that flies.

    python tools/forge/parity.py --forge target/release/scarp-forge --data target/tiles NETWORK [NETWORK ...]

NETWORK is a model folder or ONNX file with an input of 1024 x 1024. Images are the first ones of the data set; differences
are of the probability of landslide, over all of them. Needs onnxruntime, numpy, tifffile and pillow (those of tools/train).
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import tifffile
from PIL import Image

MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def read(path: Path) -> np.ndarray:
    return tifffile.imread(path) if path.suffix.lower().startswith(".tif") else np.asarray(Image.open(path))


def by_onnxruntime(graph: Path, pixels: np.ndarray, mean: np.ndarray = MEAN, std: np.ndarray = STD) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    planes = ((pixels.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None]
    logits = session.run(None, {session.get_inputs()[0].name: planes})[0][0]
    margin = logits[0] if len(logits) == 1 else logits[1] - logits[0]
    return 1 / (1 + np.exp(-margin))


def by_scarp(forge: str, model: Path, pixels: np.ndarray, work: Path) -> np.ndarray:
    Image.fromarray(pixels).save(work / "tile.png")
    run(forge, "predict", model, work / "tile.png", work / "tile.npy")
    return np.load(work / "tile.npy")


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, stderr=subprocess.PIPE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", type=Path)
    parser.add_argument("--forge", default="target/release/scarp-forge")
    parser.add_argument("--data", type=Path, required=True, help="images/ and labels/, or train_dataset with them")
    parser.add_argument("--images", type=int, default=4)
    options = parser.parse_args()
    folder = next(f for f in (options.data / "train_dataset", options.data) if (f / "images").is_dir())
    tiles = [read(path)[..., :3] for path in sorted((folder / "images").iterdir())]
    tiles = [tile for tile in tiles if tile.shape == (1024, 1024, 3)][: options.images]
    print(f"{len(tiles)} tiles; mean and largest difference of the probability, share of cells with another class at 0.5\n")
    print("| network | graph | engine | against | mean | largest | other class |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for network in options.networks:
            original = network / "model.onnx" if network.is_dir() else network
            folded, int8 = work / "folded.onnx", work / "int8.onnx"
            run(options.forge, "optimise", network, folded, "--tiles", options.data)
            run(options.forge, "quantize", folded, int8, "--calibrate", options.data, "--count", 8, "--evaluate", 0)
            table = {}
            for name, graph in (("as it came", original), ("optimised", folded), ("int8", int8)):
                table[name, "ONNX Runtime"] = np.stack([by_onnxruntime(graph, tile) for tile in tiles])
                table[name, "scarp"] = np.stack([by_scarp(options.forge, graph, tile, work) for tile in tiles])
            first = ("as it came", "ONNX Runtime")
            for key in list(table)[1:]:
                reference = ("int8", "ONNX Runtime") if key == ("int8", "scarp") else first
                difference = np.abs(table[key] - table[reference])
                other = ((table[key] >= 0.5) != (table[reference] >= 0.5)).mean()
                print(
                    f"| {network.name} | {key[0]} | {key[1]} | {reference[0]}, {reference[1]} "
                    f"| {difference.mean():.1e} | {difference.max():.1e} | {other:.4%} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
