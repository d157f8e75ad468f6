"""Textures of real ground, and image quilting: a patchwork of one picture that fills another outline.

Efros and Freeman, Image Quilting for Texture Synthesis and Transfer, SIGGRAPH 2001: patches are chosen to agree where they
overlap, and cut apart along the path of least difference.
"""

from dataclasses import dataclass

import cv2
import numpy as np

CANDIDATES = 64
REPEATED = 25.0  # grey levels that a patch costs more for each time that it was laid
RECENT = 60  # patches of which that is counted
SEAM = 1.5  # pixels over which a cut is feathered


@dataclass(frozen=True)
class Texture:
    """Pixels H x W x 3 uint8 and `mask` H x W bool, where they show the ground that is wanted, in the picture `name`.

    `flows` says that the mask is a whole slide with its head at the top.
    """

    name: str
    pixels: np.ndarray
    mask: np.ndarray
    flows: bool

    def turned(self, angle: float, scale: float) -> "Texture":
        """Turned by `angle` (radians, clockwise as seen) and scaled."""
        height, width = self.mask.shape
        reach = int(np.ceil(np.hypot(height, width) * scale))
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -np.degrees(angle), scale)
        matrix[:, 2] += reach / 2 - np.array([width / 2, height / 2])
        pixels = cv2.warpAffine(self.pixels, matrix, (reach, reach), flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        mask = cv2.warpAffine(self.mask.astype(np.uint8) * 255, matrix, (reach, reach)) > 250
        return Texture(self.name, pixels, mask, self.flows)


def quilt(texture: Texture, wanted: np.ndarray, patch: int, rng: np.random.Generator) -> np.ndarray | None:
    """H x W x 3 float32 that continues the texture over all of `wanted` (H x W bool); what lies outside means nothing.

    Where the texture flows, patches come from about the same height between head and toe. None where no patch of 24 pixels
    or more fits into the texture in enough places that it does not repeat to the eye.
    """
    pixels, mask = (np.concatenate([plane, plane[:, ::-1]], axis=1) for plane in (texture.pixels, texture.mask))
    while len(places := _places(mask, patch)) < 2 * patch * patch:
        patch = patch * 4 // 5
        if patch < 24:
            return None
    overlap = patch // 3
    step = patch - overlap
    height, width = wanted.shape
    canvas = np.zeros((height + patch, width + patch, 3), np.float32)
    filled = np.zeros(canvas.shape[:2], bool)
    covered = np.pad(wanted, ((overlap, patch), (overlap, patch)))
    pixels = pixels.astype(np.float32)
    used: list[np.ndarray] = []
    extent = np.flatnonzero(texture.mask.any(axis=1))
    for top in range(0, height, step):
        for left in range(0, width, step):
            if not covered[top : top + patch + overlap, left : left + patch + overlap].any():
                continue
            chosen = places[rng.integers(len(places), size=CANDIDATES)]
            here = np.s_[top : top + patch, left : left + patch]
            known = filled[here]
            cost = np.zeros(len(chosen))
            if known.any():
                rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
                box = np.s_[rows[0] : rows[-1] + 1 : 2, columns[0] : columns[-1] + 1 : 2]
                old, weight = canvas[here][box], known[box][..., None]
                for index, (y, x) in enumerate(chosen):
                    new = pixels[y : y + patch, x : x + patch][box]
                    cost[index] = np.sqrt((((new - old) ** 2) * weight).sum() / (3 * weight.sum()))
            if texture.flows:
                level = (chosen[:, 0] - extent[0]) / max(extent[-1] - extent[0] - patch, 1)
                cost += 25.0 * np.abs(level - top / max(height - patch, 1))
            for before in used[-RECENT:]:
                cost += REPEATED * np.exp(-((chosen - before) ** 2).sum(axis=1) / (0.5 * patch) ** 2)
            y, x = chosen[int(rng.choice(np.argsort(cost)[:2]))]
            used.append(np.array([y, x]))
            _lay(canvas, filled, here, pixels[y : y + patch, x : x + patch], known, overlap)
    return canvas[:height, :width]


def _places(mask: np.ndarray, patch: int) -> np.ndarray:
    """Corners y, x of the patches that lie wholly in the mask and not across the middle, where it is mirrored; N x 2."""
    if min(mask.shape) <= patch:
        return np.empty((0, 2), int)
    total = cv2.integral(mask.astype(np.uint8))
    sums = total[patch:, patch:] - total[:-patch, patch:] - total[patch:, :-patch] + total[:-patch, :-patch]
    places = np.argwhere(sums == patch * patch)
    middle = mask.shape[1] // 2
    return places[(places[:, 1] >= middle) | (places[:, 1] + patch <= middle)]


def _lay(
    canvas: np.ndarray, filled: np.ndarray, here: tuple[slice, slice], new: np.ndarray, known: np.ndarray, overlap: int
) -> None:
    """Puts a patch on the canvas, cut along the least difference from what lies there above and to the left."""
    take = np.ones(known.shape, np.float32)
    difference = ((canvas[here] - new) ** 2).sum(axis=2)
    if known[:, 0].any() and known[:, :overlap].mean() > 0.5:
        for row, cut in enumerate(_path(difference[:, :overlap])):
            take[row, :cut] = 0
    if known[0].any() and known[:overlap].mean() > 0.5:
        for column, cut in enumerate(_path(difference[:overlap].T)):
            take[:cut, column] = 0
    take = cv2.GaussianBlur(take, (0, 0), SEAM)
    take[~known] = 1
    canvas[here] += (new - canvas[here]) * take[..., None]
    filled[here] = True


def _path(difference: np.ndarray) -> np.ndarray:
    """The column in each row of the path of least sum from the first row to the last, moving one column at most."""
    total = difference.copy()
    for row in range(1, len(total)):
        above = np.pad(total[row - 1], 1, constant_values=np.inf)
        total[row] += np.minimum(np.minimum(above[:-2], above[1:-1]), above[2:])
    path = np.zeros(len(total), int)
    path[-1] = int(total[-1].argmin())
    for row in range(len(total) - 2, -1, -1):
        low = max(path[row + 1] - 1, 0)
        path[row] = low + int(total[row, low : path[row + 1] + 2].argmin())
    return path


def bare_ground(pixels: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Where an RGB picture shows bare ground or paving that is no landslide, H x W bool: little colour, least of all green,
    neither shadow nor glare, and even over a few pixels."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), 2.0).astype(np.float32)
    red, green, blue = np.moveaxis(smooth, 2, 0)
    light = smooth.mean(axis=2)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rough = np.sqrt(np.maximum(cv2.blur(grey**2, (9, 9)) - cv2.blur(grey, (9, 9)) ** 2, 0))
    bare = (
        (2 * green - red - blue < 0.05 * light) & (blue < 1.03 * red) & (light > 45) & (light < 225) & (rough < 0.1 * light)
    )
    bare &= cv2.dilate((label != 0).astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    return cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
