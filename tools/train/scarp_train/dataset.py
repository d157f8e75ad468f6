"""Reads image and label pairs from a folder in GDCLD's layout, or one with plain `images/` and `labels/`.

GDCLD (Fang et al., 2024, "A globally distributed dataset of coseismic landslide mapping via multi-source high-resolution
remote sensing images") holds `train_dataset/{images,labels}/*.tif`, `val_dataset/...` and `test_data/...`.
A label pixel other than 0 is landslide.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tifffile
from PIL import Image

EXTENSIONS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")


class DatasetError(Exception):
    """A folder or file that cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class Pair:
    """One image with its label; `name` is the file name without extension."""

    name: str
    image: Path
    label: Path


def find_pairs(root: Path, part: str = "train") -> list[Pair]:
    """All pairs below `root/<part>_dataset`, `root/<part>_data` or, if `root` itself has `images/`, below `root`."""
    root = Path(root)
    for folder in (root / f"{part}_dataset", root / f"{part}_data", root):
        if (folder / "images").is_dir():
            return _pairs(folder)
    raise DatasetError(f"{root}: no images; expected {part}_dataset/images and {part}_dataset/labels, or images and labels")


def _pairs(folder: Path) -> list[Pair]:
    labels = {p.stem: p for p in sorted((folder / "labels").glob("*")) if p.suffix.lower() in EXTENSIONS}
    pairs = []
    for image in sorted((folder / "images").iterdir()):
        if image.suffix.lower() not in EXTENSIONS:
            continue
        if image.stem not in labels:
            raise DatasetError(f"{image}: no label {folder / 'labels' / image.stem}.*; add it or remove the image")
        pairs.append(Pair(image.stem, image, labels[image.stem]))
    if not pairs:
        raise DatasetError(f"{folder / 'images'}: holds no .tif, .png or .jpg file")
    return pairs


def read_image(path: Path) -> np.ndarray:
    """H x W x 3 RGB, uint8."""
    pixels = _read(path)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.ndim == 3 and pixels.shape[0] in (3, 4) and pixels.shape[2] not in (3, 4):
        pixels = pixels.transpose(1, 2, 0)
    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype != np.uint8:
        raise DatasetError(f"{path}: need 8-bit RGB, got {pixels.dtype} {pixels.shape}; convert it first")
    return np.ascontiguousarray(pixels[:, :, :3])


def read_label(path: Path) -> np.ndarray:
    """H x W, uint8, 1 = landslide."""
    pixels = _read(path)
    if pixels.ndim == 3:
        pixels = pixels[:, :, 0]
    return (pixels > 0).astype(np.uint8)


def _read(path: Path) -> np.ndarray:
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            return tifffile.imread(path)
        with Image.open(path) as image:
            return np.asarray(image if image.mode in ("L", "RGB", "1", "P") else image.convert("RGB"))
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise DatasetError(f"{path}: cannot be read ({error}); replace the file") from error


class Scene:
    """An image and its label in memory, with halved copies so that crops at a reduced scale do not alias."""

    def __init__(self, name: str, image: np.ndarray, label: np.ndarray, levels: int = 3):
        if image.shape[:2] != label.shape:
            raise DatasetError(f"{name}: image is {image.shape[:2]} but label is {label.shape}; they must agree")
        self.name = name
        self.images, self.labels = [image], [label * np.uint8(255)]
        for _ in range(levels - 1):
            height, width = self.images[-1].shape[:2]
            size = (max(width // 2, 1), max(height // 2, 1))
            self.images.append(cv2.resize(self.images[-1], size, interpolation=cv2.INTER_AREA))
            self.labels.append(cv2.resize(self.labels[-1], size, interpolation=cv2.INTER_AREA))

    @property
    def image(self) -> np.ndarray:
        return self.images[0]

    @property
    def label(self) -> np.ndarray:
        """H x W boolean truth at full resolution."""
        return self.labels[0] > 127


def load_scenes(root: Path, part: str = "train", limit: int | None = None) -> list[Scene]:
    """Reads every pair of a folder into memory; `limit` keeps the first ones only."""
    return [Scene(p.name, read_image(p.image), read_label(p.label)) for p in find_pairs(root, part)[:limit]]
