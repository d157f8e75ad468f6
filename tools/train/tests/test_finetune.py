"""From a model and a few own pictures to a local model: what is held out, what is chosen, and what stops it early."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from conftest import make_tile
from PIL import Image
from test_release import LICENCE, make_recipe, make_weights

from scarp_train.cli import main
from scarp_train.data.pairs import find_pairs
from scarp_train.errors import DatasetError, NetworkError, RecipeError
from scarp_train.networks import build
from scarp_train.recipe import Source
from scarp_train.training.area import check_gsd, held_out, split
from scarp_train.training.finetune import make_recipe as recipe_for
from scarp_train.training.finetune import prepare, starting_point
from scarp_train.training.interpolation import Choice, choose, interpolate, shares, thresholds
from scarp_train.training.weights import load_weights, recipe_of


def make_pictures(root: Path, count: int, side: int = 128) -> Path:
    for kind in ("images", "labels"):
        (root / kind).mkdir(parents=True)
    for seed in range(count):
        for kind, pixels in zip(("images", "labels"), make_tile(seed, side)):
            tifffile.imwrite(root / kind / f"frame_{seed:02}.tif", pixels)
    (root / "dataset.toml").write_text(LICENCE.replace("hills", root.name).format("CC BY 4.0"))
    return root


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    crop = {"size": 64, "batch": 2, "min_scale": 0.4, "max_scale": 0.6}
    return make_weights(tmp_path, make_recipe(crop=[crop], network={"reduction": 2, "drop_path": 0.3}))


def test_a_run_of_a_quarter_is_held_out_because_neighbours_show_the_same_ground(tmp_path: Path):
    data = make_pictures(tmp_path / "mine", 11)
    split(data, tmp_path / "area")
    held, kept = ([pair.name for pair in find_pairs(tmp_path / "area", part)] for part in ("val", "train"))
    numbers = [int(name[-2:]) for name in held]
    assert len(held) == 2 and numbers[1] == numbers[0] + 1
    assert sorted(held + kept) == [f"frame_{n:02}" for n in range(11)]
    image = f"images/{held[0]}.tif"
    assert (tmp_path / "area" / "val_dataset" / image).read_bytes() == (data / image).read_bytes()
    assert (tmp_path / "area" / "dataset.toml").read_text() == (data / "dataset.toml").read_text()


def test_what_is_held_out_shows_about_as_much_landslide_as_all_pictures():
    assert held_out([0.0, 0.0, 0.1, 0.3, 0.0, 0.0, 0.0, 0.0]) == range(1, 3)
    assert held_out([0.5, 0.0, 0.0, 0.0]) == range(0, 1)
    assert held_out([0.0, 0.0, 0.0, 0.0]) is None


def test_pictures_without_any_landslide_are_refused(tmp_path: Path):
    data = make_pictures(tmp_path / "mine", 5)
    for path in (data / "labels").iterdir():
        tifffile.imwrite(path, np.zeros((128, 128), np.uint8))
    with pytest.raises(DatasetError, match="no label shows a landslide"):
        split(data, tmp_path / "area")


def test_too_few_pictures_are_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="4 labelled pictures are too few"):
        split(make_pictures(tmp_path / "mine", 4), tmp_path / "area")


def test_pictures_of_another_resolution_are_refused_where_it_is_known(tmp_path: Path):
    data = make_pictures(tmp_path / "mine", 5)
    check_gsd(find_pairs(data), 3.0)
    (data / "dataset.toml").write_text('[[image]]\nname = "frame_03"\ngsd_m = 0.5\n')
    check_gsd(find_pairs(data), 0.4)
    with pytest.raises(DatasetError, match=r"frame_03\.tif: has pixels of 0\.5 m, the model is made for 3 m"):
        check_gsd(find_pairs(data), 3.0)


def test_the_recipe_keeps_network_crops_and_purpose_and_trains_half_on_own_pictures(weights: Path):
    first = starting_point(weights).recipe
    recipe = recipe_for(first, 200, kept=32)
    assert recipe.network == first.network.model_copy(update={"drop_path": 0.0})
    assert (recipe.crop, recipe.release, recipe.pixels) == (first.crop, first.release, first.pixels)
    assert recipe.batch_norm == "frozen" and recipe.steps == 200
    assert [(s.name, s.share, s.limit) for s in recipe.source] == [("own", 0.5, None), ("replay", 0.5, 32)]


def test_without_old_pictures_the_rate_is_lower(weights: Path):
    first = starting_point(weights).recipe
    alone = recipe_for(first, 200, kept=None)
    assert [source.name for source in alone.source] == ["own"]
    assert alone.optimiser.learning_rate < recipe_for(first, 200, kept=8).optimiser.learning_rate


def test_weights_between_two_networks_are_weighted_means(weights: Path):
    spec = starting_point(weights).recipe.network
    torch.manual_seed(1)
    first, last = build(spec), build(spec)
    middle = interpolate(first, last, 0.25).state_dict()
    for name, value in first.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(middle[name], 0.75 * value + 0.25 * last.state_dict()[name], atol=1e-6)
    assert all(torch.equal(a, b) for a, b in zip(interpolate(first, last, 0.0).parameters(), first.parameters()))


def chosen(found: dict[float, tuple[float, float | None]]) -> float:
    """The share that is chosen where every one was tried at the model's threshold."""
    return choose({Choice(share, 0.5): scores for share, scores in found.items()}, Choice(0.0, 0.5)).share


