import dataclasses
import json
from pathlib import Path

import torch

from scarp_train.batches import Batches
from scarp_train.crossval import THRESHOLDS, best_threshold, make_folds, read_groups, summarise
from scarp_train.dataset import load_scenes
from scarp_train.recipe import Crop, Recipe, Source, read_recipe
from scarp_train.training import Trainer

RECIPE = Recipe(steps=4, warmup=1, sources=(Source("sim", paste=0.5),), crops=(Crop(64, 2, 0.4, 1.0),))


def train(recipe: Recipe, data: Path, out: Path, until: int | None = None) -> Trainer:
    trainer = Trainer(recipe, out)
    trainer.resume()
    batches = Batches(recipe, [(recipe.sources[0], load_scenes(data))])
    for _, (image, truth) in batches.run(trainer.step, until or recipe.steps):
        trainer.advance(image, truth)
    trainer.save()
    return trainer


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(gdcld: Path, tmp_path: Path):
    whole = train(RECIPE, gdcld, tmp_path / "whole")
    train(RECIPE, gdcld, tmp_path / "parts", until=2)
    resumed = train(RECIPE, gdcld, tmp_path / "parts")
    assert resumed.step == 4
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


def test_training_lowers_the_loss(gdcld: Path, tmp_path: Path):
    recipe = dataclasses.replace(RECIPE, steps=30, drop_path=0.0)
    trainer = Trainer(recipe, tmp_path)
    image, truth = Batches(recipe, [(recipe.sources[0], load_scenes(gdcld))]).make(0)
    losses = [trainer.advance(image, truth)["total"] for _ in range(20)]
    assert losses[-1] < 0.7 * losses[0]


def test_the_feature_teacher_is_frozen_and_its_loss_reaches_the_encoder(gdcld: Path, tmp_path: Path):
    recipe = dataclasses.replace(RECIPE, features=1.0, coarse=1.0)
    trainer = train(recipe, gdcld, tmp_path, until=1)
    assert all(not p.requires_grad for p in trainer.teacher.parameters())
    image, truth = Batches(recipe, [(recipe.sources[0], load_scenes(gdcld))]).make(1)
    trainer.network.zero_grad()
    trainer.loss(image, truth)["features"].backward()
    assert trainer.network.encoder.stages[0].embed.weight.grad.abs().sum() > 0


def test_overlapping_images_stay_on_one_side_of_every_split(tmp_path: Path):
    path = tmp_path / "groups.txt"
    path.write_text("# overlap\na b c\nd e # two\n")
    groups = read_groups(path, list("abcdefgh"))
    folds = make_folds(groups, 3)
    assert sorted(name for fold in folds for name in fold) == list("abcdefgh")
    for group in groups:
        assert sum(set(group) <= set(fold) for fold in folds) == 1


def test_no_fold_takes_part_in_the_choice_of_its_own_threshold(tmp_path: Path):
    def fold(good: float) -> dict:
        counts = {
            str(t): {"true_positive": 10, "false_positive": 0 if t == good else 30, "false_negative": 0} for t in THRESHOLDS
        }
        return {f"image of {good}": counts}

    for index, good in enumerate((0.3, 0.7, 0.7)):
        (tmp_path / f"fold-{index}.json").write_text(json.dumps(fold(good)))
    report = summarise(tmp_path)
    assert report["threshold_of_fold"]["fold-0"] == 0.7
    assert report["best_threshold"] == best_threshold([fold(0.7), fold(0.7), fold(0.3)]) == 0.7
    assert report["iou_of_fold"]["fold-0"] == 0.25, "its own best threshold would have given 1"
    assert report["at_0.5"]["landslide_iou"] == 0.25


def test_the_recipes_of_the_release_can_be_read():
    for name in ("pretrain.toml", "finetune.toml", "scratch.toml"):
        assert read_recipe(Path(__file__).parents[1] / "recipes" / name).sources
