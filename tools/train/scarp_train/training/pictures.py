"""Pictures of what a network sees: the image, and beside it what was found, missed and falsely found.

Magenta, cyan and yellow stand out from soil, rock and plants, and are told apart by the colour-blind too.
"""

import functools
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..data.checks import spread
from ..data.origin import IGNORED
from ..data.pairs import Pair
from ..data.read import read_label, read_pair
from ..errors import DatasetError
from ..networks import Network
from ..predict import THRESHOLD, predict_image, torch_predictor
from ..recipe import Pixels, Recipe

SIDE, LEAST = 640, 360  # longest side of a panel, and least width for its caption, in pixels
ENLARGED = 4.0  # times at most
LINE, HALO = 2, 5  # widths of an outline and of the dark line under it
TINT = 0.3  # of an area by its colour: what it shows stays visible
CORRECT, MISSED, FALSE, TRUTH = (0, 225, 255), (255, 0, 200), (255, 230, 0), (255, 255, 255)
DARK = (24, 24, 24)
LEGEND = (("correct", CORRECT), ("missed", MISSED), ("false", FALSE), ("truth", TRUTH))
FONT, LINE_HEIGHT, GAP = 15, 21, 4
QUALITY = 88  # of JPEG


@functools.cache
def worth_drawing(pairs: tuple[Pair, ...], count: int) -> frozenset[int]:
    """Which of `pairs` to draw: those that show most landslide and some that show less, and one that shows none."""
    shares: dict[int, float] = {}
    for index in spread(range(len(pairs))):
        try:
            label = read_label(pairs[index].label, pairs[index].ignored)
        except DatasetError:
            continue
        shares[index] = float((label == 1).mean())
    with_any = sorted((index for index, share in shares.items() if share), key=lambda index: -shares[index])
    without = [index for index in shares if not shares[index]][: count if not with_any else min(max(count - 1, 0), 1)]
    most = count - len(without)
    return frozenset([*spread(with_any[: max(most, (len(with_any) + 1) // 2)], most), *without] if most else without)


def draw_change(
    pairs: list[Pair], networks: dict[str, Network], recipe: Recipe, folder: Path, threshold: float = THRESHOLD
) -> None:
    """Draws images with what each network, by its caption, sees."""
    for index in worth_drawing(tuple(pairs), recipe.validation.pictures):
        image, label = read_pair(pairs[index])
        found = {
            caption: predict_image(image, torch_predictor(network), recipe.pixels, recipe.validation.tile, network.multiple)
            for caption, network in networks.items()
        }
        draw(pairs[index].name, image, label, found, recipe.pixels, folder / f"{pairs[index].name}.jpg", threshold)


def draw(
    name: str,
    image: np.ndarray,
    label: np.ndarray,
    found: dict[str, np.ndarray],
    pixels: Pixels,
    path: Path,
    threshold: float = THRESHOLD,
) -> None:
    """Writes a JPEG: the image (H x W x C), and beside it a panel for each probability (H x W) by its caption.

    Pixels that nobody judged (255 in `label`) are dark and count for nothing.
    """
    height, width = label.shape
    scale = min(ENLARGED, SIDE / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    plain = cv2.resize(_rgb(image, pixels), size, interpolation=cv2.INTER_AREA)
    true = (label == 1)[label != IGNORED].mean() if (label != IGNORED).any() else 0.0
    panels = [_captioned(plain, [name, f"landslide {true:.1%}"], LEGEND)]
    for caption, probability in found.items():
        seen = probability >= threshold
        lines = [
            f"{caption}{': ' if caption else ''}{_score(label, seen)}",
            f"found {seen[label != IGNORED].sum() / label.size:.1%}",
        ]
        panels.append(_captioned(_overlay(plain, label, seen), lines))
    gap = np.full((panels[0].shape[0], GAP, 3), 255, np.uint8)
    row = [part for panel in panels for part in (panel, gap)][:-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(row, axis=1)).save(path, quality=QUALITY)


def _rgb(image: np.ndarray, pixels: Pixels) -> np.ndarray:
    """The first three bands, or the first one as grey, in 8 bits."""
    colours = image[:, :, :3] if image.shape[2] >= 3 else np.repeat(image[:, :, :1], 3, axis=2)
    if colours.dtype != np.uint8:
        colours = (np.clip(colours.astype(np.float32) / pixels.scale, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(colours)


def _overlay(plain: np.ndarray, label: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The image with tinted areas, each bordered by its colour, and the truth's outline on a dark line over them."""
    size = plain.shape[1::-1]
    truth, dark, seen = (
        cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        for mask in (label == 1, label == IGNORED, seen)
    )
    judged = (dark == 0).astype(np.uint8)
    canvas = plain.astype(np.float32)
    canvas[judged == 0] *= 0.35
    areas = [(truth & seen, CORRECT), (truth & (1 - seen), MISSED), (seen & (1 - truth) & judged, FALSE)]
    for area, colour in areas:
        canvas[area == 1] += (np.float32(colour) - canvas[area == 1]) * TINT
    canvas = np.ascontiguousarray(canvas.astype(np.uint8))
    for area, colour in (areas[0], areas[2], (truth, TRUTH)):
        outlines, _ = cv2.findContours(area, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(canvas, outlines, -1, DARK, HALO)
        cv2.drawContours(canvas, outlines, -1, colour, LINE)
    return canvas


def _score(label: np.ndarray, seen: np.ndarray) -> str:
    truth, judged = label == 1, label != IGNORED
    union = ((truth | seen) & judged).sum()
    return f"IoU {(truth & seen).sum() / union:.2f}" if union else "no landslide, none found"


def _captioned(panel: np.ndarray, lines: list[str], legend: tuple[tuple[str, tuple[int, int, int]], ...] = ()) -> np.ndarray:
    """The panel above a strip with lines of text, and the legend on the last of them."""
    panel = np.pad(panel, ((0, 0), (0, max(LEAST - panel.shape[1], 0)), (0, 0)), constant_values=DARK[0])
    strip = Image.new("RGB", (panel.shape[1], 2 * LINE_HEIGHT + 6), DARK)
    pen, font = ImageDraw.Draw(strip), ImageFont.load_default(FONT)
    for number, line in enumerate(lines):
        pen.text((6, 3 + number * LINE_HEIGHT), line, (255, 255, 255), font)
    x = strip.width - 6 - sum(LINE_HEIGHT + int(pen.textlength(word, font)) + 8 for word, _ in legend)
    for word, colour in legend:
        pen.rectangle((x, LINE_HEIGHT + 6, x + 12, LINE_HEIGHT + 18), colour if word != "truth" else None, colour, 2)
        pen.text((x + LINE_HEIGHT - 4, 3 + LINE_HEIGHT), word, (255, 255, 255), font)
        x += LINE_HEIGHT + int(pen.textlength(word, font)) + 8
    return np.concatenate([panel, np.asarray(strip)])
