"""Scoring of networks for other than three bands, by torchmetrics in PyTorch: the engine that flies reads RGB."""

from pathlib import Path

import torch
from torchmetrics.functional.classification import binary_stat_scores
from tqdm import tqdm

from ..data.pairs import find_pairs
from ..data.read import IGNORED, read_pair
from ..networks import Network
from ..predict import predict_image, torch_predictor
from ..recipe import Recipe
from .scores import Counts


def score(network: Network, recipe: Recipe, data: Path, part: str, device: torch.device) -> list[Counts]:
    """Counts at threshold 0.5 on every image of a dataset's part; pixels that nobody judged are left out."""
    predict = torch_predictor(network.to(device), device)
    counts = []
    for pair in tqdm(find_pairs(data, part), desc="scoring", unit="image", leave=False, mininterval=5):
        image, label = read_pair(pair)
        probability = predict_image(image, predict, recipe.pixels, recipe.release.side, network.multiple)
        found, truth = torch.from_numpy(probability), torch.from_numpy(label).long()
        tp, fp, tn, fn, _ = binary_stat_scores(found, truth, ignore_index=IGNORED).tolist()
        counts.append(Counts(pair.origin.event, pair.origin.sensor, tp, fp, fn, tn))
    return counts
