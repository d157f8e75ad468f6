"""Composites show what their labels say, come out alike, and use no picture but those given."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import tiff

from scarp_train.cli import main
from scarp_train.compose.outlines import field_outline, flow_outlines, head_up
from scarp_train.compose.slide import outline_of
from scarp_train.compose.texture import Texture, bare_ground, quilt
from scarp_train.data.licences import describe_sources
from scarp_train.data.pairs import find_pairs
from scarp_train.data.read import read_pair

LICENCE = '[licence]\ndata = "{0}"\nlicence = "{1}"\nattribution = "{0}"\n'


def picture(seed: int, side: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Green ground with one bright, brown, upright slide."""
    rng = np.random.default_rng(seed)
    label = np.zeros((side, side), np.uint8)
    cv2.ellipse(label, (side // 2, side // 2), (side // 5, side // 3), float(rng.integers(-20, 20)), 0, 360, 1, -1)
    image = rng.normal((50, 90, 40), 8, (side, side, 3))
    image[label > 0] = rng.normal((180, 150, 120), 12, (int(label.sum()), 3))
    return image.clip(0, 255).astype(np.uint8), label


def write(folder: Path, tiles: dict[str, tuple[np.ndarray, np.ndarray]], licence: str = "CC BY 4.0") -> Path:
    """A dataset of pictures and labels."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for name, (image, label) in tiles.items():
        (folder / "images" / f"{name}.tif").write_bytes(tiff(image))
        (folder / "labels" / f"{name}.tif").write_bytes(tiff(label))
    (folder / "dataset.toml").write_text(LICENCE.format(folder.name, licence))
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """The options that name slides, a background without landslides, and shapes."""
    empty = np.zeros((256, 256), np.uint8)
    slides = write(tmp_path / "slides", {"a": picture(0), "b": picture(1)})
    town = write(tmp_path / "town", {"grey": (np.full((256, 256, 3), 120, np.uint8), empty)}, "CC0 1.0")
    shapes = write(tmp_path / "shapes", {"s": picture(2)}, "MIT")
    return ["--slides", str(slides), "--background", str(town), "--shapes", str(shapes), "--side", "192", "--quiet"]


def compose(folders: list[str], out: Path, count: int, *more: str) -> dict[str, bytes]:
    """The files of a composed set by name."""
    assert main(["compose", *folders, "--count", str(count), "--out", str(out), *more]) == 0
    return {path.name + path.parent.name: path.read_bytes() for path in sorted((out / "train_dataset").rglob("*.*"))}


def test_a_tile_is_the_same_whatever_the_processes_and_interruptions(folders: list[str], tmp_path: Path):
    whole = compose(folders, tmp_path / "one", 4)
    compose(folders, tmp_path / "two", 2)
    assert main(["compose", *folders, "--count", "4", "--out", str(tmp_path / "two"), "--minutes", "0"]) == 3
    assert len(list((tmp_path / "two" / "train_dataset" / "images").iterdir())) == 3, "time ended it after one more tile"
    assert compose(folders, tmp_path / "two", 4, "--processes", "2") == whole
    assert compose(folders, tmp_path / "other", 4, "--seed", "1") != whole


def test_processes_begin_where_opencv_runs_many_threads(folders: list[str], tmp_path: Path):
    begun = "import cv2, numpy, sys; cv2.setNumThreads(16); cv2.blur(numpy.zeros((4000, 4000), numpy.uint8), (9, 9)); "
    begun += "from scarp_train.cli import main; sys.exit(main(sys.argv[1:]))"
    options = ["compose", *folders, "--count", "2", "--processes", "2", "--out", str(tmp_path / "out")]
    assert subprocess.run([sys.executable, "-c", begun, *options], timeout=120).returncode == 0


def test_a_killed_process_is_one_line_and_the_same_command_goes_on(
    folders: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    command = ["compose", *folders, "--count", "4", "--processes", "2", "--out", str(tmp_path / "out")]
    with monkeypatch.context() as killed:
        killed.setattr("scarp_train.compose.run.compose", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert main(command) == 1
    said = capsys.readouterr().err.strip()
    assert "ended from outside" in said
    assert "\n" not in said
    assert main(command) == 0


def test_what_is_labelled_has_changed_and_what_is_far_from_a_slide_has_not(folders: list[str], tmp_path: Path):
    compose(folders, tmp_path / "out", 12)
    shown = 0
    for pair in find_pairs(tmp_path / "out"):
        made_of = json.loads((tmp_path / f"out/train_dataset/provenance/{pair.name}.json").read_text())
        if made_of["background"] != "town/grey" or made_of["fields"]:
            continue
        image, label = read_pair(pair)
        changed = np.abs(image.astype(int) - 120).max(axis=2) > 6
        far = cv2.dilate(label, np.ones((41, 41), np.uint8)) == 0
        assert not changed[far].any()
        assert bool(label.any()) <= bool(made_of["slides"])
        if label.any():
            assert changed[label == 1].mean() > 0.6
            shown += 1
    assert shown >= 2


def test_the_set_tells_its_pictures_and_unites_their_licences(folders: list[str], tmp_path: Path):
    compose(folders, tmp_path / "out", 6)
    (told,) = describe_sources({"": tmp_path / "out"})
    assert told.licence == "CC BY 4.0 AND CC0 1.0 AND MIT" and told.attribution == "slides; town; shapes"
    made_of = [json.loads(path.read_text()) for path in (tmp_path / "out/train_dataset/provenance").iterdir()]
    used = {name for tile in made_of for name in (tile["background"], *tile["slides"], *tile["fields"])}
    assert used <= {"slides/a", "slides/b", "town/grey"} and any(tile["slides"] for tile in made_of)


def test_a_folder_of_other_pictures_is_not_gone_on_with(folders: list[str], tmp_path: Path, capsys):
    compose(folders, tmp_path / "out", 1)
    write(tmp_path / "field", {"f": picture(5)})
    assert main(
        ["compose", *folders, "--background", str(tmp_path / "field"), "--count", "2", "--out", str(tmp_path / "out")]
    )
    assert "holds composites of other pictures or settings" in capsys.readouterr().err


def test_a_slide_stands_with_its_narrower_end_at_the_top():
    mask = np.zeros((200, 200), np.uint8)
    cv2.fillPoly(mask, [np.array([[20, 100], [180, 40], [180, 160]])], 1)
    upright = head_up(mask > 0)
    assert upright.shape[0] > upright.shape[1]
    assert upright[: upright.shape[0] // 4].sum() < 0.3 * upright[-(upright.shape[0] // 4) :].sum()


def test_slides_that_the_border_cuts_give_no_outline(tmp_path: Path):
    image, label = picture(0)
    cut = np.zeros_like(label)
    cut[:90] = 1
    folder = write(tmp_path / "sim", {"whole": (image, label), "cut": (image, cut)})
    assert [abs(int(outline.sum()) - int(label.sum())) < 0.03 * label.sum() for outline in flow_outlines(folder)] == [True]


def test_fields_have_about_the_area_that_is_asked_for():
    rng = np.random.default_rng(0)
    areas = [field_outline(4000, rng).sum() for _ in range(40)]
    assert 0.4 * 4000 < np.median(areas) < 1.6 * 4000


def test_a_quilt_holds_colours_of_its_texture_alone():
    pixels, label = picture(0)
    canvas = quilt(Texture("t", pixels, label > 0, True), np.ones((150, 90), bool), 40, np.random.default_rng(0))
    assert canvas.shape == (150, 90, 3)
    assert canvas[..., 0].min() > 100 and canvas[..., 2].max() < 190
    tiny = np.zeros_like(label)
    tiny[:20, :20] = 1
    assert quilt(Texture("t", pixels, tiny > 0, True), np.ones((90, 90), bool), 40, np.random.default_rng(0)) is None


def test_an_outline_goes_around_large_remnants_and_over_small_ones():
    cover = np.zeros((120, 120), np.float32)
    cover[10:110, 10:110] = 1
    cover[20:60, 20:60] = 0
    cover[80:90, 80:90] = 0
    outline = outline_of(cover)
    assert not outline[40, 40] and outline[85, 85] and not outline[5, 5]


def test_bare_ground_is_neither_green_nor_landslide():
    pixels = np.full((60, 90, 3), (140, 130, 120), np.uint8)
    pixels[:, 60:] = (60, 110, 50)
    label = np.zeros((60, 90), np.uint8)
    label[:, :20] = 1
    bare = bare_ground(pixels, label)
    assert bare[:, 32:50].all() and not bare[:, 66:].any() and not bare[:, :20].any()
