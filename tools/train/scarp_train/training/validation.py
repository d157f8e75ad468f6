"""Scores of a network on whole images, pooled over all pixels of all devices, and pictures of what it sees."""

from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torchmetrics.classification import BinaryConfusionMatrix
from tqdm import tqdm

from ..data.origin import IGNORED
from ..data.pairs import Pair
from ..data.read import read_pair
from ..networks import Network
from ..predict import predict_image, torch_predictor
from ..recipe import Recipe

PICTURE = 512  # side of a predicted picture in pixels
THRESHOLD = 0.5


@dataclass(frozen=True)
class Scores:
    """Of the landslide class at threshold 0.5, in 0..1; a ratio of nothing to nothing is 0."""

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

    def __init__(self, device: torch.device | str = "cpu"):
        self.device = device
        self.metric = BinaryConfusionMatrix(threshold=THRESHOLD, ignore_index=IGNORED).to(device)

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


def validate(
    network: Network,
    pairs: list[Pair],
    recipe: Recipe,
    pictures: Path | None = None,
    device: torch.device | str = "cpu",
    rank: int = 0,
    devices: int = 1,
    quiet: bool = False,
) -> Scores:
    """Scores a network in evaluation mode; each device takes every `devices`-th image. `pictures` is the folder for
    pictures."""
    predict, confusion = torch_predictor(network, device), Confusion(device)
    validation = recipe.validation
    drawn = {
        round(i * (len(pairs) - 1) / max(validation.pictures - 1, 1)) for i in range(min(validation.pictures, len(pairs)))
    }
    mine = range(rank, len(pairs), devices)
    for index in tqdm(mine, desc="validating", unit="image", leave=False, disable=quiet or rank > 0, mininterval=5):
        image, label = read_pair(pairs[index])
        probability = predict_image(image, predict, recipe.pixels, validation.tile, network.multiple)
        confusion.add(probability, label)
        if pictures is not None and index in drawn:
            draw(image, label, probability, recipe, pictures / f"{pairs[index].name}.jpg")
    return confusion.scores()


def draw(image: np.ndarray, label: np.ndarray, probability: np.ndarray, recipe: Recipe, path: Path) -> None:
    """Writes the image, and beside it the image with truth outlined in green and what the network sees in red."""
    scale = min(1.0, PICTURE / max(image.shape[:2]))
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    colours = image[:, :, :3] if image.shape[2] >= 3 else np.repeat(image[:, :, :1], 3, axis=2)
    if colours.dtype != np.uint8:
        colours = (np.clip(colours.astype(np.float32) / recipe.pixels.scale, 0, 1) * 255).astype(np.uint8)
    plain = cv2.resize(np.ascontiguousarray(colours), size, interpolation=cv2.INTER_AREA)
    found = cv2.resize(probability, size, interpolation=cv2.INTER_AREA)
    truth = cv2.resize((label == 1).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    red = np.array([230, 40, 40], np.float32)
    seen = (plain + (red - plain) * (0.6 * np.where(found >= THRESHOLD, found, 0))[:, :, None]).astype(np.uint8)
    outlines, _ = cv2.findContours(truth, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(seen, outlines, -1, (60, 230, 60), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    side_by_side = np.concatenate([plain, np.full((size[1], 4, 3), 255, np.uint8), seen], axis=1)
    cv2.imwrite(str(path), side_by_side[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
