"""Outlines of what is composed: slides as simulated flows drew them, and regular fields and yards."""

from pathlib import Path

import cv2
import numpy as np

from ..data.pairs import find_pairs
from ..data.read import read_label
from ..errors import DatasetError

SMALLEST = 30  # pixels of a simulated slide's shorter side; a smaller outline is too coarse to be enlarged


def flow_outlines(folder: Path) -> list[np.ndarray]:
    """The landslides of a set of simulated tiles, each cut out as a mask (H x W bool) whose head is at the top.

    Landslides that the border cuts are left out. The head is taken to be the narrower end. Raises DatasetError for a set
    without any.
    """
    found: list[np.ndarray] = []
    for pair in find_pairs(folder):
        label = (read_label(pair.label, pair.ignored) == 1).astype(np.uint8)
        count, components, stats, _ = cv2.connectedComponentsWithStats(label)
        for index in range(1, count):
            left, top, width, height, _ = stats[index]
            whole = left > 0 and top > 0 and left + width < label.shape[1] and top + height < label.shape[0]
            if whole and min(width, height) >= SMALLEST:
                found.append(head_up(components[top : top + height, left : left + width] == index))
    if not found:
        raise DatasetError(f"{folder}: shows no whole landslide; give labelled tiles of `scarp-sim tiles`")
    return found


def head_up(mask: np.ndarray) -> np.ndarray:
    """The mask turned so that its long axis stands upright, the narrower end at the top, and cropped."""
    return turn(mask, upright(mask))


def upright(mask: np.ndarray) -> float:
    """The angle (radians, clockwise as seen) that brings a slide's long axis upright and its narrower end, its head, to the
    top."""
    y, x = np.nonzero(mask)
    _, vectors = np.linalg.eigh(np.cov(np.stack([x, y]).astype(np.float64)))
    across, down = vectors[:, 1]
    along = (x - x.mean()) * across + (y - y.mean()) * down
    if (along < 0).sum() > (along > 0).sum():  # the narrower end has less of the area
        across, down = -across, -down
    return float(np.arctan2(across, down))


def turn(mask: np.ndarray, angle: float, scale: float = 1.0) -> np.ndarray:
    """The mask turned by `angle` (radians, clockwise as seen) and scaled, in the smallest frame with a pixel around."""
    height, width = mask.shape
    reach = int(np.ceil(np.hypot(height, width) * scale)) + 4
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -np.degrees(angle), scale)
    matrix[:, 2] += reach / 2 - np.array([width / 2, height / 2])
    turned = cv2.warpAffine(mask.astype(np.uint8) * 255, matrix, (reach, reach)) > 127
    rows, columns = np.flatnonzero(turned.any(axis=1)), np.flatnonzero(turned.any(axis=0))
    if not len(rows):
        return np.zeros((1, 1), bool)
    return turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def field_outline(area: float, rng: np.random.Generator) -> np.ndarray:
    """A regular outline of about `area` pixels, H x W bool: a yard, field, track or pit as people lay them out."""
    kind = rng.choice(["rectangle", "polygon", "strip", "round"], p=[0.4, 0.25, 0.2, 0.15])
    aspect = float(np.exp(rng.uniform(0, 1.2)))
    side = np.sqrt(area / aspect)
    if kind == "strip":
        return _strip(np.sqrt(area * 12), rng)
    half = np.array([side / 2, side * aspect / 2])
    if kind == "round":
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * half
    elif kind == "polygon":
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 8))))
        points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * half * 1.25
    else:
        points = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half * rng.uniform(0.85, 1.0, (4, 2))
    return _filled([points], rng.uniform(0, np.pi))


def _strip(length: float, rng: np.random.Generator) -> np.ndarray:
    """A road or track, twelve times as long as wide, gently bent."""
    width = length / 12
    along = np.linspace(-0.5, 0.5, 24)
    bend = rng.normal(0, 0.15) * along**2 + rng.normal(0, 0.1) * along**3
    middle = np.stack([along, bend], axis=1) * length
    normal = np.gradient(middle, axis=0)[:, ::-1] * [-1, 1]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return _filled(
        [np.concatenate([middle + normal * width / 2, (middle - normal * width / 2)[::-1]])], rng.uniform(0, np.pi)
    )


def _filled(polygons: list[np.ndarray], angle: float) -> np.ndarray:
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = [polygon @ turned.T for polygon in polygons]
    low = np.concatenate(points).min(axis=0)
    points = [np.round(polygon - low + 1).astype(np.int32) for polygon in points]
    width, height = np.concatenate(points).max(axis=0) + 2
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, points, 1)
    return mask > 0
