"""The tables as they are printed: pooled figures, published rows, spread over seeds; and the estimate before them."""

import json
from pathlib import Path

import pytest
import torch
from conftest import make_recipe

from scarp_train.networks import build
from scarp_train.paper import estimate, published, table
from scarp_train.paper.hardware import crops_at_once, memory_bytes
from scarp_train.paper.plan import Row, Scoring, Table
from scarp_train.paper.scores import Counts, Scores, scores_of

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
    trial = estimate.try_out(recipe, torch.device("cpu"))
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
