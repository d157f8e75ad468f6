"""One command, whatever the number of devices: two processes on a CPU, by gloo, learn what one learns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import make_recipe

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


def train(launcher: list[str], recipe: Path, data: Path, out: Path, *more: str) -> dict[str, torch.Tensor]:
    command = [
        *launcher,
        "train",
        "--recipe",
        recipe,
        "--source",
        f"sim={data}",
        "--out",
        out,
        "--accelerator",
        "cpu",
        "--quiet",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*map(str, command), *more], capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return torch.load(out / "checkpoint.pt", weights_only=True)["network"]


@pytest.mark.parametrize("way", ["torchrun", "devices"])
def test_two_processes_learn_what_one_learns_from_the_same_recipe(gdcld: Path, tmp_path: Path, way: str):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    fit(read_recipe(path), {"sim": gdcld}, tmp_path / "one", hardware=Hardware("cpu", workers=0), quiet=True)
    one = torch.load(tmp_path / "one" / "checkpoint.pt", weights_only=True)["network"]
    if way == "torchrun":
        launcher = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            "-m",
            "scarp_train",
        ]
        two = train(launcher, path, gdcld, tmp_path / "two")
    else:
        two = train([sys.executable, "-m", "scarp_train"], path, gdcld, tmp_path / "two", "--devices", "2")
    worst = max(float((value.double() - two[name].double()).abs().max()) for name, value in one.items())
    assert worst < 1e-5, worst


def test_more_devices_than_samples_are_refused(gdcld: Path, tmp_path: Path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace("batch = 4", "batch = 1"))
    command = [
        sys.executable,
        "-m",
        "scarp_train",
        "train",
        "--recipe",
        path,
        "--source",
        f"sim={gdcld}",
        "--out",
        tmp_path / "out",
    ]
    done = subprocess.run(
        [*map(str, command), "--accelerator", "cpu", "--devices", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "crop.batch is 1 but there are 2 devices" in done.stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU at hand")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_trains_by_the_same_recipe(gdcld: Path, tmp_path: Path, precision: str):
    recipe = make_recipe(steps=20, precision=precision)
    assert fit(recipe, {"sim": gdcld}, tmp_path, hardware=Hardware("cuda", 1), quiet=True).step == 20
