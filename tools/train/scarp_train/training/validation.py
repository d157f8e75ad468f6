"""Scores of a network on whole images, pooled over all pixels of all devices, and pictures of what it sees."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torchmetrics.classification import BinaryConfusionMatrix
from tqdm import tqdm

from ..data.origin import IGNORED
from ..data.pairs import Pair
from ..data.read import read_pair
from ..errors import DatasetError
from ..networks import Network
from ..predict import THRESHOLD, predict_image, torch_predictor
from ..recipe import Recipe
from .pictures import draw, worth_drawing


@dataclass(frozen=True)
class Scores:
    """Of the landslide class at one threshold, in 0..1; a ratio of nothing to nothing is 0."""

    precision: float
    recall: float
    f1: float
    landslide_iou: float
    two_class_miou: float

    def as_dict(self) -> dict[str, float]:
        """The scores by name."""
        return asdict(self)


class Confusion:
    """Pixels by truth and prediction, pooled over images, and by `scores` over the devices of a run."""

    def __init__(self, device: torch.device | str = "cpu", threshold: float = THRESHOLD):
        self.device = device
        self.metric = BinaryConfusionMatrix(threshold=threshold, ignore_index=IGNORED).to(device)

    def add(self, probability: np.ndarray, label: np.ndarray) -> None:
        """Counts an image: probability H x W, label H x W with 0, 1 and 255 (ignored)."""
        truth = torch.from_numpy(label.astype(np.int64)).to(self.device)
        self.metric.update(torch.from_numpy(probability).to(self.device), truth)

    def scores(self) -> Scores:
        """The scores of everything counted."""
        (true_negative, false_positive), (false_negative, true_positive) = self.metric.compute().double().cpu().tolist()
        landslide = _ratio(true_positive, true_positive + false_positive + false_negative)
        background = _ratio(true_negative, true_negative + false_positive + false_negative)
        return Scores(
            _ratio(true_positive, true_positive + false_positive),
            _ratio(true_positive, true_positive + false_negative),
            _ratio(2 * true_positive, 2 * true_positive + false_positive + false_negative),
            landslide,
            (landslide + background) / 2,
        )


class Sweep:
    """The same at several thresholds."""

    def __init__(self, thresholds: Iterable[float], device: torch.device | str = "cpu"):
        self.device = device
        self.at = {threshold: Confusion(device, threshold) for threshold in thresholds}

    def add(self, probability: np.ndarray, label: np.ndarray) -> None:
        """Counts an image, as Confusion does."""
        for confusion in self.at.values():
            confusion.add(probability, label)

    def scores(self) -> dict[float, Scores]:
        """The scores of everything counted, by threshold."""
        return {threshold: confusion.scores() for threshold, confusion in self.at.items()}


def validate(
    network: Network,
    pairs: list[Pair],
    recipe: Recipe,
    device: torch.device | str = "cpu",
    thresholds: Iterable[float] = (THRESHOLD,),
    quiet: bool = False,
) -> dict[float, Scores]:
    """Scores a network in evaluation mode, by threshold. Raises DatasetError where an image cannot be read."""
    confusion = Sweep(thresholds, device)
    if unreadable := count(network, pairs, recipe, confusion, read_pair, quiet=quiet):
        more = f" (and {len(unreadable) - 1} more)" if len(unreadable) > 1 else ""
        raise DatasetError(unreadable[0] + more)
    return confusion.scores()


def count(
    network: Network,
    pairs: list[Pair],
    recipe: Recipe,
    confusion: Confusion | Sweep,
    read: Callable[[Pair], tuple[np.ndarray, np.ndarray]],
    pictures: Path | None = None,
    rank: int = 0,
    devices: int = 1,
    quiet: bool = False,
) -> list[str]:
    """Counts what a network in evaluation mode finds; the errors of images that could not be read and were passed over.

    Each device takes every `devices`-th image. `pictures` is the folder for pictures.
    """
    predict, validation, unreadable = torch_predictor(network, confusion.device), recipe.validation, []
    drawn = worth_drawing(tuple(pairs), validation.pictures) if pictures is not None else frozenset()
    mine = range(rank, len(pairs), devices)
    for index in tqdm(mine, desc="validating", unit="image", leave=False, disable=quiet or rank > 0, mininterval=5):
        try:
            image, label = read(pairs[index])
        except DatasetError as error:
            unreadable.append(str(error))
            continue
        probability = predict_image(image, predict, recipe.pixels, validation.tile, network.multiple)
        confusion.add(probability, label)
        if index in drawn:
            name = pairs[index].name
            draw(name, image, label, {"": probability}, recipe.pixels, pictures / f"{name}.jpg")
    return unreadable


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
