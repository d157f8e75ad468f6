"""The scores of one network on one set of images: of all of them, and by event and sensor."""

from dataclasses import dataclass

FIGURES = ("precision", "recall", "f1", "landslide_iou", "two_class_miou", "per_image_mean_iou")


@dataclass(frozen=True)
class Counts:
    """An image's pixels by truth and prediction, and where it comes from as far as that is known."""

    event: str | None
    sensor: str | None
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def landslide_iou(self) -> float | None:
        """Intersection over union of the landslide class; None where neither has any."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive + self.false_negative)


@dataclass(frozen=True)
class Scores:
    """Scores in 0..1; None where the definition divides by zero.

    All are over the pixels of all images together, but for `per_image_mean_iou`, the mean of each image's landslide IoU.
    """

    images: int
    precision: float | None
    recall: float | None
    f1: float | None
    landslide_iou: float | None
    two_class_miou: float | None
    per_image_mean_iou: float | None


def scores_of(counts: list[Counts], event: str | None, sensor: str | None) -> Scores | None:
    """The scores of the images of `event` and `sensor` (None: of any); None if there are no such images."""
    chosen = [c for c in counts if event in (None, c.event) and sensor in (None, c.sensor)]
    if not chosen:
        return None
    tp, fp = sum(c.true_positive for c in chosen), sum(c.false_positive for c in chosen)
    fn, tn = sum(c.false_negative for c in chosen), sum(c.true_negative for c in chosen)
    landslide, background = _ratio(tp, tp + fp + fn), _ratio(tn, tn + fp + fn)
    each = [iou for c in chosen if (iou := c.landslide_iou) is not None]
    return Scores(
        images=len(chosen),
        precision=_ratio(tp, tp + fp),
        recall=_ratio(tp, tp + fn),
        f1=_ratio(2 * tp, 2 * tp + fp + fn),
        landslide_iou=landslide,
        two_class_miou=None if landslide is None or background is None else (landslide + background) / 2,
        per_image_mean_iou=_ratio(sum(each), len(each)),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
