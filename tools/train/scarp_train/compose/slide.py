"""A slide's relief, boulders and torn border, drawn over its texture, and the blending with the ground around."""

from dataclasses import dataclass

import cv2
import numpy as np

from .noise import fractal, smoothstep

LEAST_REMNANT = 500  # pixels of standing vegetation that an expert draws an outline around


@dataclass(frozen=True)
class Light:
    """Where the sun stands: unit vector towards it in the picture (x right, y down), and strength of relief shading."""

    x: float
    y: float
    strength: float


def draw_light(rng: np.random.Generator) -> Light:
    """Any sun between haze and noon."""
    angle = rng.uniform(0, 2 * np.pi)
    return Light(float(np.cos(angle)), float(np.sin(angle)), float(rng.uniform(0.08, 0.4)))


def relief(inside: np.ndarray, head: tuple[float, float], light: Light, rng: np.random.Generator) -> np.ndarray:
    """Shading of a slide's surface, H x W float32 around 1: hollow below the scarp, furrowed along the flow, full below.

    `inside` is the signed distance to the outline, `head` the unit vector that points up the slope.
    """
    shape = inside.shape
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    up = xs * head[0] + ys * head[1]
    across = xs * head[1] - ys * head[0]
    body = inside > 0
    low, high = np.percentile(up[body], (1, 99))
    level = np.clip((up - low) / max(high - low, 1), 0, 1)  # 0 at the toe, 1 at the head
    size = max(float(inside.max()), 4.0)
    scarp = float(rng.uniform(2.0, 9.0))
    depth = -scarp * smoothstep(inside, 0, rng.uniform(3, 9)) * smoothstep(level, 0.55, 0.95)
    depth -= 0.25 * size * smoothstep(inside, 0, size) * smoothstep(level, 0.3, 0.7)
    depth += 0.15 * size * smoothstep(inside, 0, 0.6 * size) * (1 - smoothstep(level, 0.15, 0.45))
    wavelength = rng.uniform(10, 30)
    furrows = _along(fractal(shape, wavelength, rng), up, across, wavelength)
    depth += rng.uniform(0.2, 0.8) * furrows * smoothstep(inside, 0, 8)
    depth += rng.uniform(0.05, 0.25) * fractal(shape, 5, rng, 2)
    depth = cv2.GaussianBlur(depth.astype(np.float32), (0, 0), 0.8)
    slope_y, slope_x = np.gradient(depth)
    shade = -(slope_x * light.x + slope_y * light.y) * light.strength
    crest = np.exp(-np.maximum(inside, 0) / (1.2 * scarp)) * smoothstep(level, 0.6, 0.95)
    return (1 + 0.6 * np.tanh(shade)) * (1 - rng.uniform(-0.15, 0.5) * crest)


def _along(noise: np.ndarray, up: np.ndarray, across: np.ndarray, wavelength: float) -> np.ndarray:
    """Noise stretched six times along the flow, and bent a little, so that it looks like furrows."""
    height, width = noise.shape
    bent = across + 0.6 * wavelength * noise
    return cv2.remap(noise, (bent % width).astype(np.float32), (up / 6 % height).astype(np.float32), cv2.INTER_LINEAR)


def add_boulders(
    pixels: np.ndarray, inside: np.ndarray, head: tuple[float, float], light: Light, rng: np.random.Generator
) -> None:
    """Draws boulders with lit and shaded sides and short shadows on H x W x 3 float32, most towards the toe."""
    ys, xs = np.nonzero(inside > 3)
    if not len(ys):
        return
    level = xs * head[0] + ys * head[1]
    level = (level - level.min()) / max(float(np.ptp(level)), 1.0)
    weight = np.exp(-rng.uniform(0, 3) * level)
    count = min(rng.poisson(len(ys) * np.exp(rng.uniform(np.log(2e-5), np.log(1.2e-3)))), 400)
    for at in rng.choice(len(ys), size=count, p=weight / weight.sum()):
        radius = float(np.exp(rng.normal(np.log(1.7), 0.5)))
        _boulder(pixels, int(ys[at]), int(xs[at]), radius, light, rng)


def _boulder(pixels: np.ndarray, y: int, x: int, radius: float, light: Light, rng: np.random.Generator) -> None:
    reach = int(np.ceil(3 * radius)) + 2
    top, left = max(y - reach, 0), max(x - reach, 0)
    here = pixels[top : y + reach + 1, left : x + reach + 1]
    ys, xs = np.mgrid[top : top + here.shape[0], left : left + here.shape[1]].astype(np.float32)
    dy, dx = ys - y, xs - x
    turn = rng.uniform(0, np.pi)
    aspect = rng.uniform(1.0, 1.7)
    edge = 1 + 0.15 * np.sin(3 * np.arctan2(dy, dx) + rng.uniform(0, 6))
    u = (dx * np.cos(turn) + dy * np.sin(turn)) / aspect
    v = (dy * np.cos(turn) - dx * np.sin(turn)) * aspect**0.5

    def cover(du: float, dv: float) -> np.ndarray:
        return np.clip(radius * edge - np.hypot(u - du, v - dv) + 0.5, 0, 1)[..., None]

    away = -1.1 * radius * np.array([light.x, light.y])
    shadow = cover(*(away @ [np.cos(turn), np.sin(turn)] / aspect, away @ [-np.sin(turn), np.cos(turn)] * aspect**0.5))
    here *= 1 - 0.45 * min(2 * light.strength, 1) * shadow
    side = (dx * light.x + dy * light.y) / max(radius, 1)
    tone = here.mean(axis=(0, 1)) * rng.uniform(0.95, 1.35)
    stone = tone * (1 + 0.5 * light.strength * np.clip(side, -1, 1))[..., None]
    here += (stone - here) * cover(0.0, 0.0)


