"""Crops with strong augmentation: a few pictures must not be learnt by heart, and a drone sees every light and season.

Everything is drawn from the generator that is handed in, so that a sample depends on nothing else. OpenCV does the work: on
an image of 1024 x 1024 torchvision's transforms take 124 ms for a jitter of hue where one 3 x 3 matrix takes 0.5, 156 ms for
a blur where this takes 1.9; they cut, scale and turn in three resamplings where this needs one, and take three bands only.
"""

import cv2
import numpy as np

from .origin import IGNORED

GRAY = np.array([0.299, 0.587, 0.114], np.float32)

cv2.setNumThreads(1)


def cut(
    image: np.ndarray, label: np.ndarray, side: int, scales: tuple[float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A crop of `side` pixels at random place, scale, rotation, aspect and mirroring.

    `image` is H x W x C, `label` H x W (0, 1, 255 ignored). Returns side x side x C of the image's type, and side x side
    float32: the share of landslide in 0..1, -1 where ignored. With both scales 1 the crop lies on the pixel grid.
    """
    if scales == (1.0, 1.0):
        return _cut_on_grid(image, label, side, rng)
    scale = np.exp(rng.uniform(*np.log(scales)))
    aspect = np.exp(rng.uniform(-0.15, 0.15))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2
    # Halved first, so that a crop at a small scale does not alias.
    halvings = int(np.clip(np.floor(-np.log2(scale) + 0.25), 0, 4))
    ignored = (label == IGNORED).astype(np.uint8) * 255 if (label == IGNORED).any() else None
    planes = [image, (label == 1).astype(np.uint8) * 255, ignored]
    for _ in range(halvings):
        planes = [None if plane is None else _halve(plane) for plane in planes]
    image, truth, ignored = planes
    zoom = scale * 2**halvings
    height, width = image.shape[:2]
    half = side / zoom / 2
    x = rng.uniform(min(half, width / 2), max(width - half, width / 2))
    y = rng.uniform(min(half, height / 2), max(height - half, height / 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    turn = turn @ np.diag([aspect * rng.choice([-1.0, 1.0]), 1 / aspect])
    matrix = np.column_stack(
        [turn, np.array([x, y]) - turn @ np.full(2, side / 2)]
    )  # crop to image, as WARP_INVERSE_MAP wants
    warp = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REFLECT_101}
    pixels = cv2.warpAffine(image, matrix, (side, side), **warp)
    share = cv2.warpAffine(truth, matrix, (side, side), **warp).astype(np.float32) / 255.0
    if ignored is not None:
        share[cv2.warpAffine(ignored, matrix, (side, side), **warp) > 0] = -1.0
    return pixels.reshape(side, side, -1), share


def _halve(plane: np.ndarray) -> np.ndarray:
    size = (max(plane.shape[1] // 2, 1), max(plane.shape[0] // 2, 1))
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def _cut_on_grid(image: np.ndarray, label: np.ndarray, side: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    below, right = (max(side - length, 0) for length in label.shape)
    if below or right:
        image, label = (cv2.copyMakeBorder(p, 0, below, 0, right, cv2.BORDER_REFLECT_101) for p in (image, label))
        image = image.reshape(*label.shape, -1)
    top, left = (int(rng.integers(length - side + 1)) for length in label.shape)
    turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
    image, label = (np.rot90(p[top : top + side, left : left + side], turns) for p in (image, label))
    if mirror:
        image, label = image[:, ::-1], label[:, ::-1]
    share = np.where(label == IGNORED, np.float32(-1), (label == 1).astype(np.float32))
    return np.ascontiguousarray(image), share


def paste(
    base: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Puts the other crop's landslides with a soft border, or a rectangle of it, over the base crop."""
    size = base[1].shape[0]
    if rng.random() < 0.6 and (other[1] > 0.5).mean() > 0.02:
        mask = cv2.dilate(other[1].clip(0), np.ones((3, 3), np.uint8), iterations=int(rng.integers(0, 5)))
    else:
        mask = np.zeros_like(base[1])
        top, left = rng.integers(0, size * 3 // 4, 2)
        high, wide = rng.integers(size // 4, size * 3 // 4, 2)
        mask[top : top + high, left : left + wide] = 1.0
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 3.0))[:, :, None]
    pixels = base[0] * (1 - soft) + other[0] * soft
    return pixels.astype(base[0].dtype), np.where(mask > 0.5, other[1], base[1]).astype(np.float32)


def recolour(pixels: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Gamma, white balance, contrast, shadow, haze and noise, and for three bands hue and saturation.

    `pixels` is S x S x C float32 in 0..1, and so is the result.
    """
    x = cv2.pow(pixels, float(np.exp(rng.normal(0, 0.25 * strength)))).reshape(pixels.shape)
    bands = x.shape[2]
    matrix = _hue_matrix(rng, strength) if bands == 3 else np.eye(bands, dtype=np.float32)
    matrix = np.diag(rng.normal(1, 0.10 * strength, bands)) @ matrix
    contrast = np.exp(rng.normal(0, 0.2 * strength))
    mean = float((matrix @ cv2.resize(x, (1, 1), interpolation=cv2.INTER_AREA).reshape(bands)).mean())
    shift = mean * (1 - contrast) + rng.normal(0, 0.07 * strength)
    x = _transform(x, (contrast * matrix).astype(np.float32), np.float32(shift))
    if rng.random() < 0.3 * strength:
        x *= _field(x.shape[0], rng, 0.35, 1.0)
    if rng.random() < 0.3 * strength:
        haze = _field(x.shape[0], rng, 0.0, rng.uniform(0.1, 0.5))
        x += (np.float32(rng.uniform(0.6, 0.95)) - x) * haze
    if rng.random() < 0.5 * strength:
        noise = np.empty_like(x)
        cv2.setRNGSeed(int(rng.integers(1 << 31)))  # OpenCV's own generator is quicker, and the same for the same seed
        cv2.randn(noise, 0, float(rng.uniform(0.005, 0.04)))
        x += noise
    return np.clip(x, 0, 1, out=x)


def _transform(x: np.ndarray, matrix: np.ndarray, shift: np.float32) -> np.ndarray:
    """`matrix` on the bands of each pixel, and `shift` on all."""
    if x.shape[2] <= 4:
        whole = np.column_stack([matrix, np.full(len(matrix), shift, np.float32)])
        return cv2.transform(x, whole).reshape(x.shape)
    return x @ matrix.T + shift


def degrade(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur of a moving or badly focused camera, lost resolution and JPEG blocks; S x S x 3 uint8."""
    side = pixels.shape[0]
    blur, small, quality = rng.random(3) < (0.25, 0.15, 0.25)
    if blur:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.6))
    if small:
        size = int(side * rng.uniform(0.35, 0.8))
        pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_LINEAR)
    if quality:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return pixels


def _hue_matrix(rng: np.random.Generator, strength: float) -> np.ndarray:
    """Turns colours about the gray axis (Rodrigues' formula) and scales saturation; 3 x 3."""
    angle = rng.normal(0, 0.18 * strength)
    saturation = 0.0 if rng.random() < 0.04 * strength else np.exp(rng.normal(0, 0.35 * strength))
    axis = np.full(3, 1 / np.sqrt(3))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    gray = np.tile(GRAY, (3, 1))
    return (turn @ (saturation * np.eye(3) + (1 - saturation) * gray)).astype(np.float32)


def _field(size: int, rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """A smooth random field between `low` and `high`, H x W x 1: cloud shadow or haze of uneven thickness."""
    coarse = rng.random((int(rng.integers(2, 6)), int(rng.integers(2, 6)))).astype(np.float32)
    field = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    field = np.clip((field - 0.5) * np.float32(rng.uniform(1, 4)) + 0.5, 0, 1)
    return (np.float32(low) + np.float32(high - low) * field)[:, :, None]
