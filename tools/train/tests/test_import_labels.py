"""Label values become 0, 1 and 255 only where they leave no doubt; GSD, event and sensor follow the images."""

from pathlib import Path

import layouts
import numpy as np
import pytest
import rasterio
import tifffile

from scarp_train.data.importers import choose
from scarp_train.data.importers.labels import parse
from scarp_train.data.importers.run import Settings, run_import
from scarp_train.data.origin import IGNORED, Origin, read_origins
from scarp_train.errors import DatasetError


def bring(source: Path, **settings: object) -> np.ndarray:
    """Imports one pair `a.*` and `a_mask.*` and returns its label."""
    out = source.parent / "out"
    run_import(source, choose(source, "mask-beside"), out, Settings(split=0.0, **settings))
    return tifffile.imread(out / "train_dataset" / "labels" / "a.tif")


def pair(folder: Path, label: np.ndarray) -> Path:
    """A pair of the layout mask-beside with this label."""
    layouts.save(folder / "a.png", layouts.picture(1)[0])
    layouts.save(folder / "a_mask.png", label)
    return folder


@pytest.fixture
def truth() -> np.ndarray:
    return layouts.picture(1)[1]


@pytest.mark.parametrize("landslide", [1, 7, 255])
def test_one_value_beside_0_is_landslide(tmp_path: Path, truth: np.ndarray, landslide: int):
    assert np.array_equal(bring(pair(tmp_path / "s", truth * np.uint8(landslide))), truth)


def test_a_label_of_zeros_is_empty(tmp_path: Path, truth: np.ndarray):
    assert not bring(pair(tmp_path / "s", truth * 0)).any()


def test_more_values_are_listed_with_their_shares_and_asked_about(tmp_path: Path, truth: np.ndarray):
    label = truth * np.uint8(2)
    label[-1] = 5
    with pytest.raises(DatasetError, match=r"labels hold 0 \(91 %\), 2 \(8.2 %\), 5 \(0.78 %\); .*--landslide VALUE"):
        bring(pair(tmp_path / "s", label))
    assert np.array_equal(bring(tmp_path / "s", landslide=2), truth)


def test_with_the_landslide_said_any_other_255_is_ignored(tmp_path: Path, truth: np.ndarray):
    label = truth.copy()
    label[-1] = 255
    assert np.array_equal(bring(pair(tmp_path / "s", label), landslide=1), label)


def test_a_value_that_no_label_holds_is_refused(tmp_path: Path, truth: np.ndarray):
    with pytest.raises(DatasetError, match=r"no label holds the value 3; they hold 0 \(.*\), 1 \(.*\)"):
        bring(pair(tmp_path / "s", truth), landslide=3)


def test_labels_without_a_0_are_asked_about(tmp_path: Path, truth: np.ndarray):
    with pytest.raises(DatasetError, match=r"and no 0"):
        bring(pair(tmp_path / "s", truth * 0 + np.uint8(1)))


def test_colours_are_told_as_colours(tmp_path: Path, truth: np.ndarray):
    blue = truth[:, :, None] * np.array([0, 0, 255], np.uint8)
    blue[-1] = (255, 0, 0)
    with pytest.raises(DatasetError, match=r"0 \(.*\), #0000ff \(.*\), #ff0000 \("):
        bring(pair(tmp_path / "s", blue))
    assert np.array_equal(bring(tmp_path / "s", landslide=parse("#0000ff")), truth)


def test_a_palette_counts_by_its_index(tmp_path: Path, truth: np.ndarray):
    folder = pair(tmp_path / "s", truth)
    layouts.save_palette(folder / "a_mask.png", truth)
    assert np.array_equal(bring(folder), truth)


