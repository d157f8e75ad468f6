"""Labels that cannot be right are warned of; labels that are as good as people draw them are not."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from scarp_train.data.checks import LOOKED_AT, check_labels, spread

Tile = tuple[str, np.ndarray, np.ndarray]


def tile(seed: int, side: int = 256, bands: int = 3) -> Tile:
    """Textured ground with three bright scars; their outlines are drawn a few pixels wrong, as people do."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((side, side), np.uint8)
    drawn = truth.copy()
    for _ in range(3):
        x, y = (int(v) for v in rng.integers(side // 8, 7 * side // 8, 2))
        axes = int(rng.integers(side // 16, side // 7)), int(rng.integers(side // 20, side // 9))
        angle = float(rng.integers(180))
        cv2.ellipse(truth, (x, y), axes, angle, 0, 360, 1, -1)
        off = rng.integers(-2, 3, 4)
        axes = int(axes[0] + off[2]), int(axes[1] + off[3])
        cv2.ellipse(drawn, (int(x + off[0]), int(y + off[1])), axes, angle, 0, 360, 1, -1)
    ground = sum(cv2.GaussianBlur(rng.normal(0, s, (side, side, bands)), (0, 0), s) * 8 for s in (1, 3, 9))
    image = 80 + ground + 45 * cv2.GaussianBlur(truth.astype(float), (0, 0), 1)[:, :, None]
    return f"tile_{seed}", np.clip(image, 0, 255).astype(np.uint8), drawn


def moved(name: str, image: np.ndarray, label: np.ndarray, right: int, down: int) -> Tile:
    """The part that image and label have in common once the label is moved."""
    height, width = label.shape
    edge = max(abs(right), abs(down))
    place = slice(edge - down, height - edge - down), slice(edge - right, width - edge - right)
    return name, image[edge : height - edge, edge : width - edge], label[place]


def inverted(name: str, image: np.ndarray, label: np.ndarray) -> Tile:
    return name, image, 1 - label


@pytest.fixture(scope="module")
def tiles() -> list[Tile]:
    return [tile(seed) for seed in range(12)]


def real(name: str) -> list[Tile]:
    """A set of real images and labels, or a skipped test where it is not at hand."""
    root = Path(os.environ.get("SCARP_REAL_DATA", Path(__file__).parents[4] / "shared" / "data")) / name
    if not root.is_dir():
        pytest.skip(f"{root} is not there; set SCARP_REAL_DATA")
    pairs = sorted((root / "images").iterdir())
    labels = [np.asarray(Image.open(root / "labels" / path.name)) for path in pairs]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in pairs]
    return [(path.stem, image, (label > 0).astype(np.uint8)) for path, image, label in zip(pairs, images, labels)]


def test_good_labels_give_no_warning(tiles: list[Tile]):
    assert check_labels(tiles) == []


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_images_of_any_number_type_and_bands_are_read(dtype: type):
    five = [tile(seed, bands=5) for seed in range(6)]
    assert check_labels((name, (image * 40.5).astype(dtype), label) for name, image, label in five) == []


def test_images_without_landslides_among_others_are_fine(tiles: list[Tile]):
    without = [(name, image, label * 0) for name, image, label in map(tile, range(50, 56))]
    assert check_labels([*tiles, *without]) == []


def test_labels_that_are_all_empty_are_one_warning(tiles: list[Tile]):
    (warning,) = check_labels((name, image, label * 0) for name, image, label in tiles)
    assert str(warning).startswith("all 12 labels looked at are empty; good for images without landslides")


def test_labels_that_are_all_ignored_are_one_warning(tiles: list[Tile]):
    (warning,) = check_labels((name, image, label * 0 + np.uint8(255)) for name, image, label in tiles)
    assert "all 12 labels looked at are 255" in str(warning)


def test_labels_that_are_nearly_all_landslide_are_one_warning(tiles: list[Tile]):
    (warning,) = check_labels((name, image, label | 1) for name, image, label in tiles)
    assert "100 % of all pixels" in str(warning) and "inverted" in str(warning)


def test_inverted_labels_are_told_whether_all_or_some(tiles: list[Tile]):
    assert any("inverted" in str(warning) for warning in check_labels(inverted(*t) for t in tiles))
    mixed = [inverted(*t) if index in (3, 7) else t for index, t in enumerate(tiles)]
    (warning,) = [warning for warning in check_labels(mixed) if "inverted" in str(warning)]
    assert warning.where == ("tile_3", "tile_7")


def test_large_landslides_are_not_taken_for_inverted(tiles: list[Tile]):
    large = [_crop_on_landslide(*t) for t in tiles[:2]]
    assert all(label.mean() > 0.5 for _, _, label in large)
    assert check_labels([*tiles[2:], *large]) == []


@pytest.mark.parametrize(("right", "down"), [(6, 0), (-4, 5), (0, -9), (15, 15), (-28, 3)])
def test_a_shift_that_all_labels_share_is_told_in_pixels(tiles: list[Tile], right: int, down: int):
    (warning,) = check_labels(moved(*t, right, down) for t in tiles)
    said = [int(word) for word in warning.what.replace(",", " ").split() if word.isdigit()]
    way = f"{'right' if right >= 0 else 'left'} and "
    assert abs(said[1] - abs(right)) <= 1 and abs(said[2] - abs(down)) <= 1, warning
    assert (way in warning.what or right == 0) and "% sure, from 12 tiles" in warning.what


def test_a_shift_of_three_pixels_is_as_good_as_people_draw(tiles: list[Tile]):
    assert check_labels(moved(*t, 2, 2) for t in tiles) == []


def test_a_single_shifted_label_is_named(tiles: list[Tile]):
    (warning,) = check_labels([moved(*tiles[0], 20, -14), *tiles[1:]])
    (where,) = warning.where
    name, right, _, down, _ = where.split()
    assert name == "tile_0:" and abs(int(right) - 20) <= 1 and abs(int(down) + 14) <= 1, where


def test_values_other_than_0_1_and_255_are_listed(tiles: list[Tile]):
    name, image, label = tiles[0]
    strange = label.copy()
    strange[:3] = 7
    (warning,) = check_labels([(name, image, strange), *tiles[1:]])
    assert "1 of 12 labels hold 7 beside 0, 1 and 255" in str(warning) and warning.where == (name,)


def test_gaps_in_images_do_not_hide_a_shift(tiles: list[Tile]):
    def with_gaps(name: str, image: np.ndarray, label: np.ndarray) -> Tile:
        image, label = image.copy(), label.copy()
        for start in range(0, 256, 40):
            image[:, start : start + 6] = 0
            label[:, start : start + 6] = 255
        return name, image, label

    assert check_labels(with_gaps(*t) for t in tiles) == []
    (warning,) = check_labels(with_gaps(*moved(*t, 10, 0)) for t in tiles)
    assert "off their images: 9 right" in warning.what or "off their images: 10 right" in warning.what


def test_three_tiles_are_too_few_to_tell_a_shift(tiles: list[Tile]):
    assert check_labels(moved(*t, 12, 0) for t in tiles[:3]) == []


def test_up_to_64_tiles_are_taken_evenly_with_the_first_and_last():
    chosen = spread(range(1000))
    assert len(chosen) == LOOKED_AT and chosen[0] == 0 and chosen[-1] == 999
    assert set(np.diff(chosen)) <= {15, 16} and spread(range(5)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["sichuan", "hokkaido"])
def test_real_labels_give_no_warning_and_a_shift_of_eight_pixels_does(name: str):
    pairs = real(name)[:6]
    assert check_labels(pairs) == []
    (warning,) = check_labels(moved(*t, 8, 0) for t in pairs)
    assert "pixels off their images" in warning.what
    assert any("inverted" in str(warning) for warning in check_labels(inverted(*t) for t in pairs))


def _crop_on_landslide(name: str, image: np.ndarray, label: np.ndarray) -> Tile:
    """The square around a landslide in which it has most of the pixels, enlarged to a tile."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(label)
    x, y, width, height, _ = max(boxes[1:], key=lambda box: box[4])
    size = (256, 256)
    image = cv2.resize(image[y : y + height, x : x + width], size)
    return name, image, cv2.resize(label[y : y + height, x : x + width], size, interpolation=cv2.INTER_NEAREST)
