"""A run: what it learns by, how it resumes, and what stops it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_recipe, tiff

from scarp_train.errors import DatasetError, RecipeError, TrainError
from scarp_train.recipe import read_recipe
from scarp_train.training.hardware import Hardware
from scarp_train.training.loop import Result, fit
from scarp_train.training.weights import load_weights

PLAIN = Hardware(accelerator="cpu", workers=0)


def run(gdcld: Path, out: Path, minutes: float | None = None, **changes: object) -> Result:
    return fit(make_recipe(**changes), {"sim": gdcld}, out, hardware=PLAIN, minutes=minutes, quiet=True)


def state(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / "checkpoint.pt", weights_only=True)


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path / "whole")
    for _ in range(4):
        run(gdcld, tmp_path / "parts", minutes=0)  # one step a time
    whole, parts = state(tmp_path / "whole"), state(tmp_path / "parts")
    assert whole["step"] == parts["step"] == 4
    for kind in ("network", "average"):
        assert all(torch.equal(value, parts[kind][name]) for name, value in whole[kind].items())


def test_a_batch_in_parts_teaches_what_the_whole_teaches(gdcld: Path, tmp_path: Path):
    recipe = {"batch_norm": "frozen", "network": {"drop_path": 0.0}, "crop": [{"size": 64, "batch": 5}], "steps": 1}
    run(gdcld, tmp_path / "whole", **recipe)
    hardware = Hardware(accelerator="cpu", workers=0, part=2)
    fit(make_recipe(**recipe), {"sim": gdcld}, tmp_path / "parts", hardware=hardware, quiet=True)
    whole, parts = (state(tmp_path / name)["optimiser"]["state"] for name in ("whole", "parts"))
    for index, moments in whole.items():  # after one step the first moment is a tenth of the gradient
        assert torch.allclose(moments["exp_avg"], parts[index]["exp_avg"], rtol=1e-3, atol=1e-7)


def test_training_lowers_the_loss_and_the_best_weights_are_kept(gdcld: Path, tmp_path: Path):
    validation = {"source": "sim", "every": 15, "tile": 192, "pictures": 1}
    optimiser = {"learning_rate": 2e-3, "warmup": 5}
    network = {"drop_path": 0.0}
    run(gdcld, tmp_path, steps=30, colour=0.0, ema=0.5, network=network, optimiser=optimiser, validation=validation)
    first, *_, last = (tmp_path / "logs/csv/from-0000000/metrics.csv").read_text().splitlines()[1:]
    best = json.loads((tmp_path / "best.json").read_text())
    assert best["landslide_iou"] > 0.5 and best["step"] in (15, 30)
    load_weights(tmp_path / "best.safetensors")
    assert (tmp_path / f"pictures/step-{best['step']:07d}/tile_4.jpg").stat().st_size > 1000
    assert len(first.split(",")) == len(last.split(","))


def test_frozen_batch_norms_keep_their_statistics_and_own_ones_do_not(gdcld: Path, tmp_path: Path):
    for kind, moved in (("frozen", False), ("own", True)):
        run(gdcld, tmp_path / kind, batch_norm=kind, steps=2)
        network, _ = load_weights(tmp_path / kind / "weights.safetensors")
        variances = [value for name, value in network.state_dict().items() if name.endswith("running_var")]
        assert any(not torch.equal(v, torch.ones_like(v)) for v in variances) == moved


def test_the_feature_teacher_is_frozen_and_its_loss_reaches_the_encoder(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path / "with", loss={"bce": 1e-9, "dice": 0.0, "features": 1.0}, steps=1)
    moments = state(tmp_path / "with")["optimiser"]["state"]
    assert moments[0]["exp_avg"].abs().sum() > 1e-3
    names = state(tmp_path / "with")["network"]
    assert not any("teacher" in name for name in names)


def test_a_run_of_a_version_that_lacked_a_key_resumes(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path, minutes=0)
    before = state(tmp_path)
    recipe = json.loads(before["recipe"])
    del recipe["quantize_aware"], recipe["release"]
    torch.save({**before, "recipe": json.dumps(recipe)}, tmp_path / "checkpoint.pt")
    assert run(gdcld, tmp_path).step == 4


def test_another_recipe_or_other_images_do_not_resume(gdcld: Path, tmp_path: Path):
    run(gdcld, tmp_path / "run", minutes=0)
    with pytest.raises(
        RecipeError, match=r"another recipe \(optimiser.learning_rate was 0.0006, is 0.001, seed was 0, is 1\)"
    ):
        run(gdcld, tmp_path / "run", seed=1, optimiser={"warmup": 1, "learning_rate": 1e-3})
    (gdcld / "train_dataset/images/tile_9.tif").write_bytes((gdcld / "train_dataset/images/tile_1.tif").read_bytes())
    (gdcld / "train_dataset/labels/tile_9.tif").write_bytes((gdcld / "train_dataset/labels/tile_1.tif").read_bytes())
    with pytest.raises(RecipeError, match="began with other images"):
        run(gdcld, tmp_path / "run")


def test_a_damaged_tile_is_named_and_passed_over_up_to_the_recipes_limit(gdcld: Path, tmp_path: Path, capsys):
    (gdcld / "train_dataset/images/tile_2.tif").write_bytes(b"no image")
    assert run(gdcld, tmp_path / "allowed", damaged=0.25).step == 4
    assert capsys.readouterr().err.count("passed over") == 1
    with pytest.raises(
        DatasetError, match=r"tile_2.tif: .*; 1 of 4 images cannot be used, and the recipe's 'damaged' allows 0"
    ):
        run(gdcld, tmp_path / "refused", damaged=0.0)


def test_labels_that_are_all_empty_are_warned_of_before_training(gdcld: Path, tmp_path: Path, capsys):
    for path in (gdcld / "train_dataset/labels").iterdir():
        path.write_bytes(tiff(np.zeros((192, 192), np.uint8)))
    run(gdcld, tmp_path / "run", minutes=0)
    assert "warning: source 'sim'" in capsys.readouterr().err


def test_out_of_memory_says_what_to_lower(gdcld: Path, tmp_path: Path, monkeypatch):
    def exhausted(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("scarp_train.training.learner.Learner.forward", exhausted)
    with pytest.raises(TrainError, match="out of memory at step 0 with 2 crops of 64 px at once; lower --device-batch to 1"):
        run(gdcld, tmp_path)


def test_the_recipes_of_the_release_can_be_read():
    for path in sorted((Path(__file__).parents[1] / "recipes").rglob("*.toml")):
        assert read_recipe(path).source


@pytest.mark.parametrize(
    "text,reason",
    [
        ('steps = 1\nstep = 2\n[[source]]\nname = "a"\n', "unknown key 'step'"),
        ('[[source]]\nname = "a"\n', "give either steps or epochs"),
        ('steps = 1\n[[source]]\nname = "a"\nshare = 0\n', "source.0.share"),
        ('steps = "many"\n[[source]]\nname = "a"\n', "steps: must be a valid integer"),
        ('steps = 1\n[network]\nbands = 4\n[[source]]\nname = "a"\n', "pixels.mean and pixels.std want 4 numbers"),
        ("steps = \n", "Invalid value"),
    ],
)
def test_a_wrong_recipe_is_one_line_that_names_the_key(tmp_path: Path, text: str, reason: str):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(RecipeError) as error:
        read_recipe(tmp_path / "r.toml")
    assert reason in str(error.value) and len(str(error.value).splitlines()) == 1


def test_training_with_the_rounding_of_8_bits_teaches_something_else_and_changes_no_shape(gdcld: Path, tmp_path: Path):
    for name, aware in (("float", False), ("eight", True)):
        run(gdcld, tmp_path / name, quantize_aware=aware, steps=2)
    plain, rounded = (state(tmp_path / name)["network"] for name in ("float", "eight"))
    assert plain.keys() == rounded.keys()
    name = "encoder.stages.0.embed.weight"
    assert not torch.equal(plain[name], rounded[name])
