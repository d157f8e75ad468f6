"""The papers' twelve networks side by side: each trained by the same small recipe, exported, run aboard and scored by
scarp-forge.

    scarp-sim tiles --seed 1 --count 60 --out data/sim
    scarp-sim tiles --seed 100001 --count 6 --out data/held-out
    python tools/train/bench/networks.py --data data/sim --held-out data/held-out --out runs/networks

Prints parameters, multiply-accumulates of a tile, seconds a tile in the engine that flies (one thread) and in ONNX Runtime
(one thread, measured in turns with it), landslide IoU on held-out tiles, and how far forge's score is from PyTorch's. A
network whose row is there is not done again. So short a training says what runs, not which network is the best.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from scarp_train.data.pairs import find_pairs
from scarp_train.data.read import read_pair
from scarp_train.files import write_text
from scarp_train.networks import Network, build
from scarp_train.paper.forge import Task, find_forge
from scarp_train.paper.forge import validate as score_aboard
from scarp_train.predict import normalise, predict_image, torch_predictor
from scarp_train.recipe import Pixels, Recipe, parse_recipe
from scarp_train.release.export import INPUT, export_onnx, open_session
from scarp_train.training.hardware import Hardware
from scarp_train.training.loop import fit
from scarp_train.training.validation import Confusion
from scarp_train.training.weights import load_weights

SIDE = 1024
NETWORKS = {  # the papers' networks with their published encoders
    "UNet": ("unet", "plain_64"),
    "ResUNet": ("resunet", "resnet50"),
    "DeepLabV3": ("deeplabv3", "resnet50"),
    "HRNet": ("hrnet", "hrnet_w48"),
    "UperNet": ("upernet", "vit_base_patch16_224"),
    "SwinUNet": ("swin_unet", "swin_tiny_patch4_window7_224"),
    "SegFormer": ("segformer", "mit_b4"),
    "HR-GLDD U-Net": ("unet", "plain_64"),
    "HR-GLDD Res-U-Net": ("resunet", "plain_64"),
    "HR-GLDD Attention U-Net": ("attention_unet", "plain_64"),
    "HR-GLDD Attention Res-U-Net": ("attention_resunet", "plain_64"),
    "HR-GLDD ADSMS U-Net": ("adsms_unet", "plain_32"),
}


def recipe_for(architecture: str, encoder: str, steps: int) -> Recipe:
    """The small recipe: the network alone differs. It sees half the resolution, so that a tile of 1024 is affordable for
    all."""
    return parse_recipe(
        {
            "steps": steps,
            "ema": 0.95,
            "colour": 0.3,
            "network": {"architecture": architecture, "encoder": encoder, "reduction": 2, "drop_path": 0.0},
            "optimiser": {"warmup": 10},
            "loss": {"levels": 0.5} if architecture == "adsms_unet" else {},
            "source": [{"name": "sim"}],
            "crop": [{"size": 128, "batch": 4, "min_scale": 0.4, "max_scale": 0.6}],
        },
        "bench",
    )


def macs(network: Network) -> float:
    """Multiply-accumulates of one tile."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.zeros(1, 3, SIDE, SIDE))
    return counter.get_total_flops() / 2


def score_pytorch(network: Network, held_out: Path) -> float:
    """Landslide IoU in PyTorch, on images as forge cuts them."""
    confusion = Confusion()
    for pair in find_pairs(held_out):
        image, label = read_pair(pair)
        confusion.add(predict_image(image, torch_predictor(network), Pixels(), SIDE, network.multiple), label)
    return confusion.scores().landslide_iou


def seconds_in_onnx_runtime(model: Path, held_out: Path, runs: int = 3) -> float:
    """Median seconds of a tile, one thread."""
    image, _ = read_pair(find_pairs(held_out)[0])
    tile, session, times = normalise(image[:SIDE, :SIDE], Pixels())[None], open_session(model), []
    for _ in range(runs + 1):
        started = time.perf_counter()
        session.run(None, {INPUT: tile})
        times.append(time.perf_counter() - started)
    return float(np.median(times[1:]))


def row(name: str, options: argparse.Namespace) -> dict:
    """Trains, exports and scores a network; its figures."""
    architecture, encoder = NETWORKS[name]
    home = options.out / f"{architecture}-{encoder}"
    recipe = recipe_for(architecture, encoder, options.steps)
    started = time.monotonic()
    fit(recipe, {"sim": options.data}, home, hardware=Hardware("cpu", workers=0), quiet=True)
    trained = time.monotonic() - started
    network, _ = load_weights(home / "weights.safetensors")
    model = home / "model.onnx"
    difference = export_onnx(network, model, SIDE)
    counts = score_aboard(find_forge(), Task(model, SIDE, options.held_out, "train", 1.0, home / "forge"), quiet=True)
    hit, false, missed = (sum(getattr(c, k) for c in counts) for k in ("true_positive", "false_positive", "false_negative"))
    report = json.loads((home / "forge" / "report.json").read_text())
    aboard = hit / max(hit + false + missed, 1)
    return {
        "network": name,
        "encoder": encoder,
        "parameters": sum(p.numel() for p in network.parameters()),
        "macs": macs(build(recipe.network)),
        "train_seconds": trained,
        "seconds_per_tile": report["seconds_per_tile"],
        "seconds_in_onnx_runtime": seconds_in_onnx_runtime(model, options.held_out),
        "landslide_iou": aboard,
        "iou_difference_from_pytorch": abs(aboard - score_pytorch(network, options.held_out)),
        "logit_difference_from_pytorch": difference,
    }


def table(rows: list[dict]) -> str:
    """The rows in Markdown."""
    columns = ["network", "encoder", "parameters, M", "GMAC a tile", "s a tile, ours", "s in ONNX Runtime"]
    head = f"| {' | '.join([*columns, 'landslide IoU', 'off PyTorch'])} |"
    lines = [head, "|---" * 8 + "|"]
    for r in rows:
        lines.append(
            f"| {r['network']} | {r['encoder']} | {r['parameters'] / 1e6:.1f} | {r['macs'] / 1e9:.1f} | "
            f"{r['seconds_per_tile']:.2f} "
            f"| {r['seconds_in_onnx_runtime']:.2f} | {r['landslide_iou']:.3f} | {r['iou_difference_from_pytorch']:.1e} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tiles to train on, in GDCLD's layout")
    parser.add_argument("--held-out", type=Path, required=True, help="tiles to score on")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs and rows")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--only", action="append", choices=NETWORKS, help="this network only (repeatable)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in options.only or NETWORKS:
        path = options.out / f"{name.replace(' ', '-')}.json"
        if not path.is_file():
            print(f"{name} ...", file=sys.stderr)
            found = row(name, options)
            write_text(path, json.dumps(found, indent=1))
        rows.append(json.loads(path.read_text()))
        write_text(options.out / "table.md", table(rows))
    print(table(rows), end="")


if __name__ == "__main__":
    main()
