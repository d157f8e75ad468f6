"""Pixel scores of the landslide class, pooled over all images (not averaged per image), as the GDCLD paper reports them."""

from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Counts:
    """Pixels by truth and prediction; add counts of several images to pool them."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
        )

    @property
    def precision(self) -> float:
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    @property
    def iou(self) -> float:
        """Intersection over union of the landslide class alone."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive + self.false_negative)

    def as_dict(self) -> dict[str, int]:
        """The three counts by name."""
        return asdict(self)

    def scores(self) -> dict[str, float]:
        """Counts and scores by name, for JSON."""
        return {
            **self.as_dict(),
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "landslide_iou": self.iou,
        }


def count(predicted: np.ndarray, truth: np.ndarray) -> Counts:
    """Compares two boolean masks of one shape."""
    if predicted.shape != truth.shape:
        raise ValueError(f"prediction is {predicted.shape} but truth is {truth.shape}")
    return Counts(
        int(np.count_nonzero(predicted & truth)),
        int(np.count_nonzero(predicted & ~truth)),
        int(np.count_nonzero(~predicted & truth)),
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
