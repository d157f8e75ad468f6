"""One command, whatever the number of devices: two processes on a CPU, by gloo, learn what one learns."""

from pathlib import Path

import pytest
import torch
from conftest import TORCHRUN, make_recipe, make_tile, start, tiff

from scarp_train.data.fingerprint import fingerprint
from scarp_train.data.pairs import find_pairs
from scarp_train.recipe import read_recipe
from scarp_train.training.hardware import Hardware
from scarp_train.training.loop import fit

# Batch norms that look at their device's samples only, and random drops, are what may differ; Adam magnifies rounding where
# gradients vanish, the less the lower the rate.
RECIPE = """
steps = 20
batch_norm = "frozen"
[network]
drop_path = 0.0
[optimiser]
learning_rate = 1e-4
warmup = 5
[[source]]
name = "sim"
paste = 0.3
[[crop]]
size = 64
batch = 8
[[crop]]
size = 96
batch = 4
"""


@pytest.mark.parametrize("way", ["torchrun", "devices"])
def test_two_processes_learn_what_one_learns_from_the_same_recipe(gdcld: Path, tmp_path: Path, way: str):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    fit(read_recipe(path), {"sim": gdcld}, tmp_path / "one", hardware=Hardware("cpu", workers=0), quiet=True)
    one = torch.load(tmp_path / "one" / "checkpoint.pt", weights_only=True)["network"]
    how = {"launcher": TORCHRUN} if way == "torchrun" else {}
    process = start(RECIPE, gdcld, tmp_path / "two", "--quiet", *([] if how else ["--devices", "2"]), **how)
    _, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    two = torch.load(tmp_path / "two" / "checkpoint.pt", weights_only=True)["network"]
    worst = max(float((value.double() - two[name].double()).abs().max()) for name, value in one.items())
    assert worst < 1e-5, worst


def test_more_devices_than_samples_are_refused(gdcld: Path, tmp_path: Path):
    process = start(RECIPE.replace("batch = 4", "batch = 1"), gdcld, tmp_path / "out", "--devices", "2")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and told.count("crop.batch is 1 but there are 2 devices") == 1


def test_what_can_be_refused_is_refused_before_there_are_more_processes(gdcld: Path, tmp_path: Path):
    process = start(RECIPE, gdcld, tmp_path / "out", "--devices", "2", "--init", tmp_path / "none")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and len(told.splitlines()) == 1 and "none: no such file; give the weights" in told


def test_an_error_on_any_device_is_one_line_and_the_others_end_quietly(gdcld: Path, tmp_path: Path):
    assert start(RECIPE, gdcld, tmp_path / "out", "--minutes", "0", "--devices", "2").wait(timeout=60) == 3
    # Labels are looked at when a run begins; now the loader processes find them.
    checkpoint = torch.load(tmp_path / "out/checkpoint.pt", weights_only=True)
    for path in (gdcld / "train_dataset/labels").iterdir():
        path.write_bytes(tiff(2 * make_tile(0)[1]))
    pairs = {"sim": find_pairs(gdcld), "[validation]": []}
    torch.save({**checkpoint, "images": fingerprint(pairs)}, tmp_path / "out/checkpoint.pt")
    process = start(RECIPE, gdcld, tmp_path / "out", "--devices", "2", "--quiet")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and len(told.splitlines()) == 1, told
    assert "label values are 0, 2" in told and "the checkpoint of step 1 is whole" in told


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU at hand")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_trains_by_the_same_recipe(gdcld: Path, tmp_path: Path, precision: str):
    recipe = make_recipe(steps=20, precision=precision)
    assert fit(recipe, {"sim": gdcld}, tmp_path, hardware=Hardware("cuda", 1), quiet=True).step == 20
