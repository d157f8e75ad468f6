"""Tiny made-up landslides: bright blobs on dark, textured ground, written in GDCLD's layout."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch

torch.set_num_threads(1)  # threads that wait for each other cost more than they bring on a busy machine


def make_tile(seed: int, side: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """RGB and 0/1 label of one tile."""
    rng = np.random.default_rng(seed)
    image = rng.integers(20, 90, (side, side, 3), dtype=np.uint8)
    label = np.zeros((side, side), np.uint8)
    centre = tuple(int(v) for v in rng.integers(side // 4, 3 * side // 4, 2))
    cv2.ellipse(label, centre, (side // 5, side // 8), float(rng.integers(180)), 0, 360, 1, -1)
    image[label > 0] += 140
    return image, label


@pytest.fixture
def gdcld(tmp_path: Path) -> Path:
    """A folder with four training tiles and one validation tile."""
    root = tmp_path / "gdcld"
    for part, seeds in (("train_dataset", range(4)), ("val_dataset", range(4, 5))):
        for kind in ("images", "labels"):
            (root / part / kind).mkdir(parents=True)
        for seed in seeds:
            image, label = make_tile(seed)
            tifffile.imwrite(root / part / "images" / f"tile_{seed}.tif", image)
            tifffile.imwrite(root / part / "labels" / f"tile_{seed}.tif", label)
    return root
