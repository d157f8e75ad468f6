"""The tables as they are printed: pooled figures, published rows, spread over seeds; and the estimate before them."""

import json
from pathlib import Path

import pytest
import torch
from conftest import make_recipe

from scarp_train.cli import main
from scarp_train.networks import build
from scarp_train.paper import costs, estimate, published, table
from scarp_train.paper.hardware import crops_at_once, memory_bytes
from scarp_train.paper.plan import Row, Scoring, Table
from scarp_train.paper.scores import Counts, Scores, scores_of
from scarp_train.training.hardware import Hardware

LUSHAN = Row("Lushan, UAV", "segformer", Scoring("gdcld", "test"), published.EVENTS["Lushan", "UAV"], "Lushan", "UAV")
COUNTS = [
    Counts("Lushan", "UAV", 60, 20, 20, 900),
    Counts("Lushan", "UAV", 0, 0, 0, 1000),  # no landslide, none found: no IoU of its own
    Counts("Lushan", "UAV", 10, 0, 30, 960),
    Counts("Palu", "Map World", 5, 95, 0, 900),
]


def seeds(*f1: float) -> tuple[Scores, ...]:
    """Scores of so many seeds, all figures alike."""
    return tuple(Scores(3, value, value, value, value, value, value) for value in f1)


def test_scores_pool_the_pixels_of_a_group_and_the_per_image_mean_averages_its_images() -> None:
    scores = scores_of(COUNTS, "Lushan", "UAV")
    assert scores.images == 3
    assert scores.precision == 70 / 90
    assert scores.recall == 70 / 120
    assert scores.f1 == 140 / 210
    assert scores.landslide_iou == 70 / 140
    assert scores.two_class_miou == (70 / 140 + 2860 / 2930) / 2
    assert scores.per_image_mean_iou == (60 / 100 + 10 / 40) / 2
    assert scores_of(COUNTS, None, None).images == 4
    assert scores_of(COUNTS, None, "Map World").precision == 5 / 100
    assert scores_of(COUNTS, "Mesetas", None) is None


def test_the_published_landslide_iou_is_what_its_f1_implies() -> None:
    assert published.EVENTS["Lushan", "Map World"].landslide_iou == pytest.approx(68.60, abs=0.01)


def test_a_row_stands_beside_the_published_one_with_every_iou_by_its_name() -> None:
    text = table.as_markdown(
        Table("6", "by event", (LUSHAN,)), [table.Result(LUSHAN, (scores_of(COUNTS, "Lushan", "UAV"),))], None
    )
    assert (
        "| precision | recall | F1 | mIoU as published | landslide IoU | two-class mean IoU | per-image mean IoU |" in text
    )
    assert "| Lushan, UAV | ours | 77.78 | 58.33 | 66.67 | - | 50.00 | 73.81 | 42.50 |" in text
    assert "|  | published | 74.72 | 90.35 | 81.80 | 72.96 | 69.20 | - | - |" in text
    assert "Fang et al." in text


def test_several_seeds_are_shown_by_mean_deviation_and_range() -> None:
    result = table.Result(LUSHAN, seeds(0.70, 0.72, 0.74))
    text = table.as_text(Table("6", "by event", (LUSHAN,)), [result], None)
    assert "72.00 ± 2.00 (70.00 to 74.00)" in text
    assert "mean of 3 seeds" in text


def test_a_row_without_images_is_left_open_and_said_to_be(tmp_path: Path) -> None:
    results = [table.Result(LUSHAN, (None,))]
    entry = Table("6", "by event", (LUSHAN,))
    assert "No images at hand for: Lushan, UAV." in table.as_text(entry, results, None)
    table.write(entry, results, "Rehearsal: simulated", tmp_path)
    written = json.loads((tmp_path / "table-6.json").read_text())
    assert written["rehearsal"] == "Rehearsal: simulated"
    assert written["rows"][0]["ours"]["f1"] == {"seeds": [], "mean": None, "sd": None}
    assert written["rows"][0]["published"]["miou"] == 72.96
    assert "Rehearsal: simulated" in (tmp_path / "table-6.md").read_text()


def test_counting_gives_parameters_multiplications_and_kept_bytes_of_a_convolution() -> None:
    class Convolution(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)

        def training_outputs(self, image: torch.Tensor, coarse: bool) -> torch.Tensor:
            return self.layer(image)

    spec = make_recipe().network
    counted = estimate.count(Convolution(), spec, 32)
    assert counted.parameters == 8 * 3 * 3 * 3
    assert counted.macs == 32 * 32 * counted.parameters
    assert counted.kept_bytes == 4 * 3 * 32 * 32  # the image; weights are not kept anew


def test_a_trial_counts_and_times_a_real_network() -> None:
    recipe = make_recipe(crop=[{"size": 64, "batch": 2}])
    trial = estimate.try_out(recipe, recipe.crop[0], torch.device("cpu"))
    assert trial.counted.parameters == sum(p.numel() for p in build(recipe.network).parameters())
    assert 0 < trial.seconds_per_crop < 60


def test_crops_held_at_once_are_halved_until_they_fit() -> None:
    recipe = make_recipe(crop=[{"size": 1024, "batch": 16}])
    counted = estimate.Counted(parameters=50_000_000, macs=0, kept_bytes=8 << 30)
    assert memory_bytes(recipe, counted, 2) == 5 * 4 * 50_000_000 + (16 << 30)
    assert crops_at_once(recipe, counted, devices=1, memory=80 << 30) == 4
    assert crops_at_once(recipe, counted, devices=4, memory=200 << 30) == 4
    assert crops_at_once(recipe, counted, devices=1, memory=1 << 30) == 2
    assert crops_at_once(recipe, counted, devices=16, memory=1 << 30) == 1


def test_a_recipe_of_several_crops_costs_their_mean_by_how_often_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    crops = [{"size": 64, "batch": 2, "share": 3.0}, {"size": 128, "batch": 1}]
    recipe = make_recipe(steps=400, crop=crops)
    trials = [estimate.Trial(estimate.Counted(1000, macs, macs), macs / 10) for macs in (10, 50)]
    found = costs.estimate("b4", recipe, 9, trials, costs.Scored(0, 0), Hardware(accelerator="cpu", devices=2))
    assert found.crops == 300 * 2 + 100
    assert found.train_hours == pytest.approx((600 * 1 + 100 * 5) / 2 / 3600)
    assert found.counted.macs == round((600 * 10 + 100 * 50) / 700) and found.memory_bytes == 5 * 4 * 1000 + 50
    assert found.gpu_hours == pytest.approx(6 * 16 * 700 / 10e12 / 3600)


def test_the_recipe_that_is_trained_can_be_estimated(gdcld: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path, out = tmp_path / "small.toml", tmp_path / "out"
    path.write_text('epochs = 100\n[loss]\nfeatures = 0.5\n[[source]]\nname = "gdcld"\n[[crop]]\nsize = 64\nbatch = 2\n')
    command = ["train", "--recipe", path, "--source", f"gdcld={gdcld}", "--out", out, "--accelerator", "cpu"]
    assert main([*map(str, command), "--estimate-only"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[1].split()[:3] == ["small", "4", "400"]
    assert "h on one" in told and "h on four" in told and not out.exists()