def torn_edge(
    inside: np.ndarray, ground: np.ndarray, amplitude: float, rng: np.random.Generator, remnants: bool = True
) -> np.ndarray:
    """How much of the slide covers each pixel, H x W float32 in 0..1: frayed by `amplitude` pixels, and with vegetation that
    stands where `ground` (H x W x 3 float32) is green at its border and, with `remnants`, here and there within."""
    shape = inside.shape
    edge = inside + amplitude * (0.7 * fractal(shape, rng.uniform(10, 40), rng) + 0.2 * fractal(shape, 4, rng, 2))
    red, green, blue = np.moveaxis(ground, 2, 0)
    excess = cv2.GaussianBlur((2 * green - red - blue) / (ground.sum(axis=2) + 1), (0, 0), 1.5)
    dark = cv2.GaussianBlur(ground.mean(axis=2), (0, 0), 12) - cv2.GaussianBlur(ground.mean(axis=2), (0, 0), 1.5)
    standing = np.clip(8 * excess, -0.5, 1) + np.clip(dark / 40, -1, 1)
    edge -= 0.8 * amplitude * standing
    if remnants:
        rim = 1 - smoothstep(inside, 0, 6 * amplitude + 6)
        left = fractal(shape, rng.uniform(12, 40), rng) + 0.5 * standing + 1.2 * rim - rng.uniform(2.2, 4.0)
        edge = np.where(inside > 0, np.minimum(edge, -8 * left), edge)
    return 1 / (1 + np.exp(-np.clip(edge / rng.uniform(0.5, 1.6), -30, 30)))


def outline_of(cover: np.ndarray) -> np.ndarray:
    """The label an expert would draw, H x W bool: without specks, around remnants of some size, over smaller ones."""
    body = cv2.morphologyEx((cover > 0.5).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    body = cv2.morphologyEx(body, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    for value, least in ((1, 60), (0, LEAST_REMNANT)):
        count, components, stats, _ = cv2.connectedComponentsWithStats((body == value).astype(np.uint8))
        for index in range(1, count):
            if stats[index, cv2.CC_STAT_AREA] < least:
                body[components == index] = 1 - value
    return body > 0


def in_this_light(texture: np.ndarray, body: np.ndarray, tile: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The texture as bare ground looks in the light and haze of `tile`, and no sharper; all H x W x 3 float32.

    Bare ground is about as bright as the brighter fifth of a picture, and between grey and ochre whatever the white balance
    of the picture that the texture comes from. `body` are the pixels that count.
    """
    mean = texture[body].mean(axis=0)
    grey = (texture - mean).mean(axis=2, keepdims=True)
    bright = float(np.percentile(tile.mean(axis=2), 80)) * rng.uniform(0.75, 1.3)
    level = np.clip(bright, 55, 190) ** 0.85 * mean.mean() ** 0.15
    warmth = rng.uniform(0.0, 0.18)
    soil = np.array([1 + 0.5 * warmth, 1 + 0.02 * warmth, 1 - warmth]) * rng.normal(1, 0.01, 3)
    colour = (0.85 * soil / soil.mean() + 0.15 * mean / mean.mean()) * _cast(tile) ** rng.uniform(0.2, 0.6)
    relative = (grey + 0.5 * (texture - mean - grey)) / mean.mean()
    contrast = min(rng.uniform(0.8, 1.15), 0.3 / max(float(relative[body].std()), 1e-3))
    lit = level * colour * (1 + contrast * relative)
    own_sharp, wanted = sharpness(lit, body), sharpness(tile)
    for sigma in (0.5, 0.8, 1.1, 1.5):
        if own_sharp <= 1.2 * wanted:
            break
        lit = cv2.GaussianBlur(lit, (0, 0), sigma)
        own_sharp = sharpness(lit, body)
    return lit


def _cast(tile: np.ndarray) -> np.ndarray:
    """The colour of a picture's brighter fifth over its mean, 3 numbers near 1: white things tell the white balance."""
    light = tile.mean(axis=2)
    bright = tile[light >= np.percentile(light, 80)].mean(axis=0)
    return np.clip(bright / bright.mean(), 0.88, 1.12)


def sharpness(pixels: np.ndarray, body: np.ndarray | None = None) -> float:
    """Mean Laplacian over mean deviation from a blur of 4 pixels: how fine a picture's detail is, whatever its contrast."""
    body = np.ones(pixels.shape[:2], bool) if body is None else body
    grey = np.ascontiguousarray(pixels.mean(axis=2), np.float32)
    fine = np.abs(cv2.Laplacian(grey, cv2.CV_32F))[body].mean()
    coarse = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 4))[body].mean()
    return float(fine / max(coarse, 1e-3))