def test_the_least_change_that_is_nearly_the_best_is_taken():
    assert chosen({0.0: (0.2, None), 0.5: (0.6, None), 1.0: (0.604, None)}) == 0.5
    assert chosen({0.0: (0.2, None), 0.5: (0.5, None), 1.0: (0.6, None)}) == 1.0
    assert chosen({0.0: (0.6, None), 0.5: (0.5, None), 1.0: (0.4, None)}) == 0.0


def test_a_change_that_loses_more_than_a_point_on_old_pictures_is_not_taken():
    assert chosen({0.0: (0.2, 0.8), 0.5: (0.5, 0.795), 1.0: (0.6, 0.78)}) == 0.5
    assert chosen({0.0: (0.2, 0.8), 0.5: (0.5, 0.7), 1.0: (0.6, 0.7)}) == 0.0


def test_weights_between_two_networks_have_a_threshold_of_their_own_that_own_pictures_choose():
    before = Choice(0.0, 0.6)
    found = {
        before: (0.48, 0.72),
        Choice(0.5, 0.6): (0.46, 0.75),
        Choice(0.5, 0.3): (0.58, 0.72),
        Choice(0.5, 0.2): (0.59, 0.70),
    }
    assert choose(found, before) == Choice(0.5, 0.3)
    assert 0.45 in thresholds(0.5, 0.45) and thresholds(0.0, 0.45) == (0.45,)


def test_at_most_half_of_the_change_is_taken_and_a_quarter_without_old_pictures():
    assert max(shares(old=False)) == 0.25 and max(shares(old=True)) == 0.5
    assert shares(old=False)[0] == shares(old=True)[0] == 0.0


def test_a_model_without_weights_is_refused(tmp_path: Path):
    (tmp_path / "manifest.toml").write_text("threshold = 0.6\n")
    with pytest.raises(NetworkError, match="the float model it was made from"):
        starting_point(tmp_path)


