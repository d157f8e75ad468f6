"""The model card says what was measured, and of what was not that it was not."""

import json
from pathlib import Path

import pytest
from test_release import LICENCE, golden, make_recipe, make_weights, plan, write_report  # noqa: F401 (golden is a fixture)

from scarp_train.cli import main
from scarp_train.errors import DatasetError, ExportError
from scarp_train.recipe import parse_recipe
from scarp_train.release.release import release


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return make_weights(tmp_path, make_recipe())


def read_card(folder: Path) -> str:
    return (folder / "MODEL_CARD.md").read_text()


def test_without_figures_the_card_says_that_nothing_was_measured(weights: Path, golden: Path, capsys):  # noqa: F811
    assert "**Warning: It was not measured;" in read_card(release(plan(weights, golden)))
    assert "tiny: It was not measured" in capsys.readouterr().err


def test_the_card_tells_contract_training_data_and_export(weights: Path, golden: Path):  # noqa: F811
    card = read_card(release(plan(weights, golden)))
    for text in (
        "| architecture | SegFormer mit_b0, 3.71 M parameters |",
        "| input | 128 x 128 pixels of 3 m, 3 bands (RGB, 8 bits) |",
        "| output | one probability of landslide per 24 m |",
        '- hills (CC BY 4.0). A. "Nobody"',
        "Largest difference of a logit between graph and PyTorch:",
        "matrices and kernels in half precision",
    ):
        assert text in card


def test_the_recipe_in_the_card_can_be_trained_by_again(weights: Path, golden: Path):  # noqa: F811
    import tomllib

    text = read_card(release(plan(weights, golden))).split("```toml\n")[1].split("```")[0]
    assert parse_recipe(tomllib.loads(text), "card") == make_recipe()


def test_figures_are_those_of_the_reports_and_of_the_run(weights: Path, golden: Path, tmp_path: Path):  # noqa: F811
    scores = {"step": 2, "precision": 0.5, "recall": 0.25, "f1": 1 / 3, "landslide_iou": 0.2, "two_class_miou": 0.5}
    (tmp_path / "last.json").write_text(json.dumps(scores))
    (tmp_path / "best.json").write_text(json.dumps(scores | {"precision": 0.99}))
    card = read_card(release(plan(weights, golden, reports=(write_report(tmp_path / "held-out.json"),))))
    assert "| held-out | 2 | 0.5 | 90.00 | 80.00 | 84.70 | 73.47 |" in card
    assert "| validation during training, step 2 | - | 0.5 | 50.00 | 25.00 | 33.33 | 20.00 |" in card
    assert "99.00" not in card and "Warning" not in card


def test_the_best_weights_have_the_best_figures(weights: Path, golden: Path, tmp_path: Path):  # noqa: F811
    best = weights.rename(tmp_path / "best.safetensors")
    (tmp_path / "best.json").write_text(
        json.dumps({"step": 1, "precision": 1, "recall": 0.2, "f1": 0.3, "landslide_iou": 0.2})
    )
    assert "step 1 | - | 0.5 | 100.00 | 20.00 |" in read_card(release(plan(best, golden)))


def test_a_score_of_nothing_is_a_dash_and_no_number(weights: Path, golden: Path, tmp_path: Path):  # noqa: F811
    overall = {"precision": None, "recall": 0.0, "f1": 0.0, "landslide_iou": 0.0}
    report = write_report(tmp_path / "flat.json", overall=overall)
    assert "| flat | 2 | 0.5 | - | 0.00 |" in read_card(
        release(plan(weights, golden, reports=(report,), despite_scores=True))
    )


def test_a_model_for_research_says_so(tmp_path: Path, golden: Path):  # noqa: F811
    weights = make_weights(tmp_path, make_recipe(), licence="CC BY-NC 4.0")
    assert "| licence | non-commercial: CC BY-NC 4.0 |" in read_card(release(plan(weights, golden, non_commercial=True)))


def test_a_model_that_found_nothing_is_not_released_without_a_word_that_says_so(
    weights: Path,
    golden: Path,  # noqa: F811
    tmp_path: Path,
    capsys,
):
    scores = {"step": 2, "images": 7, "precision": 0.0, "recall": 0.0, "f1": 0.0, "landslide_iou": 0.0}
    (tmp_path / "last.json").write_text(json.dumps(scores))
    with pytest.raises(ExportError, match=r"found no landslide where it was measured .*step 2.*--despite-scores"):
        release(plan(weights, golden))
    card = read_card(release(plan(weights, golden, despite_scores=True)))
    warning = "Landslide IoU is 0.00 on 'validation during training, step 2': it finds next to nothing there."
    assert f"**Warning: {warning}**" in card and "step 2 | 7 |" in card
    assert warning in capsys.readouterr().err


def test_the_scores_of_weights_stand_in_the_card_of_these_weights_alone(gdcld: Path, tmp_path: Path, golden: Path, capsys):  # noqa: F811
    weights = make_weights(tmp_path, make_recipe())
    command = ["score", "--weights", weights, "--data", gdcld, "--part", "val", "--tile", 128, "--accelerator", "cpu"]
    assert main([*map(str, command), "--quiet"]) == 0
    told = capsys.readouterr().out
    (tmp_path / "test.json").write_text(told)
    iou = 100 * json.loads(told)["landslide_iou"]
    folder = release(plan(weights, golden, reports=(tmp_path / "test.json",)))
    assert "| test | 1 | 0.5 |" in read_card(folder) and f"| {iou:.2f} |" in read_card(folder)
    (tmp_path / "test.json").write_text(told.replace('"weights_sha256": "', '"weights_sha256": "0'))
    with pytest.raises(DatasetError, match=r"test.json: is a report on other weights"):
        release(plan(weights, golden, reports=(tmp_path / "test.json",)))
