"""Pictures of what a network sees: which images are drawn, and what their colours say."""

from pathlib import Path

import numpy as np
import pytest
from conftest import tiff
from PIL import Image

from scarp_train.data.pairs import find_pairs
from scarp_train.recipe import Pixels
from scarp_train.training.pictures import CORRECT, FALSE, LEAST, MISSED, SIDE, draw, worth_drawing

EARTH = (150, 90, 60)


def make_pairs(root: Path, shares: list[float]) -> tuple:
    """Pairs whose labels hold so much landslide; "none" stands for a label that cannot be read."""
    for kind in ("images", "labels"):
        (root / kind).mkdir(parents=True)
    for number, share in enumerate(shares):
        label = np.zeros((10, 10), np.uint8)
        label.flat[: round(share * 100)] = 1
        (root / "images" / f"{number:02}.tif").write_bytes(tiff(np.zeros((10, 10, 3), np.uint8)))
        (root / "labels" / f"{number:02}.tif").write_bytes(tiff(label))
    return tuple(find_pairs(root))


@pytest.mark.parametrize(
    ("shares", "count", "drawn"),
    [
        ([0.0, 0.1, 0.0, 0.6, 0.5, 0.2, 0.3, 0.4], 4, {0, 3, 4, 7}),
        ([0.0, 0.0, 0.2], 1, {2}),
        ([0.0, 0.0, 0.2], 9, {0, 2}),
        ([0.0, 0.0, 0.0], 2, {0, 1}),
        ([0.1, 0.2], 2, {0, 1}),
        ([0.1, 0.2], 0, set()),
    ],
)
def test_images_with_most_landslide_are_drawn_and_one_without(tmp_path: Path, shares: list, count: int, drawn: set):
    assert worth_drawing(make_pairs(tmp_path, shares), count) == drawn


def test_a_label_that_cannot_be_read_is_not_drawn(tmp_path: Path):
    pairs = make_pairs(tmp_path, [0.5, 0.2])
    (tmp_path / "labels" / "00.tif").write_bytes(b"")
    assert worth_drawing(pairs, 2) == {1}


def made(tmp_path: Path, found: dict[str, np.ndarray]) -> np.ndarray:
    """The panels of a picture of earth whose left half is landslide."""
    image = np.full((400, 400, 3), EARTH, np.uint8)
    label = np.zeros((400, 400), np.uint8)
    label[:, :200] = 1
    label[:100] = 255
    path = tmp_path / "pictures" / "x.jpg"
    draw("x", image, label, found, Pixels(), path)
    return np.asarray(Image.open(path)).astype(int)


def test_what_is_correct_missed_and_false_is_tinted_by_its_colour_and_what_nobody_judged_is_dark(tmp_path: Path):
    found = np.zeros((400, 400), np.float32)
    found[200:, :300] = 0.9
    picture = made(tmp_path, {"": found})
    assert picture.shape[1] == 2 * SIDE + 4 and picture.shape[0] > SIDE
    scale = SIDE / 400

    def colour(y: int, x: int) -> np.ndarray:
        return picture[round(y * scale), SIDE + 4 + round(x * scale)]

    for (y, x), tint in (((300, 100), CORRECT), ((150, 100), MISSED), ((300, 250), FALSE)):
        toward = colour(y, x) - EARTH
        assert np.abs(toward - 0.3 * (np.array(tint) - EARTH)).max() < 12, tint
    assert np.abs(colour(300, 350) - EARTH).max() < 12
    assert colour(50, 300).max() < 70
    outline = picture[round(300 * scale), SIDE + 4 + round(200 * scale) - 3 : SIDE + 4 + round(200 * scale) + 4]
    assert outline.min(axis=1).max() > 180  # white


def test_each_network_has_a_panel_and_a_small_image_room_for_its_caption(tmp_path: Path):
    nothing = np.zeros((400, 400), np.float32)
    assert made(tmp_path, {"before": nothing, "after": nothing}).shape[1] == 3 * SIDE + 8
    path = tmp_path / "small.jpg"
    draw("small", np.zeros((20, 10, 1), np.uint16), np.zeros((20, 10), np.uint8), {"": nothing[:20, :10]}, Pixels(), path)
    assert Image.open(path).width == 2 * LEAST + 4
