import numpy as np
import pytest

from scarp_train.metrics import Counts, count


def test_scores_agree_with_a_case_counted_by_hand():
    truth = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], bool)
    predicted = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
    counts = count(predicted, truth)
    assert (counts.true_positive, counts.false_positive, counts.false_negative) == (2, 2, 1)
    assert counts.precision == pytest.approx(2 / 4)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(4 / 7)
    assert counts.iou == pytest.approx(2 / 5)


def test_pooling_adds_pixels_and_does_not_average_images():
    pooled = Counts(90, 10, 0) + Counts(0, 0, 100)
    assert pooled.iou == pytest.approx(90 / 200)


def test_masks_of_different_shape_are_refused():
    with pytest.raises(ValueError):
        count(np.zeros((2, 2), bool), np.zeros((2, 3), bool))
