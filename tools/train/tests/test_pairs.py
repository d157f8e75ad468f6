"""Where images and labels are found, and what is said of those that cannot be used."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import make_tile, tiff
from PIL import Image

from scarp_train.data.pairs import Entry, entry_at, find_pairs
from scarp_train.data.read import read_image, read_label, read_pair
from scarp_train.errors import DatasetError


def test_the_published_archives_hold_what_their_unpacked_folders_hold(gdcld: Path, zipped: Path):
    for part in ("train", "val"):
        unpacked, packed = find_pairs(gdcld, part), find_pairs(zipped, part)
        assert [pair.name for pair in packed] == [pair.name for pair in unpacked]
        for one, other in zip(unpacked, packed):
            for a, b in zip(read_pair(one), read_pair(other)):
                assert np.array_equal(a, b)


def test_pixels_and_labels_are_those_of_the_files(gdcld: Path):
    image, label = make_tile(2)
    found, truth = read_pair(find_pairs(gdcld)[2])
    assert np.array_equal(found, image) and np.array_equal(truth, label)


def test_plain_folders_of_png_with_labels_0_and_255(tmp_path: Path):
    image, label = make_tile(1)
    for kind, pixels in (("images", image), ("labels", label * 255)):
        (tmp_path / kind).mkdir()
        Image.fromarray(pixels).save(tmp_path / kind / "a.png")
    assert np.array_equal(read_pair(find_pairs(tmp_path)[0])[1], label)


def test_an_archive_beside_its_unpacked_folder_is_not_read_twice(gdcld: Path, zipped: Path):
    (gdcld / "train_dataset.zip").write_bytes((zipped / "train_dataset.zip").read_bytes())
    assert len(find_pairs(gdcld)) == 4


def test_four_bands_of_sixteen_bits_are_kept(tmp_path: Path):
    image = np.arange(32 * 32 * 4, dtype=np.uint16).reshape(32, 32, 4)
    for kind, pixels in (("images", image), ("labels", np.zeros((32, 32), np.uint8))):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "a.tif").write_bytes(tiff(pixels))
    assert np.array_equal(read_pair(find_pairs(tmp_path)[0])[0], image)


def test_images_are_chosen_by_the_event_and_sensor_that_their_names_tell(tmp_path: Path):
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
        for name in ("luding_uav_1", "luding_planet_1", "haiti_planet_1"):
            (tmp_path / kind / f"{name}.tif").write_bytes(tiff(np.zeros((8, 8), np.uint8)))
    assert [p.name for p in find_pairs(tmp_path, sensors=("PlanetScope",))] == ["haiti_planet_1", "luding_planet_1"]
    assert [p.name for p in find_pairs(tmp_path, events=("Luding",), sensors=("PlanetScope",))] == ["luding_planet_1"]
    with pytest.raises(
        DatasetError, match="none of 3 images is of Gaofen; there are: Luding, PlanetScope; Luding, UAV; Nippes"
    ):
        find_pairs(tmp_path, sensors=("Gaofen",))


def test_an_image_without_label_is_named(gdcld: Path):
    (gdcld / "train_dataset" / "labels" / "tile_1.tif").unlink()
    with pytest.raises(DatasetError, match=r"images/tile_1.tif: this image has no label"):
        find_pairs(gdcld)


def test_a_folder_without_images_says_what_was_expected(tmp_path: Path):
    with pytest.raises(DatasetError, match="train_dataset/images"):
        find_pairs(tmp_path)


@pytest.mark.parametrize("keep", [0, 100, 30_000])
def test_a_truncated_image_is_named(gdcld: Path, keep: int):
    path = gdcld / "train_dataset" / "images" / "tile_3.tif"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DatasetError, match=r"tile_3.tif: cannot be read"):
        read_pair(find_pairs(gdcld)[3])


def test_a_damaged_member_of_an_archive_is_named(zipped: Path):
    path = zipped / "train_dataset.zip"
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("images/tile_1.tif").header_offset + 2000
    data = bytearray(path.read_bytes())
    data[start : start + 50] = bytes(50)
    path.write_bytes(data)
    pairs = find_pairs(zipped)
    with pytest.raises(DatasetError, match=r"train_dataset.zip/images/tile_1.tif: cannot be unpacked"):
        read_pair(pairs[1])
    read_pair(pairs[2])


def test_a_damaged_archive_is_named(zipped: Path):
    path = zipped / "train_dataset.zip"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DatasetError, match=r"train_dataset.zip: cannot be unpacked"):
        find_pairs(zipped)


def test_a_label_of_another_size_or_with_unknown_values_is_refused(gdcld: Path):
    labels = gdcld / "train_dataset" / "labels"
    (labels / "tile_0.tif").write_bytes(tiff(np.zeros((8, 8), np.uint8)))
    (labels / "tile_1.tif").write_bytes(tiff(np.full((192, 192), 7, np.uint8)))
    pairs = find_pairs(gdcld)
    with pytest.raises(DatasetError, match="image is 192x192 but its label 8x8"):
        read_pair(pairs[0])
    with pytest.raises(DatasetError, match="label values are 7"):
        read_label(pairs[1].label)


def test_255_beside_1_is_ignored_where_dataset_toml_says_so_and_refused_elsewhere(gdcld: Path):
    label = np.zeros((192, 192), np.uint8)
    label[:9], label[9:20] = 1, 255
    (gdcld / "train_dataset/labels/tile_0.tif").write_bytes(tiff(label))
    with pytest.raises(DatasetError, match=r"label values are 0, 1, 255; .* say `ignored = 255` in dataset.toml"):
        read_pair(find_pairs(gdcld)[0])
    (gdcld / "dataset.toml").write_text("ignored = 255\n")
    assert np.array_equal(read_pair(find_pairs(gdcld)[0])[1], label)


def test_the_true_cause_is_said_of_a_file_that_is_missing_empty_cut_or_no_image(gdcld: Path):
    path = gdcld / "train_dataset" / "images" / "tile_3.tif"
    whole = path.read_bytes()
    for content, cause in (
        (b"", "cannot be read \\(it is empty\\)"),
        (whole[:30_000], "cut short or damaged"),
        (b"text" * 40, "no image of a known format"),
    ):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=rf"tile_3.tif: .*{cause}.*; replace the file"):
            read_image(Entry(path))
    path.unlink()
    with pytest.raises(DatasetError, match=r"tile_3.tif: is not there; look at the path"):
        read_image(Entry(path))


def test_a_path_may_lead_into_an_archive(zipped: Path, gdcld: Path):
    inside = read_image(entry_at(zipped / "train_dataset.zip" / "images" / "tile_1.tif"))
    assert np.array_equal(inside, read_image(entry_at(gdcld / "train_dataset" / "images" / "tile_1.tif")))
    with pytest.raises(DatasetError, match=r"x.tif: the archive has no such file; `unzip -l .*train_dataset.zip`"):
        read_image(entry_at(zipped / "train_dataset.zip" / "x.tif"))


def test_pixels_that_are_no_numbers_are_refused_with_what_to_do(tmp_path: Path):
    pixels = np.ones((8, 8, 3), np.float32)
    pixels[0, 0] = np.nan, np.inf, 0
    (tmp_path / "x.tif").write_bytes(tiff(pixels))
    with pytest.raises(DatasetError, match=r"x.tif: 2 values are NaN or infinite; set them to 0"):
        read_image(Entry(tmp_path / "x.tif"))
