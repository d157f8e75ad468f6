"""Scale and bias bring probabilities to the share of landslide that they speak of."""

import numpy as np
import pytest

from scarp_train.calibration import Calibration, probability
from scarp_train.crossval.histogram import CENTRES, Histogram
from scarp_train.crossval.reliability import fit, reliability


def made_by(scale: float, bias: float, pixels: int = 1_000_000) -> Histogram:
    """What a network says whose logits would be right after `scale` and `bias`."""
    total = np.round(pixels * np.exp(-(CENTRES**2) / 8)).astype(np.int64)
    landslide = np.round(total * probability(scale * CENTRES + bias)).astype(np.int64)
    return Histogram(total - landslide, landslide, Histogram.empty().objects)


@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (0.4, -1.0), (2.5, 0.7)])
def test_the_scale_and_bias_that_made_the_labels_are_found(scale: float, bias: float):
    found = fit(made_by(scale, bias))
    assert (found.scale, found.bias) == (pytest.approx(scale, abs=2e-3), pytest.approx(bias, abs=2e-3))


def test_calibrated_probabilities_follow_the_diagonal():
    seen = made_by(0.4, -1.0)
    before, after = (reliability([(seen, mended)]) for mended in (Calibration(), fit(seen)))
    assert before["mean_gap"] > 0.1 and after["mean_gap"] < 0.005
    assert len(after["bins"]) == 10
    for row in after["bins"]:
        assert row["mean_probability"] == pytest.approx(row["landslide_share"], abs=0.01)


def test_bins_hold_equally_many_of_the_pixels_that_are_neither_sure_nor_surely_not():
    background, landslide = np.zeros_like(CENTRES, np.int64), np.zeros_like(CENTRES, np.int64)
    low, high, sure = (int(np.searchsorted(CENTRES, logit)) for logit in (-1.0, 1.0, 4.0))
    background[low], landslide[high], landslide[sure] = 700, 300, 10_000
    found = reliability([(Histogram(background, landslide, Histogram.empty().objects), Calibration())])
    assert found["pixels"] == 1000, "what is surely a landslide does not count"
    assert [round(row["landslide_share"], 6) for row in found["bins"]] == [0.0] * 7 + [1.0] * 3
    expected = (0.7 * probability(CENTRES[low])) + 0.3 * (1 - probability(CENTRES[high]))
    assert found["mean_gap"] == pytest.approx(expected)


def test_folds_are_calibrated_each_by_its_own():
    one, two = made_by(0.4, -1.0), made_by(2.5, 0.7)
    assert reliability([(one, fit(one)), (two, fit(two))])["mean_gap"] < 0.005
    assert reliability([(one, fit(two)), (two, fit(one))])["mean_gap"] > 0.05


def test_without_pixels_in_doubt_there_is_no_gap():
    assert reliability([(Histogram.empty(), Calibration())]) == {"pixels": 0, "mean_gap": None, "bins": []}


def test_without_one_of_the_classes_nothing_is_changed():
    seen = made_by(1.0, 0.0)
    assert fit(Histogram(seen.background, 0 * seen.landslide, seen.objects)) == Calibration()
    assert fit(Histogram.empty()) == Calibration()


def test_classes_without_overlap_keep_the_scale_within_bounds():
    background, landslide = np.zeros_like(CENTRES, np.int64), np.zeros_like(CENTRES, np.int64)
    background[200], landslide[280] = 500, 500
    found = fit(Histogram(background, landslide, Histogram.empty().objects))
    assert 1 < found.scale <= 20 and np.isfinite(found.bias)
