"""`scarp-train crossval`: what it trains on, what it leaves, and what it refuses."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import tiff

from scarp_train.cli import main
from scarp_train.compose import material
from scarp_train.training.weights import load_weights

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


@pytest.fixture
def words(gdcld: Path, tmp_path: Path) -> list[str]:
    """The command on two folds, quiet; `recipe` and `cv` lie in `tmp_path`."""
    (tmp_path / "recipe.toml").write_text(RECIPE)
    command = ["crossval", "--recipe", tmp_path / "recipe.toml", "--data", gdcld, "--folds", "2", "--out", tmp_path / "cv"]
    return [*map(str, command), "--accelerator", "cpu", "--workers", "0", "--quiet"]


def name_sources(path: Path, *names: str) -> None:
    """Adds sources to the recipe."""
    tables = "".join(f'[[source]]\nname = "{name}"\n' for name in names)
    path.write_text(RECIPE.replace("[[crop]]", f"{tables}[[crop]]"))


def test_every_image_is_scored_once_and_each_fold_leaves_what_forge_needs(words: list[str], tmp_path: Path, capsys):
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["images"] == 4 and sorted(report["iou_of_image"]) == [f"tile_{i}" for i in range(4)]
    for fold in ("fold-0", "fold-1"):
        home = tmp_path / "cv" / fold
        held_out, inside = ({p.stem for p in (home / side / "images").iterdir()} for side in ("held-out", "inside"))
        assert len(held_out) == 2 and not held_out & inside and len(held_out | inside) == 4
        assert (home / "float.onnx").stat().st_size > 1_000_000


def test_a_recipe_trains_on_places_and_on_what_is_made_for_each_fold(words: list[str], gdcld: Path, tmp_path: Path, capsys):
    name_sources(tmp_path / "recipe.toml", "town", "made")
    for number, name in enumerate(("town", "made-0", "made-1")):
        for kind, pixels in (("images", np.full((192, 192, 3), 50 + number, np.uint8)), ("labels", np.zeros((192, 192)))):
            (tmp_path / name / kind).mkdir(parents=True)
            (tmp_path / name / kind / "a.tif").write_bytes(tiff(pixels.astype(np.uint8)))
    words += ["--negative", f"town={tmp_path / 'town'}", "--source", f"made={tmp_path}/made-{{fold}}"]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["places"]["town"]["fold"] == "fold-0"
    trained = [
        {source["name"] for source in json.loads(load_weights(tmp_path / f"cv/fold-{fold}")[1]["recipe"])["source"]}
        for fold in range(2)
    ]
    assert trained == [{"real", "made"}, {"real", "made", "town"}]
    assert all((tmp_path / "cv" / f"{name}.png").read_bytes()[:4] == b"\x89PNG" for name in ("reliability", "cost"))


def test_the_clock_stops_all_folds_together_and_the_same_command_goes_on(words: list[str], tmp_path: Path, capsys):
    assert main([*words, "--minutes", "0"]) == 3
    assert not list((tmp_path / "cv").glob("fold-*.json")) and not (tmp_path / "cv" / "fold-1" / "checkpoint.pt").exists()
    assert main(words) == 0
    judged = (tmp_path / "cv" / "fold-0.json").stat().st_mtime_ns
    capsys.readouterr()
    assert main(words) == 0
    assert (tmp_path / "cv" / "fold-0.json").stat().st_mtime_ns == judged, "a fold is judged once"
    assert json.loads(capsys.readouterr().out)["images"] == 4


def test_folds_of_another_recipe_or_division_are_not_pooled(words: list[str], tmp_path: Path, capsys):
    assert main([*words, "--divide-only"]) == 0
    assert main([*words, "--folds", "3", "--divide-only"]) == 1
    assert "is a cross-validation with other folds; give these, or another --out" in capsys.readouterr().err
    (tmp_path / "recipe.toml").write_text("seed = 1\n" + RECIPE)
    assert main([*words, "--divide-only"]) == 1
    assert "with other recipe" in capsys.readouterr().err


def test_the_division_can_be_had_without_training(words: list[str], gdcld: Path, tmp_path: Path):
    (gdcld / "dataset.toml").write_text("ignored = 255\n")
    assert main([*words, "--divide-only"]) == 0
    assert len(list((tmp_path / "cv" / "fold-1" / "inside" / "labels").iterdir())) == 2
    assert (tmp_path / "cv" / "fold-1" / "inside" / "dataset.toml").read_text() == "ignored = 255\n"
    assert not (tmp_path / "cv" / "fold-1" / "weights.safetensors").exists()


def test_composites_of_a_picture_that_is_held_out_are_refused(
    words: list[str], gdcld: Path, tmp_path: Path, capsys, monkeypatch
):
    monkeypatch.setattr(material, "LEAST_SLIDE", 1000)
    name_sources(tmp_path / "recipe.toml", "made")
    shapes = shutil.copytree(gdcld / "val_dataset", tmp_path / "shapes")
    assert main([*words, "--divide-only"]) == 0
    for fold in range(2):
        inside, out = tmp_path / "cv" / f"fold-{fold}" / "inside", tmp_path / f"made-{fold}"
        compose = [
            "compose",
            "--slides",
            inside,
            "--shapes",
            shapes,
            "--side",
            "64",
            "--count",
            "2",
            "--out",
            out,
            "--quiet",
        ]
        assert main(list(map(str, compose))) == 0
    assert main([*words, "--source", f"made={tmp_path}/made-0"]) == 1
    held_out = min(path.stem for path in (tmp_path / "cv" / "fold-1" / "held-out" / "images").iterdir())
    assert f"made-0: was composed of {held_out}, which fold 1 holds out; compose it of the inside" in capsys.readouterr().err
    assert not (tmp_path / "cv" / "fold-0" / "checkpoint.pt").exists(), "nothing was trained before"
    assert main([*words, "--source", f"made={tmp_path}/made-{{fold}}"]) == 0


def test_a_source_that_holds_a_picture_held_out_is_refused_whatever_its_name(
    words: list[str], gdcld: Path, tmp_path: Path, capsys
):
    name_sources(tmp_path / "recipe.toml", "more")
    for kind in ("images", "labels"):
        (tmp_path / "more" / kind).mkdir(parents=True)
        shutil.copy(gdcld / "train_dataset" / kind / "tile_1.tif", tmp_path / "more" / kind / "renamed.tif")
    assert main([*words, "--source", f"more={tmp_path / 'more'}"]) == 1
    assert "more: holds tile_1, which fold 1 holds out; take it out of source 'more'" in capsys.readouterr().err


def test_weights_that_were_trained_on_what_is_held_out_are_no_start(words: list[str], gdcld: Path, tmp_path: Path, capsys):
    (gdcld / "dataset.toml").write_text('[licence]\ndata = "hills"\nlicence = "CC0 1.0"\nattribution = "nobody"\n')
    (tmp_path / "train.toml").write_text(RECIPE)
    train = ["train", "--recipe", tmp_path / "train.toml", "--source", f"real={gdcld}", "--out", tmp_path / "run"]
    assert main([*map(str, train), "--accelerator", "cpu", "--workers", "0", "--quiet"]) == 0
    assert main([*words, "--init", str(tmp_path / "run")]) == 1
    assert "was trained on 'hills', which the folds hold out in turn" in capsys.readouterr().err


def test_a_recipe_that_would_not_train_on_the_data_is_refused(words: list[str], tmp_path: Path, capsys):
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("real", "sim"))
    assert main(words) == 1
    assert "names no source 'real', which stands for --data" in capsys.readouterr().err


def test_a_fold_that_is_not_there_is_refused(words: list[str], capsys):
    assert main([*words, "--only", "7"]) == 1
    assert "--only 7: there are folds 0 to 1" in capsys.readouterr().err


def test_folds_are_trained_on_several_devices_and_told_once(words: list[str]):
    command = [sys.executable, "-m", "scarp_train", *words, "--devices", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and json.loads(done.stdout)["images"] == 4, done.stderr
    assert [line[:12] for line in done.stderr.splitlines()] == ["fold 0: done", "fold 1: done"]
