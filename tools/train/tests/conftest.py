"""Tiny made-up landslides: bright blobs on dark, textured ground, written in GDCLD's layout."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for each other cost more than they bring on a busy machine

import cv2
import numpy as np
import pytest
import tifffile
import torch

from scarp_train.recipe import Recipe, parse_recipe

torch.set_num_threads(1)


def make_tile(seed: int, side: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """RGB and 0/1 label of one tile."""
    rng = np.random.default_rng(seed)
    image = rng.integers(20, 90, (side, side, 3), dtype=np.uint8)
    label = np.zeros((side, side), np.uint8)
    centre = tuple(int(v) for v in rng.integers(side // 4, 3 * side // 4, 2))
    cv2.ellipse(label, centre, (side // 5, side // 8), float(rng.integers(180)), 0, 360, 1, -1)
    image[label > 0] += 140
    return image, label


def tiff(pixels: np.ndarray) -> bytes:
    """A TIFF file of an array."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels)
    return file.getvalue()


def make_recipe(**changes: object) -> Recipe:
    """A recipe of seconds: MiT-B0 on crops of 64 pixels."""
    values = {
        "steps": 4,
        "source": [{"name": "sim", "paste": 0.5}],
        "crop": [{"size": 64, "batch": 2, "min_scale": 0.4, "max_scale": 1.0}],
        "optimiser": {"warmup": 1},
    }
    return parse_recipe({**values, **changes}, "recipe")


def start(
    text: str, data: Path, out: Path, *more: str, before: str = "", launcher: tuple[str, ...] = (), **how: object
) -> subprocess.Popen:
    """The program itself, training by a recipe in a session of its own; `before` are words of the shell."""
    path = out.parent / "recipe.toml"
    path.write_text(text)
    words = [sys.executable, *launcher, "-m", "scarp_train", "train", "--recipe", path, "--source", f"sim={data}"]
    command = ["bash", "-c", f'{before} exec "$@"', "bash", *words, "--out", out, "--accelerator", "cpu", *more]
    return subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, start_new_session=True, **how)


TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@pytest.fixture
def gdcld(tmp_path: Path) -> Path:
    """A folder with four training tiles and one validation tile."""
    root = tmp_path / "gdcld"
    for part, seeds in (("train_dataset", range(4)), ("val_dataset", range(4, 5))):
        for kind in ("images", "labels"):
            (root / part / kind).mkdir(parents=True)
        for seed in seeds:
            image, label = make_tile(seed)
            (root / part / "images" / f"tile_{seed}.tif").write_bytes(tiff(image))
            (root / part / "labels" / f"tile_{seed}.tif").write_bytes(tiff(label))
    return root


@pytest.fixture
def zipped(gdcld: Path, tmp_path: Path) -> Path:
    """The same in archives, as GDCLD is published."""
    root = tmp_path / "zipped"
    root.mkdir()
    for part in ("train_dataset", "val_dataset"):
        with zipfile.ZipFile(root / f"{part}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted((gdcld / part).rglob("*.tif")):
                archive.write(path, path.relative_to(gdcld / part))
    return root