def test_from_a_model_and_own_pictures_to_a_released_local_model(weights: Path, tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr("scarp_train.training.finetune.MOST_STEPS", 6)
    own, old = make_pictures(tmp_path / "mine", 6), make_pictures(tmp_path / "old", 4)
    out = tmp_path / "run"
    command = ["fit", "--init", weights, "--data", own, "--replay", old, "--out", out, "--minutes", 5, "--workers", 0]
    command += ["--release-as", "mine", "--accelerator", "cpu", "--quiet"]
    assert main([str(word) for word in command]) == 0
    told = capsys.readouterr().out
    assert "own pictures: landslide IoU" in told and "old pictures: landslide IoU" in told
    folder = out / "models" / "mine"
    manifest = tomllib.loads((folder / "manifest.toml").read_text())
    assert [entry["data"] for entry in manifest["training"]] == ["hills", "mine", "old"]
    _, metadata = load_weights(folder / "weights.safetensors")
    recipe = recipe_of(metadata, folder)
    assert recipe.source[0] == Source(name="own", share=0.5, paste=0.1) and recipe.steps == 6
    assert "by which share and threshold were chosen | 1 |" in (folder / "MODEL_CARD.md").read_text()
    # The same command again finds everything done, and ends with the same model.
    assert main([str(word) for word in command]) == 0
    assert tomllib.loads((folder / "manifest.toml").read_text()) == manifest


@pytest.mark.parametrize("change", ["weights", "pictures", "labels", "replay"])
def test_a_run_goes_on_only_with_what_it_began_with(weights: Path, tmp_path: Path, change: str, monkeypatch):
    monkeypatch.setattr("scarp_train.training.finetune.LEAST_STEPS", 2)
    own, old, out = make_pictures(tmp_path / "mine", 5), make_pictures(tmp_path / "old", 4), tmp_path / "run"
    start = starting_point(weights)
    first = prepare(start, own, None, out, 0.001)
    assert prepare(start, own, None, out, 60) == first
    if change == "weights":
        weights.write_bytes(weights.read_bytes() + b"0")
    if change == "pictures":
        own = make_pictures(tmp_path / "more", 6)
    if change == "labels":
        tifffile.imwrite(own / "labels/frame_02.tif", 1 - tifffile.imread(own / "labels/frame_02.tif"))
    with pytest.raises(RecipeError, match=f"other .*{change}"):
        prepare(start, own, old if change == "replay" else None, out, 60)


def test_the_time_that_training_may_take_holds_from_the_first_step(weights: Path, tmp_path: Path, capsys):
    own, out = make_pictures(tmp_path / "mine", 6), tmp_path / "run"
    command = ["fit", "--init", weights, "--data", own, "--out", out, "--minutes", 1e-7, "--workers", 0, "--accelerator"]
    assert main([str(word) for word in [*command, "cpu", "--quiet"]]) == 3
    assert "out of time after step 1 of 100, saved" in capsys.readouterr().err


def test_scores_before_are_at_the_threshold_of_the_model_and_those_after_at_the_chosen_one(
    weights: Path, tmp_path: Path, capsys, monkeypatch
):
    monkeypatch.setattr("scarp_train.training.finetune.MOST_STEPS", 2)
    own, out, model = make_pictures(tmp_path / "mine", 6), tmp_path / "run", tmp_path / "model"
    model.mkdir()
    (model / "weights.safetensors").write_bytes(weights.read_bytes())
    (model / "manifest.toml").write_text("threshold = 0.999\n")
    command = ["fit", "--init", model, "--data", own, "--out", out, "--minutes", 5, "--workers", 0, "--accelerator", "cpu"]
    assert main([str(word) for word in [*command, "--quiet"]]) == 0
    told = capsys.readouterr().out
    found = json.loads((out / "fit.json").read_text())
    assert f"on pictures held out, at threshold 0.999 before and {found['threshold']:g} after:" in told
    assert "recall 0.0%, " in told  # before: no network of two steps is so sure
    assert found["threshold"] < 0.999 and found["recall"] > 0.0


def test_a_licence_that_is_missing_is_asked_for_before_training(weights: Path, tmp_path: Path, capsys):
    own = make_pictures(tmp_path / "mine", 6)
    (own / "dataset.toml").unlink()
    command = ["fit", "--init", weights, "--data", own, "--out", tmp_path / "run", "--release-as", "mine"]
    assert main([str(word) for word in command]) == 1
    assert "[licence]" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_own_pictures_smaller_than_the_tile_make_a_golden_input_too(weights: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("scarp_train.training.finetune.MOST_STEPS", 2)
    own = make_pictures(tmp_path / "mine", 6, side=100)
    command = ["fit", "--init", weights, "--data", own, "--out", tmp_path / "run", "--minutes", 5, "--workers", 0]
    command += ["--release-as", "mine", "--accelerator", "cpu", "--quiet"]
    assert main([str(word) for word in command]) == 0
    assert (tmp_path / "run" / "models" / "mine" / "golden_input.png").is_file()
    (picture,) = (tmp_path / "run" / "pictures" / "fit").iterdir()
    assert Image.open(picture).width == 3 * 400 + 8  # the picture, before and after


def test_a_name_that_cannot_be_released_is_said_before_training(weights: Path, tmp_path: Path, capsys):
    own = make_pictures(tmp_path / "mine", 6)
    command = ["fit", "--init", weights, "--data", own, "--out", tmp_path / "run", "--release-as", "../mine"]
    assert main([str(word) for word in command]) == 1
    assert "name '../mine'" in capsys.readouterr().err and not (tmp_path / "run").exists()
