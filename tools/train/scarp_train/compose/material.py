"""What composites are made of: backgrounds, textures and outlines, read once from the folders that the user names."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..data.origin import scale_to
from ..data.pairs import Pair, find_pairs
from ..data.read import read_pair
from ..errors import DatasetError
from .outlines import flow_outlines, upright
from .texture import Texture, bare_ground

LEAST_SLIDE = 4000  # pixels; a smaller one gives no texture
LEAST_BARE = 4000


@dataclass(frozen=True)
class Ground:
    """A picture to compose on, at the network's GSD: pixels H x W x 3 uint8, label H x W (0, 1, 255)."""

    name: str
    pixels: np.ndarray
    label: np.ndarray


@dataclass(frozen=True)
class Material:
    """All of it. `own` is the ground around the slides; `others` are lists by folder, so that each folder gives as many
    tiles whatever its number of pictures."""

    own: tuple[Ground, ...]
    others: tuple[tuple[Ground, ...], ...]
    slides: tuple[Texture, ...]
    bare: tuple[Texture, ...]
    outlines: tuple[np.ndarray, ...]


def read_material(slides: list[Path], backgrounds: list[Path], shapes: Path, gsd_m: float) -> Material:
    """Reads labelled pictures `slides`, whose ground serves too, further `backgrounds`, and simulated `shapes`.

    Pictures known to be finer than `gsd_m` are brought to it. Raises DatasetError where no slide or no ground is found.
    """
    own, *others = (
        tuple(_ground(folder, pair, gsd_m) for folder in folders for pair in find_pairs(folder))
        for folders in (slides, *([folder] for folder in backgrounds))
    )
    textures = tuple(texture for ground in own for texture in _slides(ground))
    if not textures:
        names = " ".join(map(str, slides))
        raise DatasetError(f"{names}: no landslide of {LEAST_SLIDE} pixels to take texture from; give other pictures")
    bare = tuple(texture for pictures in (own, *others) for ground in pictures for texture in _bare(ground))
    return Material(own, tuple(others), textures, bare, tuple(flow_outlines(shapes)))


def _ground(folder: Path, pair: Pair, gsd_m: float) -> Ground:
    image, label = read_pair(pair)
    if image.dtype != np.uint8 or image.shape[2] < 3:
        raise DatasetError(f"{pair.image}: is no 8-bit RGB picture; composites are made of such")
    image, scale = np.ascontiguousarray(image[:, :, :3]), scale_to(gsd_m, pair.origin.gsd_m)
    if scale < 1:
        size = (max(round(label.shape[1] * scale), 1), max(round(label.shape[0] * scale), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        label = cv2.resize(label, size, interpolation=cv2.INTER_NEAREST)
    return Ground(f"{folder.resolve().name}/{pair.name}", image, label)


def _slides(ground: Ground) -> list[Texture]:
    """Each larger slide of a picture, turned so that its head is at the top."""
    count, components, stats, _ = cv2.connectedComponentsWithStats((ground.label == 1).astype(np.uint8))
    found = []
    for index in range(1, count):
        left, top, width, height, area = stats[index]
        if area < LEAST_SLIDE:
            continue
        here = np.s_[top : top + height, left : left + width]
        mask = components[here] == index
        inner = cv2.erode(np.pad(mask.astype(np.uint8), 1), np.ones((7, 7), np.uint8))[1:-1, 1:-1] > 0
        texture = Texture(ground.name, ground.pixels[here], inner, True)
        found.append(texture.turned(upright(mask), 1.0))
    return found


def _bare(ground: Ground) -> list[Texture]:
    mask = bare_ground(ground.pixels, ground.label)
    if mask.sum() < LEAST_BARE:
        return []
    return [Texture(ground.name, ground.pixels, mask, False)]
