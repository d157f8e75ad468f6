"""What stops a run, and what it leaves: Ctrl-C, a scheduler, a full disk, damaged images, weights that run away."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TORCHRUN, make_recipe, make_tile, start, tiff

from scarp_train.data.loader import batches
from scarp_train.data.pairs import Pair, find_pairs
from scarp_train.data.samples import Samples
from scarp_train.errors import DatasetError, RecipeError, TrainError
from scarp_train.training.damaged import Damaged
from scarp_train.training.hardware import Hardware
from scarp_train.training.loop import Result, fit

PLAIN = Hardware(accelerator="cpu", workers=0)
LONG = 'steps = 10000\n[[source]]\nname = "sim"\n[[crop]]\nsize = 64\nbatch = 2\n'
VALIDATION = {"source": "sim", "every": 2, "tile": 192, "pictures": 0}


def run(gdcld: Path, out: Path, minutes: float | None = None, **changes: object) -> Result:
    return fit(make_recipe(**changes), {"sim": gdcld}, out, hardware=PLAIN, minutes=minutes, quiet=True)


def state(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / "checkpoint.pt", weights_only=True)


def wait_for(path: Path, process: subprocess.Popen) -> None:
    for _ in range(600):
        if path.exists() or process.poll() is not None:
            return
        time.sleep(0.1)


@pytest.mark.parametrize(
    "way,number",
    [("alone", signal.SIGINT), ("alone", signal.SIGTERM), ("devices", signal.SIGTERM), ("torchrun", signal.SIGTERM)],
)
def test_an_interrupted_run_saves_where_it_is(gdcld: Path, tmp_path: Path, way: str, number: int):
    more = ("--devices", "2") if way == "devices" else ()
    process = start(LONG, gdcld, tmp_path / "run", *more, launcher=TORCHRUN if way == "torchrun" else ())
    wait_for(tmp_path / "run/logs/csv/from-0000000/metrics.csv", process)
    os.killpg(process.pid, number)  # as a terminal and a scheduler do: loader processes get it too
    _, told = process.communicate(timeout=60)
    assert told.count("the same command goes on") == 1, told
    if way != "torchrun":  # which has a traceback and a status of its own
        assert process.returncode == 130 and "Traceback" not in told, told
    assert state(tmp_path / "run")["step"] >= 10


def test_a_killed_run_goes_on_from_its_checkpoint_to_the_same_weights(gdcld: Path, tmp_path: Path):
    text = LONG.replace("10000", "40")
    assert start(text, gdcld, tmp_path / "run", "--minutes", "0").wait(timeout=60) == 3
    process = start(text, gdcld, tmp_path / "run")
    wait_for(tmp_path / "run/logs/csv/from-0000001/metrics.csv", process)  # step 10
    process.kill()
    process.communicate(timeout=60)
    assert state(tmp_path / "run")["step"] == 1
    for out in ("run", "whole"):
        assert start(text, gdcld, tmp_path / out).wait(timeout=60) == 0
    whole, killed = state(tmp_path / "whole"), state(tmp_path / "run")
    for kind in ("network", "average"):
        assert all(torch.equal(value, killed[kind][name]) for name, value in whole[kind].items())


def test_a_disk_that_fills_costs_no_checkpoint(gdcld: Path, tmp_path: Path):
    for standing in ("nothing is saved yet", "the checkpoint of step 1 is whole"):
        full = start(LONG, gdcld, tmp_path / "run", "--minutes", "0", before="ulimit -f 20000;")
        _, told = full.communicate(timeout=60)
        assert full.returncode == 1 and re.search(rf"cannot be saved \(File too large; .* MB free\); .*; {standing}", told)
        if standing.startswith("nothing"):
            assert start(LONG, gdcld, tmp_path / "run", "--minutes", "0").wait(timeout=60) == 3
            before = (tmp_path / "run/checkpoint.pt").read_bytes()
    assert (tmp_path / "run/checkpoint.pt").read_bytes() == before
    assert not list((tmp_path / "run").glob("*.part"))


def test_a_disk_that_fills_at_validation_is_told_as_such(gdcld: Path, tmp_path: Path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scarp_train.training.checkpoint.write_scores", full)
    with pytest.raises(TrainError, match=r"step 2 cannot be saved \(No space left on device; the disk has \d+ MB free\)"):
        run(gdcld, tmp_path / "run", validation=VALIDATION)


def test_a_damaged_validation_tile_is_passed_over_within_the_limit_and_told_in_the_scores(
    gdcld: Path, tmp_path: Path, capsys
):
    for kind in ("images", "labels"):
        tile = (gdcld / f"val_dataset/{kind}/tile_4.tif").read_bytes()
        (gdcld / f"val_dataset/{kind}/tile_5.tif").write_bytes(tile if kind == "labels" else b"no image")
    assert run(gdcld, tmp_path / "run", damaged=0.01, validation=VALIDATION).step == 4
    assert capsys.readouterr().err.count("passed over") == 1
    assert '"images_passed_over": 1' in (tmp_path / "run/last.json").read_text()
    with pytest.raises(DatasetError, match=r"tile_5.tif: .* 1 of 6 images cannot be used, .* allows 0$"):
        run(gdcld, tmp_path / "refused", damaged=0.0, validation=VALIDATION)


def test_some_damage_allows_one_image_at_least_and_none_allows_none():
    assert [Damaged(*case).allowed for case in ((0.01, 20), (0.01, 100), (0.07, 100), (0.0, 100))] == [1, 1, 7, 0]


def test_damaged_images_are_counted_over_all_parts_of_a_run(gdcld: Path, tmp_path: Path):
    for tile in (1, 2):
        (gdcld / f"train_dataset/images/tile_{tile}.tif").write_bytes(b"no image")
    run(gdcld, tmp_path / "run", minutes=0, damaged=0.5)
    assert len(state(tmp_path / "run")["damaged"]) == 2
    assert run(gdcld, tmp_path / "run", damaged=0.5).step == 4
    assert len(state(tmp_path / "run")["damaged"]) == 2


def test_a_run_that_found_too_much_damage_goes_on_only_where_more_is_allowed(gdcld: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("scarp_train.training.loop.look_at_labels", lambda *_: [])
    run(gdcld, tmp_path / "run", minutes=0, damaged=0.0)
    real = Samples.read

    def fails(self: Samples, pair: Pair):
        if pair.name == "tile_2":
            raise DatasetError("tile_2: cannot be read")
        return real(self, pair)

    monkeypatch.setattr(Samples, "read", fails)
    for _ in range(2):
        with pytest.raises(DatasetError, match=r"tile_2: cannot be read; 1 of 4 images cannot be used"):
            run(gdcld, tmp_path / "run", damaged=0.0)
    assert run(gdcld, tmp_path / "run", damaged=0.25).step == 4


def test_an_error_between_two_steps_saves_what_was_learnt(gdcld: Path, tmp_path: Path, monkeypatch):
    real = Samples.__getitem__

    def fails_late(self: Samples, place: tuple[int, int]):
        if place[0] == 3:
            raise DatasetError("tile: cannot be read")
        return real(self, place)

    monkeypatch.setattr(Samples, "__getitem__", fails_late)
    with pytest.raises(DatasetError, match="tile: cannot be read; the checkpoint of step 3 is whole"):
        run(gdcld, tmp_path / "run")
    monkeypatch.undo()
    assert run(gdcld, tmp_path / "run").step == 4
    run(gdcld, tmp_path / "whole")
    whole, resumed = state(tmp_path / "whole")["network"], state(tmp_path / "run")["network"]
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


def test_weights_that_run_away_are_not_saved(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path / "run", minutes=0, optimiser={"warmup": 1, "learning_rate": 1e30}, steps=40)
    with pytest.raises(TrainError, match=r"lower optimiser.learning_rate .*; the checkpoint of step 1 is whole"):
        run(gdcld, tmp_path / "run", optimiser={"warmup": 1, "learning_rate": 1e30}, steps=40)
    assert state(tmp_path / "run")["step"] == 1


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    "image,label,reason",
    [
        (None, np.full((192, 192), 2, np.uint8), "label values are 2; need 0 and 1"),
        (None, np.repeat(np.array([[0], [1], [255]], np.uint8), 192, 1).repeat(64, 0), "say `ignored = 255`"),
        (np.zeros((192, 192, 3), np.uint16), None, "pixels are uint16; say their scale"),
        (np.zeros((192, 192, 1), np.uint8), None, "has 1 bands but the recipe's network.bands is 3"),
    ],
    ids=["labels 2", "labels 255", "uint16", "bands"],
)
def test_images_that_are_not_what_the_recipe_is_for_are_one_line_with_the_cause(
    gdcld: Path, tmp_path: Path, workers: int, image: np.ndarray | None, label: np.ndarray | None, reason: str
):
    for seed in range(4):
        pixels, truth = make_tile(seed)
        for kind, own, other in (("images", pixels, image), ("labels", truth, label)):
            (gdcld / f"train_dataset/{kind}/tile_{seed}.tif").write_bytes(tiff(own if other is None else other))
    samples = Samples(make_recipe(), {"sim": find_pairs(gdcld)}, 4)
    with pytest.raises(DatasetError) as error:
        list(batches(samples, 0, workers=workers))
    assert reason in str(error.value) and "\n" not in str(error.value)
    assert str(error.value).startswith(str(gdcld))
    with pytest.raises(DatasetError, match=r"4 of 4 images cannot be used"):
        run(gdcld, tmp_path / "run")


def test_loader_processes_end_when_nobody_wants_more(gdcld: Path):
    made = batches(Samples(make_recipe(steps=1000), {"sim": find_pairs(gdcld)}, 4), 0, workers=2)
    next(made)
    children = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True).stdout.split()
    started = time.monotonic()
    made.close()
    assert time.monotonic() - started < 4
    left = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True).stdout.split()
    assert len(children) - len(left) >= 2


def test_two_runs_do_not_write_to_one_folder(gdcld: Path, tmp_path: Path):
    process = start(LONG, gdcld, tmp_path / "run", "--quiet")
    wait_for(tmp_path / "run/logs/csv/from-0000000/metrics.csv", process)
    with pytest.raises(TrainError, match="another run is writing there"):
        run(gdcld, tmp_path / "run")
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_a_released_model_is_not_trained_over(gdcld: Path, tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/manifest.toml").write_text("threshold = 0.6\n")
    with pytest.raises(RecipeError, match="holds a released model"):
        run(gdcld, tmp_path / "model")
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["manifest.toml"]
