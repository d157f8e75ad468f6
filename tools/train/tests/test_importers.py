"""Each published layout, rebuilt small, comes out as GDCLD's with labels of 0 and 1."""

import json
from pathlib import Path

import layouts
import numpy as np
import pytest
import tifffile

from scarp_train.data.importers import choose
from scarp_train.data.importers.run import Imported, Settings, read_leave_out, run_import
from scarp_train.data.origin import Origin, read_origins
from scarp_train.errors import DatasetError


def bring(source: Path, layout: str = "auto", labels: str | None = None, **settings: object) -> tuple[Path, Imported]:
    """Imports into a folder beside the source."""
    out = source.parent / "out"
    return out, run_import(source, choose(source, layout, labels), out, Settings(**settings))


def read(out: Path, part: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Image and label of an imported pair."""
    return tifffile.imread(out / part / "images" / f"{name}.tif"), tifffile.imread(out / part / "labels" / f"{name}.tif")


def names(out: Path, part: str) -> list[str]:
    """Stems of a part, which has to have a label for each image."""
    images = sorted(path.stem for path in (out / part / "images").glob("*"))
    assert images == sorted(path.stem for path in (out / part / "labels").glob("*"))
    return images


def _counts(done: Imported) -> dict[str, int]:
    return {part: count for part, count in done.images.items() if count}


def test_hr_gldd_keeps_its_split_its_four_bands_and_its_3_metres(tmp_path: Path):
    out, done = bring(layouts.hr_gldd(tmp_path / "hr"))
    assert _counts(done) == {"train": 4, "val": 2, "test": 2} and done.split == "as published"
    image, label = read(out, "val_dataset", "val-00001")
    expected, truth = layouts.picture(5, bands=4)
    assert image.dtype == np.float32 and np.allclose(image, expected / 255, atol=1e-6)
    assert label.dtype == np.uint8 and np.array_equal(label, truth)
    assert read_origins(out).of("test_data/images/test-00000.tif") == Origin(None, "PlanetScope", 3.0)


def test_cas_asks_which_folder_holds_the_labels(tmp_path: Path):
    source = layouts.cas(tmp_path / "cas")
    with pytest.raises(Exception, match="--labels mask or --labels label"):
        bring(source)
    out, done = bring(source, labels="mask")
    assert sum(done.images.values()) == 8
    assert {(left.what.rsplit("/", 1)[1], left.count) for left in done.left_out} == {("label", 2)}
    assert np.array_equal(read(out, *_find(out, "palu_site0001"))[1], layouts.picture(31)[1])


def test_cas_labels_in_colour_mean_the_same(tmp_path: Path):
    out, _ = bring(layouts.cas(tmp_path / "cas"), labels="label")
    assert np.array_equal(read(out, *_find(out, "palu_site0001"))[1], layouts.picture(31)[1])


def test_cas_sites_tell_event_sensor_and_gsd_and_an_event_stays_on_one_side(tmp_path: Path):
    out, done = bring(layouts.cas(tmp_path / "cas"), labels="mask")
    origins = read_origins(out)
    parts = {}
    for part in ("train_dataset", "val_dataset"):
        for name in names(out, part):
            parts.setdefault(origins.of(f"{part}/images/{name}.tif"), set()).add(part)
    assert parts.keys() == {
        Origin("Jiuzhaigou", "UAV", 0.2),
        Origin("Jiuzhaigou", "UAV", 0.5),
        Origin("Nippes", "PlanetScope", None),
        Origin("Palu", None, None),
    }
    assert all(len(sides) == 1 for sides in parts.values())
    assert parts[Origin("Jiuzhaigou", "UAV", 0.2)] == parts[Origin("Jiuzhaigou", "UAV", 0.5)]
    assert done.split.startswith("by event or site")


def test_cas_and_gvlm_say_that_they_allow_no_commercial_use(tmp_path: Path):
    out, _ = bring(layouts.cas(tmp_path / "a" / "cas"), labels="mask")
    assert 'licence = "CC BY-NC 4.0"' in (out / "dataset.toml").read_text()
    out, _ = bring(layouts.gvlm(tmp_path / "b" / "gvlm"))
    assert "non-commercial" in (out / "dataset.toml").read_text()
    assert read_origins(out).of("train_dataset/images/Jiuzhaigou-China_im2.tif").event == "Jiuzhaigou"


def test_gvlm_takes_the_image_after_the_event_whole(tmp_path: Path):
    out, done = bring(layouts.gvlm(tmp_path / "gvlm"))
    part, name = _find(out, "Kaikoura-New-Zealand_im2")
    image, label = read(out, part, name)
    expected, truth = layouts.picture(0, side=150)
    assert np.array_equal(image, expected) and np.array_equal(label, truth)
    assert _counts(done) == {"train": 1, "val": 1}
    assert [(left.count, left.why) for left in done.left_out] == [(2, "images from before the event")]
    assert read_origins(out).of(f"{part}/images/{name}.tif") == Origin("Kaikoura", "Google Earth", 0.59)


def test_bijie_without_landslides_has_empty_labels_and_its_split_by_image_is_said(tmp_path: Path):
    out, done = bring(layouts.bijie(tmp_path / "bijie"), split=0.4)
    assert _counts(done) == {"train": 3, "val": 2}
    assert "by image" in done.split and "neighbouring" in done.split
    image, label = read(out, *_find(out, "non-landslide_n1"))
    assert np.array_equal(image, layouts.picture(21)[0]) and not label.any()
    assert read(out, *_find(out, "landslide_df002"))[1].sum() == layouts.picture(2)[1].sum()
    assert sorted((Path(left.what).name, left.count) for left in done.left_out) == [("dem", 3), ("polygon_coordinate", 3)]


def test_bijie_says_nothing_of_folders_that_are_empty(tmp_path: Path):
    source = layouts.bijie(tmp_path / "bijie")
    (source / "Bijie-landslide-dataset" / "non-landslide" / "dem").mkdir()
    assert all(left.count for left in bring(source, split=0.4)[1].left_out)


def test_landslide4sense_keeps_14_bands_and_says_which_parts_have_no_masks(tmp_path: Path):
    out, done = bring(layouts.landslide4sense(tmp_path / "l4s"))
    assert _counts(done) == {"train": 6, "val": 2} and "by image" in done.split
    assert [(Path(left.what).parent.name, left.count) for left in done.left_out] == [("ValidData", 2), ("TestData", 1)]
    image, label = read(out, *_find(out, "train-00003"))
    expected, truth = layouts.picture(3, bands=14)
    assert image.shape == (128, 128, 14) and np.allclose(image, expected / 50, atol=1e-5)
    assert np.array_equal(label, truth)


def test_ann_dir_keeps_its_split_and_ignores_255(tmp_path: Path):
    out, done = bring(layouts.ann_dir(tmp_path / "ann"))
    assert _counts(done) == {"train": 3, "val": 2} and done.ignored_images == 5
    label = read(out, "val_dataset", "4")[1]
    assert (label[:2] == 255).all() and np.array_equal(label[2:], layouts.picture(4)[1][2:])
    assert [(Path(left.what).name, left.count) for left in done.left_out] == [("test", 1)]


def test_voc_asks_which_palette_index_is_landslide(tmp_path: Path):
    source = layouts.voc(tmp_path / "voc")
    with pytest.raises(Exception, match=r"labels hold 0 \(.*\), 1 \(.*\), 2 \(.*\), 255 \(.*--landslide VALUE"):
        bring(source)
    out, done = bring(source, landslide=2)
    truth = layouts.picture(3)[1]
    truth[-9:-3] = 0
    truth[:2] = 255
    assert np.array_equal(read(out, "val_dataset", "p3")[1], truth)
    assert [(Path(left.what).name, left.count, left.why) for left in done.left_out] == [("JPEGImages", 1, "in no list")]


def test_voc_is_found_in_the_folders_that_its_archive_makes(tmp_path: Path):
    layouts.voc(tmp_path / "download" / "VOCdevkit" / "VOC2012")
    for source in (tmp_path / "download", tmp_path / "download" / "VOCdevkit"):
        assert choose(source, "auto").name == "voc"
    _, done = bring(tmp_path / "download", landslide=2)
    assert _counts(done) == {"train": 3, "val": 2}


def test_voc_lists_may_hold_names_with_spaces_and_more_than_the_name(tmp_path: Path):
    source = layouts.voc(tmp_path / "voc")
    for path in (source / "JPEGImages" / "p0.jpg", source / "SegmentationClass" / "p0.png"):
        path.rename(path.with_stem("river bank 1"))
    (source / "ImageSets" / "Segmentation" / "train.txt").write_text("river bank 1\np1 1\np2 -1\n")
    out, _ = bring(source, landslide=2)
    assert names(out, "train_dataset") == ["p1", "p2", "river-bank-1"]


def test_masks_beside_their_images_split_whole_sites(tmp_path: Path):
    out, done = bring(layouts.mask_beside(tmp_path / "mine"), split=0.3)
    assert _counts(done) == {"train": 4, "val": 2}
    assert len({name.split("_")[0] for name in names(out, "val_dataset")}) == 1
    part, name = _find(out, "lushan-uav_1")
    assert np.array_equal(read(out, part, name)[1], layouts.picture(1)[1])
    assert read_origins(out).of(f"{part}/images/{name}.tif") == Origin("Lushan", "UAV", None)


@pytest.mark.parametrize("layout", ["hr_gldd", "gvlm", "bijie", "landslide4sense", "ann_dir", "mask_beside"])
def test_every_layout_is_recognised_and_told_in_import_json(tmp_path: Path, layout: str):
    source = getattr(layouts, layout)(tmp_path / "source")
    out, done = bring(source)
    record = json.loads((out / "import.json").read_text())
    assert record["import"]["layout"] == layout.replace("_", "-") and record["finished"]
    assert record["images"] == done.images and record["left_out"] == [vars(left) for left in done.left_out]


def _find(out: Path, name: str) -> tuple[str, str]:
    return next((part, name) for part in ("train_dataset", "val_dataset") if name in names(out, part))


def test_negatives_are_all_background_and_their_folder_is_the_event(tmp_path: Path):
    for seed in range(3):
        layouts.save(tmp_path / "town" / f"{seed}.jpg", layouts.picture(seed)[0])
    out, done = bring(tmp_path / "town", "negatives", split=0.0)
    assert _counts(done) == {"train": 3} and done.landslide_pixels == 0
    _, label = read(out, "train_dataset", "1")
    assert label.shape == (layouts.SIDE, layouts.SIDE) and not label.any()
    assert read_origins(out).of("train_dataset/images/1.tif").event == "town"


def test_pictures_without_labels_are_negatives_only_where_the_user_says_so(tmp_path: Path):
    layouts.save(tmp_path / "town" / "0.jpg", layouts.picture(0)[0])
    with pytest.raises(DatasetError, match="holds no known layout"):
        choose(tmp_path / "town", "auto")


def test_images_that_are_left_out_are_told_with_the_reason(tmp_path: Path):
    for seed in range(3):
        layouts.save(tmp_path / "town" / f"{seed}.jpg", layouts.picture(seed)[0])
    (tmp_path / "list.txt").write_text("# a comment\n2 shows the horizon # far\n")
    out, done = bring(tmp_path / "town", "negatives", split=0.0, leave_out=read_leave_out(tmp_path / "list.txt"))
    assert names(out, "train_dataset") == ["0", "1"]
    assert [(Path(left.what).name, left.why) for left in done.left_out] == [("2.jpg", "shows the horizon")]
    with pytest.raises(DatasetError, match="no image is named 7"):
        bring(tmp_path / "town", "negatives", leave_out={"7": "gone"})


def test_a_name_without_a_reason_is_refused(tmp_path: Path):
    (tmp_path / "list.txt").write_text("a clouds\nb\n")
    with pytest.raises(DatasetError, match="line 2: b is left out without a reason"):
        read_leave_out(tmp_path / "list.txt")