def test_255_alone_beside_0_is_asked_about_where_the_layout_ignores_it(tmp_path: Path, truth: np.ndarray):
    layouts.save(tmp_path / "s" / "img_dir" / "train" / "a.jpg", layouts.picture(1)[0])
    layouts.save(tmp_path / "s" / "ann_dir" / "train" / "a.png", truth * 255)
    importer = choose(tmp_path / "s", "ann-dir")
    with pytest.raises(DatasetError, match="say --landslide 255"):
        run_import(tmp_path / "s", importer, tmp_path / "out", Settings())
    run_import(tmp_path / "s", importer, tmp_path / "out", Settings(landslide=255, split=0.0))
    assert np.array_equal(tifffile.imread(tmp_path / "out" / "train_dataset" / "labels" / "a.tif"), truth)


def test_fractions_are_no_classes(tmp_path: Path, truth: np.ndarray):
    folder = pair(tmp_path / "s", truth)
    (folder / "a_mask.png").unlink()
    layouts.save_geotiff(folder / "a_mask.tif", truth.astype(np.float32) * 0.5)
    with pytest.raises(DatasetError, match=r"a.png: its label holds fractions"):
        bring(folder)


def test_nodata_of_a_label_and_of_its_image_is_ignored(tmp_path: Path, truth: np.ndarray):
    image = layouts.picture(1)[0]
    image[:, :5] = 0
    label = truth.copy()
    label[-3:] = 99
    layouts.save_geotiff(tmp_path / "s" / "a.tif", image, nodata=0)
    layouts.save_geotiff(tmp_path / "s" / "a_mask.tif", label, nodata=99)
    written = bring(tmp_path / "s")
    expected = truth.copy()
    expected[:, :5] = expected[-3:] = IGNORED
    assert np.array_equal(written, expected)
    assert read_origins(tmp_path / "out").ignored


def test_0_as_nodata_of_a_label_is_background(tmp_path: Path, truth: np.ndarray):
    layouts.save_geotiff(tmp_path / "s" / "a.tif", layouts.picture(1)[0])
    layouts.save_geotiff(tmp_path / "s" / "a_mask.tif", truth, nodata=0)
    assert np.array_equal(bring(tmp_path / "s"), truth)


def test_the_georeference_stays_and_tells_the_gsd_unless_the_user_does(tmp_path: Path, truth: np.ndarray):
    layouts.save_geotiff(tmp_path / "s" / "a.tif", layouts.picture(1)[0], metres=0.4)
    layouts.save_geotiff(tmp_path / "s" / "a_mask.tif", truth, metres=0.4)
    bring(tmp_path / "s")
    with rasterio.open(tmp_path / "out" / "train_dataset" / "images" / "a.tif") as file:
        assert file.crs.to_epsg() == 32648 and file.res == (0.4, 0.4)
    assert read_origins(tmp_path / "out").of("a.tif") == Origin(None, None, 0.4)
    said = Origin("Luding", "UAV", 0.25)
    run_import(tmp_path / "s", choose(tmp_path / "s", "auto"), tmp_path / "said", Settings(origin=said, split=0.0))
    assert read_origins(tmp_path / "said").of("train_dataset/images/a.tif") == said


def test_16_bit_images_and_alpha_are_kept_as_what_they_are(tmp_path: Path, truth: np.ndarray):
    image = layouts.picture(1, bands=4)[0].astype(np.uint16) * 200
    layouts.save_geotiff(tmp_path / "s" / "a.tif", image)
    layouts.save(tmp_path / "s" / "a_mask.png", truth)
    bring(tmp_path / "s")
    assert np.array_equal(tifffile.imread(tmp_path / "out" / "train_dataset" / "images" / "a.tif"), image)
    rgba = np.dstack([layouts.picture(1)[0], np.full(truth.shape, 255, np.uint8)])
    rgba[:4, :, 3] = 0
    layouts.save(tmp_path / "t" / "s" / "a.png", rgba)
    layouts.save(tmp_path / "t" / "s" / "a_mask.png", truth)
    label = bring(tmp_path / "t" / "s")
    assert tifffile.imread(tmp_path / "t" / "out" / "train_dataset" / "images" / "a.tif").shape == (128, 128, 3)
    assert (label[:4] == IGNORED).all() and np.array_equal(label[4:], truth[4:])
