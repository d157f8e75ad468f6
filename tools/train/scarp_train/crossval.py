"""Group-wise cross-validation: images that overlap on the ground stay on one side of every split."""

import json
from pathlib import Path

import numpy as np
import torch
from torchmetrics.classification import BinaryPrecisionRecallCurve

from .data.origin import IGNORED
from .data.pairs import Pair
from .data.read import read_pair
from .errors import DatasetError
from .networks import Network
from .predict import predict_image, torch_predictor
from .recipe import Recipe

THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(13))
REAL = "real"  # the recipe's source that stands for the training side of each split
Counts = tuple[int, int, int]  # true positive, false positive, false negative


def read_groups(path: Path, names: list[str]) -> list[list[str]]:
    """Groups from a text file, one line of image names each (# starts a comment); names not listed stand alone."""
    groups = [line.split("#")[0].split() for line in Path(path).read_text().splitlines()]
    groups = [group for group in groups if group]
    listed = [name for group in groups for name in group]
    unknown = sorted(set(listed) - set(names))
    if unknown or len(set(listed)) != len(listed):
        raise DatasetError(f"{path}: names twice or without an image: {' '.join(unknown) or 'a repeated name'}")
    return groups + [[name] for name in names if name not in set(listed)]


def make_folds(groups: list[list[str]], folds: int) -> list[list[str]]:
    """Spreads groups over folds of nearly equal size, the largest group first.

    Raises DatasetError for fewer than two folds, which hold nothing out, or more folds than groups.
    """
    if not 2 <= folds <= len(groups):
        raise DatasetError(f"--folds {folds}: there are {len(groups)} groups of images; give a number from 2 to that")
    result: list[list[str]] = [[] for _ in range(folds)]
    for group in sorted(groups, key=len, reverse=True):
        min(result, key=len).extend(group)
    return result


def link_images(pairs: list[Pair], folder: Path) -> None:
    """Links to one side of a split, for training and for `scarp-forge` to quantize with and to prove on.

    Raises DatasetError for images inside an archive, which no link can reach.
    """
    for pair in pairs:
        for kind, entry in (("images", pair.image), ("labels", pair.label)):
            if entry.member is not None:
                raise DatasetError(f"{entry}: unpack the archive first; cross-validation links to the images")
            link = folder / kind / entry.path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(entry.path.resolve())


def score_fold(network: Network, held_out: list[Pair], recipe: Recipe) -> dict:
    """Counts of every held-out image at every threshold: {image: {threshold: counts}}."""
    report, predict = {}, torch_predictor(network)
    for pair in held_out:
        image, label = read_pair(pair)
        probability = predict_image(image, predict, recipe.pixels, recipe.release.side, network.multiple)
        report[pair.name] = {str(t): counts for t, counts in zip(THRESHOLDS, _count(probability, label))}
    return report


def _count(probability: np.ndarray, label: np.ndarray) -> list[Counts]:
    metric = BinaryPrecisionRecallCurve(thresholds=torch.tensor(THRESHOLDS, dtype=torch.float64), ignore_index=IGNORED)
    metric.update(torch.from_numpy(probability.astype(np.float64)), torch.from_numpy(label.astype(np.int64)))
    return [(int(c[1, 1]), int(c[0, 1]), int(c[1, 0])) for c in metric.confmat]


def summarise(out: Path) -> dict:
    """Pools the folds scored so far, every image counted once, by a network that never saw it.

    Two ways to choose the threshold: 0.5 for all, and for each fold the one that is best on the other folds together,
    so that no image takes part in the choice it is judged by.
    """
    folds = {path.stem: json.loads(path.read_text()) for path in sorted(Path(out).glob("fold-*.json"))}
    chosen = {name: best_threshold([other for key, other in folds.items() if key != name]) for name in folds}
    return {
        "images": sum(len(fold) for fold in folds.values()),
        "at_0.5": scores(pool(folds, dict.fromkeys(folds, 0.5))),
        "at_others_best": scores(pool(folds, chosen)),
        "threshold_of_fold": chosen,
        "best_threshold": best_threshold(list(folds.values())),
        "iou_of_fold": {name: iou(pool({name: fold}, chosen)) for name, fold in folds.items()},
        "iou_of_image": {
            image: iou(tuple(counts[str(chosen[name])])) for name, fold in folds.items() for image, counts in fold.items()
        },
    }


def pool(folds: dict[str, dict], thresholds: dict[str, float]) -> Counts:
    """All pixels of all folds, each fold at its threshold."""
    counts = [image[str(thresholds[name])] for name, fold in folds.items() for image in fold.values()]
    return tuple(sum(column) for column in zip(*counts)) if counts else (0, 0, 0)


def best_threshold(folds: list[dict]) -> float:
    """The threshold of the highest pooled IoU; 0.5 where there is nothing to choose by."""
    if not folds:
        return 0.5
    named = {str(index): fold for index, fold in enumerate(folds)}
    return max(THRESHOLDS, key=lambda t: iou(pool(named, dict.fromkeys(named, t))))


def iou(counts: Counts) -> float:
    """Intersection over union of the landslide class; 0 where there is none in truth and none found."""
    return counts[0] / sum(counts) if sum(counts) else 0.0


def scores(counts: Counts) -> dict[str, float]:
    """Precision, recall, F1 and IoU of the landslide class; a ratio of nothing to nothing is 0."""
    hit, false, missed = counts
    return {
        "precision": hit / max(hit + false, 1),
        "recall": hit / max(hit + missed, 1),
        "f1": 2 * hit / max(2 * hit + false + missed, 1),
        "landslide_iou": iou(counts),
    }
