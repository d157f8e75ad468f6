"""Scores a model folder or a training run's weights on a labelled data folder."""

from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from .dataset import DatasetError, find_pairs, read_image, read_label
from .metrics import Counts, count
from .predict import Predictor, onnx_predictor, predict_image, torch_predictor
from .training import load_network


def open_predictor(model: Path, threads: int = 1) -> Predictor:
    """`model` is a model folder, an .onnx file, or a weights.pt of a training run."""
    model = Path(model)
    if model.is_dir():
        model = model / "model.onnx"
    if not model.exists():
        raise DatasetError(f"{model}: does not exist; name a model folder, an .onnx file or a weights.pt")
    return torch_predictor(load_network(model)) if model.suffix == ".pt" else onnx_predictor(model, threads)


def score_folder(
    predict: Predictor,
    folder: Path,
    part: str = "train",
    threshold: float = 0.5,
    zoom: float = 1.0,
    limit: int | None = None,
) -> dict:
    """Scores pooled over all images, and each image's own.

    `zoom` enlarges images before prediction, for imagery whose GSD is coarser than the model's; the probability is
    brought back and compared at the label's own resolution.
    """
    images: dict[str, Counts] = {}
    for pair in tqdm(find_pairs(folder, part)[:limit], unit="image", mininterval=5):
        image, label = read_image(pair.image), read_label(pair.label)
        scaled = image if zoom == 1.0 else cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
        probability = predict_image(scaled, predict)
        if zoom != 1.0:
            probability = cv2.resize(probability, image.shape[1::-1], interpolation=cv2.INTER_AREA)
        images[pair.name] = count(probability > threshold, label.astype(bool))
    total = sum(images.values(), Counts())
    return {
        "folder": Path(folder).name,
        "images": len(images),
        "threshold": threshold,
        "zoom": zoom,
        **total.scores(),
        "per_image_iou": {name: round(counts.iou, 4) for name, counts in images.items()},
    }


def mean_absolute_difference(first: Predictor, second: Predictor, images: list[np.ndarray]) -> float:
    """How far two models' probabilities are apart on average, over whole images."""
    return float(np.mean([np.abs(predict_image(i, first) - predict_image(i, second)).mean() for i in images]))
