from pathlib import Path

import numpy as np
import pytest
import tifffile
from conftest import make_tile
from PIL import Image

from scarp_train.dataset import DatasetError, find_pairs, load_scenes


def test_reads_training_and_validation_parts_of_the_gdcld_layout(gdcld: Path):
    assert [pair.name for pair in find_pairs(gdcld)] == ["tile_0", "tile_1", "tile_2", "tile_3"]
    assert [pair.name for pair in find_pairs(gdcld, "val")] == ["tile_4"]
    scene = load_scenes(gdcld)[2]
    image, label = make_tile(2)
    assert np.array_equal(scene.image, image)
    assert np.array_equal(scene.label, label.astype(bool))


def test_reads_plain_folders_of_png_with_labels_0_and_255(tmp_path: Path):
    image, label = make_tile(1)
    for kind, pixels in (("images", image), ("labels", label * 255)):
        (tmp_path / kind).mkdir()
        Image.fromarray(pixels).save(tmp_path / kind / "a.png")
    scene = load_scenes(tmp_path)[0]
    assert np.array_equal(scene.label, label.astype(bool))


def test_an_image_without_label_is_named_in_the_error(gdcld: Path):
    (gdcld / "train_dataset" / "labels" / "tile_1.tif").unlink()
    with pytest.raises(DatasetError, match="tile_1"):
        find_pairs(gdcld)


def test_a_truncated_image_is_named_in_the_error(gdcld: Path):
    path = gdcld / "train_dataset" / "images" / "tile_3.tif"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DatasetError, match="tile_3"):
        load_scenes(gdcld)


def test_label_of_another_size_is_refused(gdcld: Path):
    tifffile.imwrite(gdcld / "train_dataset" / "labels" / "tile_0.tif", np.zeros((8, 8), np.uint8))
    with pytest.raises(DatasetError, match="tile_0"):
        load_scenes(gdcld)


def test_a_folder_without_images_says_what_was_expected(tmp_path: Path):
    with pytest.raises(DatasetError, match="train_dataset"):
        find_pairs(tmp_path)
