"""`scarp-train dataset import` and `check`, as a user types them."""

import json
import tomllib
from pathlib import Path

import layouts
import pytest

from scarp_train.cli import main


def test_import_says_what_it_did_and_check_finds_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source, out = layouts.gvlm(tmp_path / "gvlm"), tmp_path / "out"
    assert main(["dataset", "import", str(source), "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{out}: 2 images (1 train, 1 val); ")
    assert lines[-1] == "left out: 2 in im1: images from before the event"
    assert main(["dataset", "check", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 2 pairs looked at (of 1 train, 1 val), 0 errors, 0 warnings\n"


def test_import_asks_for_a_licence_that_the_layout_does_not_tell_and_keeps_one_that_is_written(tmp_path: Path, capsys):
    source, out = layouts.hr_gldd(tmp_path / "hr"), tmp_path / "out"
    command = ["dataset", "import", str(source), "--out", str(out)]
    assert main(command) == 0
    assert f"write the one of yours as [licence] into {out}/dataset.toml" in capsys.readouterr().out
    with (out / "dataset.toml").open("a") as file:
        file.write(LICENCE)
    assert main(command) == 0
    assert "[licence]" not in capsys.readouterr().out
    assert tomllib.loads((out / "dataset.toml").read_text())["licence"]["data"] == "mine"


def test_import_as_json_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source = layouts.voc(tmp_path / "voc")
    assert main(["dataset", "import", str(source), "--out", str(tmp_path / "out"), "--landslide", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["layout"] == "voc" and told["images"] == {"train": 3, "val": 2, "test": 0}


def test_what_cannot_be_imported_is_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["dataset", "import", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}: holds no known layout")
    source = layouts.gvlm(tmp_path / "gvlm")
    assert main(["dataset", "import", str(source), "--out", str(tmp_path / "out"), "--labels", "mask"]) == 1
    assert "--labels is for the layout cas" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--gsd", "0"], ["--gsd", "x"], ["--split", "1"], ["--allow-damaged", "-1"], ["--landslide", "red"]]
)
def test_a_wrong_option_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], option: list[str]):
    with pytest.raises(SystemExit):
        main(["dataset", "import", str(tmp_path), "--out", str(tmp_path / "out"), *option])
    assert f"argument {option[0]}: {option[1]} is" in capsys.readouterr().err


LICENCE = '\n[licence]\ndata = "mine"\nlicence = "CC0"\nattribution = "me"\n'


def make_dataset(root: Path, part: str, count: int = 4, licence: str = LICENCE) -> Path:
    """Pairs in GDCLD's layout."""
    for index in range(count):
        for side, pixels in zip(("images", "labels"), layouts.picture(index)):
            layouts.save(root / part / side / f"{index}.png", pixels)
    (root / "dataset.toml").write_text(licence)
    return root


def test_check_warns_of_empty_labels_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for index in range(3):
        image, label = layouts.picture(index)
        layouts.save(tmp_path / "images" / f"{index}.png", image)
        layouts.save(tmp_path / "labels" / f"{index}.png", label * 0)
    (tmp_path / "dataset.toml").write_text(LICENCE)
    assert main(["dataset", "check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert told.startswith("warning: train: all 3 labels looked at are empty") and told.endswith("0 errors, 1 warning\n")
    assert main(["dataset", "check", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["looked_at"] == 3


def test_check_goes_on_after_what_cannot_be_used_and_looks_at_every_part(tmp_path: Path, capsys):
    root = make_dataset(make_dataset(tmp_path, "train_dataset"), "test_data")
    (root / "train_dataset" / "images" / "1.png").write_bytes(b"")
    (root / "train_dataset" / "images" / "2.png").write_bytes(b"text")
    (root / "test_data" / "labels" / "3.png").unlink()
    assert main(["dataset", "check", str(root)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[2][:20] for line in lines[:3]] == [
        "cannot be read (it i",
        "cannot be read (it i",
        "this image has no la",
    ]
    assert lines[-1].endswith("4 pairs looked at (of 4 train), 3 errors, 0 warnings")
    assert main(["dataset", "check", str(root), "--part", "train"]) == 1
    assert "2 errors" in capsys.readouterr().out


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_check_says_what_a_recipe_has_to_say_of_other_pixels_and_names_nan(tmp_path: Path, capsys, dtype: str):
    root = make_dataset(tmp_path, "train_dataset")
    for path in (root / "train_dataset" / "images").iterdir():
        pixels = layouts.picture(int(path.stem), bands=4)[0].astype(dtype)
        path.unlink()
        if dtype == "float32" and path.stem == "0":
            pixels[0, 0, 0] = float("nan")
        layouts.save_geotiff(path.with_suffix(".tif"), pixels)
    assert main(["dataset", "check", str(root)]) == 1
    told = capsys.readouterr().out
    assert f"warning: train: images are {dtype} with 4 bands; the recipe has to say [pixels] scale, mean and std" in told
    assert ("0.tif: 1 values are NaN" in told) == (dtype == "float32")


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ("", "warning: dataset.toml has no [licence]"),
        ('[license]\ndata = "x"\n', "it is spelt `licence` here"),
        (LICENCE.replace("licence =", "license ="), "(licence, license is unknown or missing)"),
    ],
)
def test_check_names_a_licence_that_is_missing_or_misspelt(tmp_path: Path, capsys, licence: str, told: str):
    root = make_dataset(tmp_path, "train_dataset", licence=licence)
    assert main(["dataset", "check", str(root)]) == 1
    shown = capsys.readouterr()
    assert told in shown.out + shown.err
