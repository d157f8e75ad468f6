"""What all folds say together: every image counted once, by a network and at a threshold that it had no part in."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..calibration import Calibration, probability
from . import reliability
from .histogram import REACH, STEP, THRESHOLDS, Histogram

HALF = THRESHOLDS.index(0.0)  # a probability of 0.5


class Fold:
    """What one fold's network said of the labelled images and the places that it never saw, by name, and the SHA-256 of its
    weights."""

    def __init__(self, labelled: dict[str, Histogram], places: dict[str, dict[str, Histogram]], weights: str):
        self.labelled, self.places, self.weights = labelled, places, weights
        self.seen = total(labelled.values())
        self.negative = total(image for images in places.values() for image in images.values())
        self.all = self.seen + self.negative

    @classmethod
    def read(cls, path: Path) -> "Fold":
        """A fold as it was written."""
        values = json.loads(path.read_text())
        places = {place: _histograms(images) for place, images in values["places"].items()}
        return cls(_histograms(values["labelled"]), places, values["weights"])

    def as_json(self) -> str:
        """The fold, to be written."""
        places = {place: _plain(images) for place, images in self.places.items()}
        return json.dumps({"weights": self.weights, "labelled": _plain(self.labelled), "places": places})


def _histograms(images: dict[str, dict]) -> dict[str, Histogram]:
    return {name: Histogram.of_dict(values) for name, values in images.items()}


def _plain(images: dict[str, Histogram]) -> dict[str, dict]:
    return {name: image.as_dict() for name, image in images.items()}


def total(histograms: Iterable[Histogram]) -> Histogram:
    """All pixels and objects of several images."""
    return sum(histograms, Histogram.empty())


def pixels(seen: Histogram, threshold: int) -> tuple[int, int, int]:
    """Pixels found, falsely found and missed at a threshold, by its index."""
    first = round((THRESHOLDS[threshold] + REACH) / STEP)
    hit = int(seen.landslide[first:].sum())
    return hit, int(seen.background[first:].sum()), int(seen.landslide.sum()) - hit


def cost(seen: Histogram, threshold: int, miss_cost: float) -> float:
    """Falsely found pixels and `miss_cost` times the missed ones, as a share of all pixels."""
    _, false, missed = pixels(seen, threshold)
    return (false + miss_cost * missed) / max(seen.pixels, 1)


def best_threshold(seen: Histogram, miss_cost: float) -> int:
    """The index of the threshold of least cost; of 0.5 where there is no landslide to choose by."""
    if not seen.landslide.sum():
        return HALF
    return int(np.argmin([cost(seen, index, miss_cost) for index in range(len(THRESHOLDS))]))


def scores(parts: list[tuple[Histogram, int]]) -> dict[str, float]:
    """Precision, recall, F1 and IoU of the landslide class, and F1 of whole landslides, each part at its threshold; a ratio
    of nothing to nothing is 0."""
    hit, false, missed = (sum(column) for column in zip(*(pixels(seen, threshold) for seen, threshold in parts)))
    truth, found, finds, right = sum(seen.objects[threshold] for seen, threshold in parts).tolist()
    recall, precision = found / max(truth, 1), right / max(finds, 1)
    return {
        "precision": hit / max(hit + false, 1),
        "recall": hit / max(hit + missed, 1),
        "f1": 2 * hit / max(2 * hit + false + missed, 1),
        "landslide_iou": hit / max(hit + false + missed, 1),
        "object_recall": recall,
        "object_precision": precision,
        "object_f1": 2 * precision * recall / max(precision + recall, 1e-12),
    }


def false_alarms(parts: list[tuple[Histogram, int]]) -> float | None:
    """The share of all pixels of places without landslides that is found; None without any."""
    ground = sum(int(seen.background.sum()) for seen, _ in parts)
    return sum(pixels(seen, threshold)[1] for seen, threshold in parts) / ground if ground else None


def summarise(folds: dict[str, Fold], miss_cost: float) -> dict:
    """Pools folds. Threshold and calibration of each are those that are best on the others together; of one alone its own.

    `threshold` and `calibration` are the best on all folds, for a release; the threshold applies to calibrated
    probabilities. Thresholds of folds, which are not calibrated, apply to what their networks give.
    """
    everything = total(fold.all for fold in folds.values())
    others = {name: total(fold.all for other, fold in folds.items() if other != name or len(folds) == 1) for name in folds}
    chosen = {name: best_threshold(seen, miss_cost) for name, seen in others.items()}
    mended = {name: reliability.fit(seen) for name, seen in others.items()}
    final, best = reliability.fit(everything), best_threshold(everything, miss_cost)

    def at(thresholds: dict[str, int]) -> dict[str, float | None]:
        """Scores of the folds named, each at its threshold."""
        alarms = false_alarms([(folds[name].negative, threshold) for name, threshold in thresholds.items()])
        return {**scores([(folds[name].seen, index) for name, index in thresholds.items()]), "false_alarm_share": alarms}

    def curve(index: int) -> dict[str, float | None]:
        raw = THRESHOLDS[index]
        costs = {"calibrated": _probability(final.logit(raw)), "cost": cost(everything, index, miss_cost)}
        return {"threshold": _probability(raw), **costs, **at(dict.fromkeys(folds, index))}

    return {
        "images": sum(len(fold.labelled) for fold in folds.values()),
        "miss_cost": miss_cost,
        "chosen_on_others": len(folds) > 1,
        "at_0.5": at(dict.fromkeys(folds, HALF)),
        "at_chosen": at(chosen),
        "folds": {name: {"threshold": _probability(THRESHOLDS[i]), **at({name: i})} for name, i in chosen.items()},
        "places": {
            place: {
                "fold": name,
                "images": len(images),
                "false_alarm_share": false_alarms([(total(images.values()), chosen[name])]),
            }
            for name, fold in folds.items()
            for place, images in fold.places.items()
        },
        "iou_of_image": {
            image: scores([(seen, chosen[name])])["landslide_iou"]
            for name, fold in folds.items()
            for image, seen in fold.labelled.items()
        },
        "thresholds": [curve(index) for index in range(len(THRESHOLDS))],
        "best_threshold": _probability(THRESHOLDS[best]),
        "threshold": _probability(final.logit(THRESHOLDS[best])),
        "calibration": {"scale": final.scale, "bias": final.bias},
        "reliability": {
            "before": reliability.reliability([(fold.all, Calibration()) for fold in folds.values()]),
            "after": reliability.reliability([(fold.all, mended[name]) for name, fold in folds.items()]),
        },
    }


def _probability(logit: float) -> float:
    """Four digits, and never the ends: no threshold is 0 or 1."""
    return min(max(round(float(probability(logit)), 4), 0.0001), 0.9999)
