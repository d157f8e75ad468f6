"""One composite: a piece of real ground with bare fields and slides laid over it, all of real pixels."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .material import Material
from .noise import signed_distance
from .outlines import field_outline, turn
from .slide import Light, add_boulders, draw_light, in_this_light, outline_of, relief, sharpness, torn_edge
from .texture import Texture, quilt

MARGIN = 16  # pixels around an outline that are textured too, for the border's fraying
PLACES = 12  # that are tried for each outline
TAKEN = 0.08  # share of an outline that may lie on landslides that are there
OWN_GROUND = 0.35  # share of the tiles that show the ground around the slides' own pictures
SLIDES = (0.004, 0.2)  # share of the tile
FIELDS = (0.01, 0.25)
LEAST_TEXTURE = 6000  # pixels below which a texture is not made smaller


@dataclass
class Composite:
    """Pixels H x W x 3 uint8, label H x W (0, 1, 255), and of which pictures it was made."""

    pixels: np.ndarray
    label: np.ndarray
    background: str
    slides: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)


def compose(material: Material, side: int, rng: np.random.Generator) -> Composite:
    """A composite of at most `side` pixels squared, or the whole background where that is smaller.

    Fields come first, so that slides cross them as they cross roads and houses.
    """
    tile = _background(material, side, rng)
    pixels = tile.pixels.astype(np.float32)
    light = draw_light(rng)
    for _ in range(rng.poisson(1.0) if material.bare else 0):
        texture = material.bare[rng.integers(len(material.bare))]
        outline = field_outline(_share(FIELDS, rng) * tile.label.size, rng)
        if (place := _place(outline, tile.label, rng)) and (patchwork := _field(pixels, texture, outline, rng)) is not None:
            _lay_field(pixels, place, patchwork, np.pad(outline, MARGIN), rng)
            tile.fields.append(texture.name)
    for _ in range(rng.choice([0, 1, 2, 3], p=[0.1, 0.5, 0.28, 0.12])):
        texture = material.slides[rng.integers(len(material.slides))]
        outline = material.outlines[rng.integers(len(material.outlines))]
        scale = np.sqrt(_share(SLIDES, rng) * tile.label.size / outline.sum())
        outline = outline[:, ::-1] if rng.random() < 0.5 else outline
        angle = rng.uniform(0, 2 * np.pi)
        patchwork = _flow(pixels, texture, turn(outline, 0.0, scale), angle, rng)
        if patchwork is None or not (place := _place(patchwork[1][MARGIN:-MARGIN, MARGIN:-MARGIN], tile.label, rng)):
            continue
        _lay_slide(pixels, tile.label, place, *patchwork, angle, light, rng)
        tile.slides.append(texture.name)
    tile.pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return tile


def _share(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def _background(material: Material, side: int, rng: np.random.Generator) -> Composite:
    own = not material.others or rng.random() < OWN_GROUND
    pictures = material.own if own else material.others[rng.integers(len(material.others))]
    ground = pictures[rng.integers(len(pictures))]
    top, left = (int(rng.integers(max(length - side, 0) + 1)) for length in ground.label.shape)
    turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
    planes = [np.rot90(plane[top : top + side, left : left + side], turns) for plane in (ground.pixels, ground.label)]
    pixels, label = (np.ascontiguousarray(plane[:, ::-1] if mirror else plane) for plane in planes)
    return Composite(pixels, label.copy(), ground.name)


def _place(outline: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> tuple[int, int] | None:
    """Row and column of an outline's corner, its middle in the tile and least over landslides; None where it covers them."""
    best, least = None, TAKEN
    for _ in range(PLACES):
        top, left = (
            int(rng.integers(length) - extent // 2) for length, extent in zip(label.shape, outline.shape, strict=True)
        )
        on_tile, on_outline = _windows((top, left), outline.shape, label.shape)
        inside = outline[on_outline]
        taken = float((label[on_tile][inside] != 0).mean()) if inside.any() else 1.0
        if taken < least and inside.sum() > 0.6 * outline.sum():
            best, least = (top, left), taken
        if best and least == 0:
            break
    return best


def _windows(
    corner: tuple[int, int], extent: tuple[int, int], tile: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of the tile that lies under a frame, and the part of the frame that lies on the tile."""
    low = [max(at, 0) for at in corner]
    high = [min(at + length, whole) for at, length, whole in zip(corner, extent, tile, strict=True)]
    on_tile = tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))
    on_frame = tuple(slice(a - at, max(a, b) - at) for a, b, at in zip(low, high, corner, strict=True))
    return on_tile, on_frame


def _flow(
    tile: np.ndarray, texture: Texture, outline: np.ndarray, angle: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """A slide's texture in its outline, made upright and then turned: H x W x 3 float32 and mask, with a margin."""
    mask = np.pad(outline, MARGIN)
    wanted = cv2.dilate(mask.astype(np.uint8), np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)) > 0
    canvas = quilt(_as_fine_as(tile, texture, rng.normal(0, 0.1), rng), wanted, int(rng.integers(56, 120)), rng)
    if canvas is None:
        return None
    height, width = mask.shape
    reach = int(np.ceil(np.hypot(height, width)))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -np.degrees(angle), 1.0)
    matrix[:, 2] += reach / 2 - np.array([width / 2, height / 2])
    turned = cv2.warpAffine(canvas, matrix, (reach, reach), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    body = cv2.warpAffine(mask.astype(np.uint8) * 255, matrix, (reach, reach)) > 127
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    if not len(rows):
        return None
    frame = np.s_[max(rows[0] - MARGIN, 0) : rows[-1] + 1 + MARGIN, max(columns[0] - MARGIN, 0) : columns[-1] + 1 + MARGIN]
    return turned[frame], body[frame]


def _as_fine_as(tile: np.ndarray, texture: Texture, angle: float, rng: np.random.Generator) -> Texture:
    """The texture turned and scaled, smaller than drawn where it is softer than the tile, while enough of it is left."""
    scale, wanted = _share((0.55, 1.15), rng), sharpness(tile)
    turned = texture.turned(angle, scale)
    while scale > 0.35 and sharpness(turned.pixels, turned.mask) < 0.8 * wanted:
        scale *= 0.8
        smaller = texture.turned(angle, scale)
        if smaller.mask.sum() < LEAST_TEXTURE:
            break
        turned = smaller
    return turned


def _field(tile: np.ndarray, texture: Texture, outline: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    wanted = np.pad(np.ones_like(outline), MARGIN)
    return quilt(_as_fine_as(tile, texture, rng.uniform(0, 2 * np.pi), rng), wanted, int(rng.integers(40, 100)), rng)


def _lay_field(
    pixels: np.ndarray,
    place: tuple[int, int],
    patchwork: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
) -> None:
    on_tile, on_frame = _windows((place[0] - MARGIN, place[1] - MARGIN), mask.shape, pixels.shape[:2])
    ground, body = pixels[on_tile], mask[on_frame]
    if not body.any():
        return
    lit = in_this_light(patchwork[on_frame], body, pixels, rng)
    inside = signed_distance(mask)[on_frame]
    cover = torn_edge(inside, ground, float(rng.uniform(0, 2.5)), rng, remnants=False)
    ground += (lit - ground) * cover[..., None]


def _lay_slide(
    pixels: np.ndarray,
    label: np.ndarray,
    place: tuple[int, int],
    patchwork: np.ndarray,
    mask: np.ndarray,
    angle: float,
    light: Light,
    rng: np.random.Generator,
) -> None:
    on_tile, on_frame = _windows((place[0] - MARGIN, place[1] - MARGIN), mask.shape, label.shape)
    ground, body = pixels[on_tile], mask[on_frame]
    if not body.any():
        return
    head = (float(np.sin(angle)), float(-np.cos(angle)))
    inside = signed_distance(mask)
    lit = in_this_light(patchwork[on_frame], body, pixels, rng)
    lit *= relief(inside, head, light, rng)[on_frame][..., None]
    add_boulders(lit, inside[on_frame], head, light, rng)
    amplitude = min(rng.uniform(1.0, 6.0), 0.05 * np.sqrt(mask.sum()))
    cover = torn_edge(inside[on_frame], ground, float(amplitude), rng)
    ground += (lit - ground) * cover[..., None]
    label[on_tile][outline_of(cover)] = 1
