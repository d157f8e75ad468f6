"""Crops with strong augmentation: 24 pictures must not be learnt by heart, and a drone sees every light and season."""

from dataclasses import dataclass

import cv2
import numpy as np

from .dataset import Scene

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
GRAY = np.array([0.299, 0.587, 0.114], np.float32)

cv2.setNumThreads(1)


@dataclass(frozen=True)
class CropSpec:
    """Side of the crop in pixels and the range of scales (1 = native resolution), drawn log-uniformly."""

    size: int = 256
    min_scale: float = 0.25
    max_scale: float = 1.1


def cut(scene: Scene, spec: CropSpec, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A crop at random place, scale, rotation, aspect and mirroring: uint8 RGB and a float32 label in 0..1."""
    scale = np.exp(rng.uniform(np.log(spec.min_scale), np.log(spec.max_scale)))
    aspect = np.exp(rng.uniform(-0.15, 0.15))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2
    level = int(np.clip(np.floor(-np.log2(scale) + 0.25), 0, len(scene.images) - 1))
    image, label = scene.images[level], scene.labels[level]
    zoom = scale * 2**level
    height, width = image.shape[:2]
    half = spec.size / zoom / 2
    x = rng.uniform(min(half, width / 2), max(width - half, width / 2))
    y = rng.uniform(min(half, height / 2), max(height - half, height / 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    turn = turn @ np.diag([aspect * rng.choice([-1.0, 1.0]), 1 / aspect])
    centre = np.array([x, y]) - turn @ np.full(2, spec.size / 2)
    matrix = np.column_stack([turn, centre])  # maps crop to image, as WARP_INVERSE_MAP wants
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    side = (spec.size, spec.size)
    pixels = cv2.warpAffine(image, matrix, side, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    truth = cv2.warpAffine(label, matrix, side, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return pixels, truth.astype(np.float32) / 255.0


def paste(
    base: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Puts the other crop's landslides with a soft border, or a rectangle of it, over the base crop."""
    size = base[1].shape[0]
    if rng.random() < 0.6 and other[1].mean() > 0.02:
        mask = cv2.dilate(other[1], np.ones((3, 3), np.uint8), iterations=int(rng.integers(0, 5)))
    else:
        mask = np.zeros_like(base[1])
        top, left = rng.integers(0, size * 3 // 4, 2)
        high, wide = rng.integers(size // 4, size * 3 // 4, 2)
        mask[top : top + high, left : left + wide] = 1.0
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 3.0))[:, :, None]
    pixels = base[0] * (1 - soft) + other[0] * soft
    return pixels.astype(np.uint8), np.where(mask > 0.5, other[1], base[1]).astype(np.float32)


def recolour(pixels: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """White balance, hue, saturation, gamma, contrast, haze, shadow, noise and JPEG: uint8 in, uint8 out."""
    x = pixels.astype(np.float32) / 255.0
    x = np.power(x, np.float32(np.exp(rng.normal(0, 0.25 * strength))))
    x = x @ _hue_matrix(rng, strength)
    x *= rng.normal(1, 0.10 * strength, 3).astype(np.float32)
    contrast = np.exp(rng.normal(0, 0.2 * strength))
    mean = float(x.mean())
    x = (x - mean) * contrast + mean + rng.normal(0, 0.07 * strength)
    if rng.random() < 0.3 * strength:
        x *= _field(x.shape[0], rng, 0.35, 1.0)
    if rng.random() < 0.3 * strength:
        haze = _field(x.shape[0], rng, 0.0, rng.uniform(0.1, 0.5))
        x += (rng.uniform(0.6, 0.95) - x) * haze
    if rng.random() < 0.5 * strength:
        x += rng.normal(0, rng.uniform(0.005, 0.04), x.shape).astype(np.float32)
    return (np.clip(x, 0, 1) * 255.0 + 0.5).astype(np.uint8)


def degrade(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur of a moving or badly focused camera, lost resolution and JPEG blocks."""
    size = pixels.shape[0]
    if rng.random() < 0.25:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.15:
        small = int(size * rng.uniform(0.35, 0.8))
        pixels = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.25:
        quality = int(rng.integers(25, 90))
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return pixels


def normalise(pixels: np.ndarray) -> np.ndarray:
    """H x W x 3 uint8 to 3 x H x W float32 as the network takes it."""
    return ((pixels.astype(np.float32) / 255.0 - MEAN) / STD).transpose(2, 0, 1)


def _hue_matrix(rng: np.random.Generator, strength: float) -> np.ndarray:
    """Turns colours about the gray axis (Rodrigues) and scales saturation; 3 x 3, to be applied from the right."""
    angle = rng.normal(0, 0.18 * strength)
    saturation = 0.0 if rng.random() < 0.04 * strength else np.exp(rng.normal(0, 0.35 * strength))
    axis = np.full(3, 1 / np.sqrt(3))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    gray = np.tile(GRAY, (3, 1))
    return (turn @ (saturation * np.eye(3) + (1 - saturation) * gray)).T.astype(np.float32)


def _field(size: int, rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """A smooth random field between `low` and `high`, H x W x 1: cloud shadow or haze of uneven thickness."""
    coarse = rng.random((int(rng.integers(2, 6)), int(rng.integers(2, 6)))).astype(np.float32)
    field = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    field = np.clip((field - 0.5) * rng.uniform(1, 4) + 0.5, 0, 1)
    return (low + (high - low) * field)[:, :, None]
