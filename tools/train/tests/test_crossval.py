"""Cross-validation: no image is judged by a network that saw it, or at a threshold that it helped to choose."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scarp_train.cli import main
from scarp_train.crossval import THRESHOLDS, _count, best_threshold, make_folds, read_groups, summarise
from scarp_train.errors import DatasetError

RECIPE = """
steps = 2
[[source]]
name = "real"
[[crop]]
size = 64
batch = 2
[release]
side = 64
"""


def test_overlapping_images_stay_on_one_side_of_every_split(tmp_path: Path):
    path = tmp_path / "groups.txt"
    path.write_text("# overlap\na b c\nd e # two\n")
    groups = read_groups(path, list("abcdefgh"))
    folds = make_folds(groups, 3)
    assert sorted(name for fold in folds for name in fold) == list("abcdefgh")
    for group in groups:
        assert sum(set(group) <= set(fold) for fold in folds) == 1


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_would_hold_nothing_out_are_refused(folds: int):
    with pytest.raises(DatasetError, match="there are 3 groups of images; give a number from 2 to that"):
        make_folds([["a"], ["b"], ["c"]], folds)


def test_no_fold_takes_part_in_the_choice_of_its_own_threshold(tmp_path: Path):
    def fold(good: float) -> dict:
        return {f"image of {good}": {str(t): (10, 0 if t == good else 30, 0) for t in THRESHOLDS}}

    for index, good in enumerate((0.3, 0.7, 0.7)):
        (tmp_path / f"fold-{index}.json").write_text(json.dumps(fold(good)))
    report = summarise(tmp_path)
    assert report["threshold_of_fold"]["fold-0"] == 0.7
    assert report["best_threshold"] == best_threshold([fold(0.7), fold(0.7), fold(0.3)]) == 0.7
    assert report["iou_of_fold"]["fold-0"] == 0.25, "its own best threshold would have given 1"
    assert report["at_0.5"]["landslide_iou"] == 0.25


def test_pixels_are_counted_at_every_threshold_and_ignored_ones_nowhere():
    probability = np.array([[0.9, 0.6, 0.4, 0.2, 0.9]], np.float32)
    label = np.array([[1, 0, 1, 0, 255]], np.uint8)
    counts = dict(zip(THRESHOLDS, _count(probability, label)))
    assert counts[0.5] == (1, 1, 1)
    assert counts[0.35] == (2, 1, 0)
    assert counts[0.9] == (0, 0, 2) or counts[0.9] == (1, 0, 1)  # 0.9 in single precision lies beside 0.9


def test_every_image_is_scored_once_and_each_fold_leaves_what_forge_needs(gdcld: Path, tmp_path: Path, capsys):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    words = ["crossval", "--recipe", tmp_path / "recipe.toml", "--data", gdcld, "--folds", "2", "--out", tmp_path / "cv"]
    assert main([*map(str, words), "--accelerator", "cpu", "--workers", "0", "--quiet"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["images"] == 4 and sorted(report["iou_of_image"]) == [f"tile_{i}" for i in range(4)]
    for fold in ("fold-0", "fold-1"):
        home = tmp_path / "cv" / fold
        held_out, inside = ({p.stem for p in (home / side / "images").iterdir()} for side in ("held-out", "inside"))
        assert len(held_out) == 2 and not held_out & inside and len(held_out | inside) == 4
        assert (home / "float.onnx").stat().st_size > 1_000_000


def test_a_recipe_that_would_not_train_on_the_data_is_refused(gdcld: Path, tmp_path: Path, capsys):
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("real", "sim"))
    words = ["crossval", "--recipe", tmp_path / "recipe.toml", "--data", gdcld, "--source", f"sim={gdcld}"]
    assert main([str(word) for word in [*words, "--out", tmp_path / "cv"]]) == 1
    assert "names no source 'real', which stands for --data" in capsys.readouterr().err


def test_a_fold_that_is_not_there_is_refused(gdcld: Path, tmp_path: Path, capsys):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    words = ["crossval", "--recipe", tmp_path / "recipe.toml", "--data", gdcld, "--only", "7", "--out", tmp_path / "cv"]
    assert main([str(word) for word in words]) == 1
    assert "--only 7: there are folds 0 to 3" in capsys.readouterr().err


def test_folds_are_trained_on_several_devices_and_told_once(gdcld: Path, tmp_path: Path):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    words = ["crossval", "--recipe", tmp_path / "recipe.toml", "--data", gdcld, "--folds", "2", "--out", tmp_path / "cv"]
    command = [sys.executable, "-m", "scarp_train", *words, "--accelerator", "cpu", "--devices", "2", "--quiet"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and json.loads(done.stdout)["images"] == 4, done.stderr
    assert [line[:12] for line in done.stderr.splitlines()] == ["fold 0: done", "fold 1: done"]
