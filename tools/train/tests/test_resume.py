"""What a run is known by: with other images, labels or first weights it does not go on."""

import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_recipe, tiff

from scarp_train.data.fingerprint import fingerprint
from scarp_train.data.pairs import find_pairs
from scarp_train.errors import RecipeError, TrainError
from scarp_train.training.hardware import Hardware
from scarp_train.training.loop import Result, fit

PLAIN = Hardware(accelerator="cpu", workers=0)


def run(data: Path, out: Path, init: Path | None = None, minutes: float | None = None) -> Result:
    return fit(make_recipe(), {"sim": data}, out, init=init, hardware=PLAIN, minutes=minutes, quiet=True)


def test_a_dataset_may_be_copied_touched_or_unpacked_but_not_changed(gdcld: Path, zipped: Path, tmp_path: Path):
    def known_by(data: Path) -> str:
        return fingerprint({"sim": find_pairs(data)})

    first = known_by(gdcld)
    assert known_by(zipped) == first
    assert known_by(shutil.copytree(gdcld, tmp_path / "copy")) == first
    label = gdcld / "train_dataset/labels/tile_2.tif"
    os.utime(label, (1, 1))
    assert known_by(gdcld) == first
    (gdcld / "dataset.toml").write_text("ignored = 255\n")
    assert known_by(gdcld) != first
    (gdcld / "dataset.toml").unlink()
    label.write_bytes(tiff(np.zeros((192, 192), np.uint8)))
    assert known_by(gdcld) != first


def test_labels_that_have_changed_do_not_resume(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path / "run", minutes=0)
    for path in (gdcld / "train_dataset/labels").iterdir():
        path.write_bytes(tiff(np.ones((192, 192), np.uint8)))
    with pytest.raises(RecipeError, match="the run began with other images or labels; give the same --source folders"):
        run(gdcld, tmp_path / "run")


def test_other_first_weights_do_not_resume(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path / "first")
    init, other = tmp_path / "first/weights.safetensors", tmp_path / "other.safetensors"
    run(gdcld, tmp_path / "run", init, minutes=0)
    other.write_bytes(init.read_bytes() + b"0")
    for wrong in (None, other):
        with pytest.raises(RecipeError, match="the run began from other weights; give the same --init"):
            run(gdcld, tmp_path / "run", wrong)
    assert run(gdcld, tmp_path / "run", shutil.copy(init, tmp_path / "copy.safetensors")).step == 4


@pytest.mark.parametrize("content", ["pickle", "torch", "text", "empty", "old"])
def test_a_checkpoint_of_something_else_is_one_line(gdcld: Path, tmp_path: Path, content: str):
    path = tmp_path / "checkpoint.pt"
    if content == "pickle":
        path.write_bytes(pickle.dumps({"path": Path("x")}))
    elif content == "torch":
        torch.save([1, 2], path)
    elif content == "old":
        run(gdcld, tmp_path, minutes=0)
        state = torch.load(path, weights_only=True)
        torch.save({key: value for key, value in state.items() if key != "init"}, path)
    else:
        path.write_bytes(b"no checkpoint" if content == "text" else b"")
    with pytest.raises(TrainError, match=r"checkpoint\.pt: .*; start anew in another --out") as error:
        run(gdcld, tmp_path)
    assert "\n" not in str(error.value)
