"""A released model carries its calibration in its last layer: in graph, golden output and weights alike."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_tile, tiff
from test_finetune import make_pictures
from test_networks import SMALL, network
from test_release import SIDE, make_recipe, make_weights, plan, read_manifest

from scarp_train.calibration import Calibration, Fitted, fold_in, probability
from scarp_train.cli import main
from scarp_train.errors import ExportError
from scarp_train.predict import normalise, torch_predictor
from scarp_train.recipe import NetworkSpec
from scarp_train.release.export import run_onnx
from scarp_train.release.release import release
from scarp_train.training.weights import load_weights

BENT = Calibration(0.6, -0.2)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    crop = {"size": 64, "batch": 2, "min_scale": 0.4, "max_scale": 0.6}
    return make_weights(tmp_path, make_recipe(crop=[crop]))


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    path = tmp_path / "golden.tif"
    path.write_bytes(tiff(make_tile(9, SIDE)[0]))
    return path


def write_fitted(folder: Path, **changes: object) -> Path:
    values = {"scale": BENT.scale, "bias": BENT.bias, "threshold": 0.45, "miss_cost": 1.5, "images": 30}
    fitted = Fitted(**{**values, "network": NetworkSpec(reduction=2, drop_path=0.3), **changes})
    path = folder / "calibration.json"
    path.write_text(fitted.model_dump_json())
    return path


@pytest.mark.parametrize(("architecture", "encoder"), SMALL)
def test_scale_and_bias_go_into_the_last_layer_of_every_network_that_has_one(architecture: str, encoder: str):
    found, image = network(architecture, encoder).eval(), torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = BENT.logit(found(image))
        if found.last_layer.bias is None:
            with pytest.raises(ExportError, match=f"{architecture}: its last layer has no bias"):
                fold_in(BENT, found)
            return
        fold_in(BENT, found)
        assert torch.allclose(found(image), expected, atol=1e-4)


def test_the_released_probability_is_that_of_the_scaled_logit_plus_bias(weights: Path, golden: Path):
    before, _ = load_weights(weights)
    folder = release(plan(weights, golden, calibration=write_fitted(weights.parent)))
    image = normalise(make_tile(9, SIDE)[0], make_recipe().pixels)[None]
    logits = torch_predictor(before)(image)
    expected = probability(BENT.logit(logits))
    of_graph = probability(run_onnx(folder / "model.onnx", image)[0, 0])
    of_weights = probability(torch_predictor(load_weights(folder)[0])(image))
    stated = np.fromfile(folder / "golden_output.bin", "<f4").reshape(expected.shape)
    assert np.abs(expected - probability(logits)).max() > 0.01, "the calibration changes something"
    for found, within in ((of_graph, 1e-5), (stated, 1e-5), (of_weights, 1e-3)):  # the weights are in half precision
        assert np.abs(found - expected).max() < within


def test_the_manifest_takes_the_threshold_and_no_new_field(weights: Path, golden: Path):
    plain = read_manifest(release(plan(weights, golden)))
    path = write_fitted(weights.parent)
    calibrated = read_manifest(release(plan(weights, golden, calibration=path, version="0.2.0")))
    assert calibrated["threshold"] == 0.45 and plain["threshold"] == 0.5
    assert calibrated.keys() == plain.keys() and calibrated["files"].keys() == plain["files"].keys()
    own = read_manifest(release(plan(weights, golden, calibration=path, threshold=0.46, version="0.3.0")))
    assert own["threshold"] == 0.46


def test_the_card_tells_of_the_calibration_and_thresholds_of_earlier_figures_follow_it(
    weights: Path,
    golden: Path,
    tmp_path: Path,
):
    scores = {"step": 2, "precision": 0.5, "recall": 0.25, "f1": 1 / 3, "landslide_iou": 0.2}
    (tmp_path / "last.json").write_text(json.dumps(scores))
    card = (release(plan(weights, golden, calibration=write_fitted(tmp_path))) / "MODEL_CARD.md").read_text()
    assert "logits times 0.600 plus -0.200, in the last layer, fitted on 30 pictures held out" in card
    assert "| validation during training, step 2 | - | 0.450166 |" in card, "the same pixels as 0.5 before"


def test_a_second_calibration_is_refused(weights: Path, golden: Path):
    path = write_fitted(weights.parent)
    folder = release(plan(weights, golden, calibration=path))
    with pytest.raises(ExportError, match="are calibrated already"):
        release(plan(folder / "weights.safetensors", golden, calibration=path, version="0.2.0"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"scale": 1.0}', "bias: is missing"),
        ("{", "Invalid JSON"),
        (None, "was fitted on networks whose reduction is 1, this one's is 2"),
    ],
)
def test_a_calibration_that_is_none_or_of_other_networks_is_refused(
    weights: Path,
    golden: Path,
    text: str | None,
    reason: str,
):
    path = write_fitted(weights.parent, network=NetworkSpec())
    if text is not None:
        path.write_text(text)
    with pytest.raises(ExportError, match=rf"calibration\.json: .*{reason}"):
        release(plan(weights, golden, calibration=path))


def test_a_calibrated_model_can_be_fine_tuned_and_calibrated_anew(
    weights: Path,
    golden: Path,
    tmp_path: Path,
    monkeypatch,
):
    monkeypatch.setattr("scarp_train.training.finetune.MOST_STEPS", 2)
    path, out = write_fitted(tmp_path), tmp_path / "run"
    folder = release(plan(weights, golden, calibration=path))
    command = ["fit", "--init", folder, "--data", make_pictures(tmp_path / "mine", 6), "--out", out, "--minutes", 5]
    command += ["--workers", 0, "--accelerator", "cpu", "--quiet"]
    assert main([str(word) for word in command]) == 0
    local = plan(out / "fit.safetensors", golden, calibration=path, despite_scores=True)
    assert release(local).is_dir()
