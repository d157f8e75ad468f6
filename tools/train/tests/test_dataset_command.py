"""`scarp-train dataset import` and `check`, as a user types them."""

import json
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
    assert capsys.readouterr().out == f"{out}: 1 pairs looked at, 0 warnings\n"


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


def test_check_warns_of_empty_labels_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for index in range(3):
        image, label = layouts.picture(index)
        layouts.save(tmp_path / "images" / f"{index}.png", image)
        layouts.save(tmp_path / "labels" / f"{index}.png", label * 0)
    assert main(["dataset", "check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith("warning: all 3 labels looked at are empty")
    assert main(["dataset", "check", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["looked_at"] == 3


def test_the_layouts_are_listed_when_help_is_asked_for(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["dataset", "import", "--help"])
    assert "mask-beside" in capsys.readouterr().out
