"""The terms of the loss. Each is a mean over the samples of a batch, so that a batch in parts, or on several devices, has
the gradient of the whole. `truth` is the landslide share of a cell in 0..1; cells below 0 are ignored.
"""

import torch
import torch.nn.functional as F

from ..recipe import Loss

SMOOTH = 1.0  # cells added to both sides of a ratio, so that a crop without landslides has a gradient too


def terms(logits: torch.Tensor, levels: list[torch.Tensor], truth: torch.Tensor, loss: Loss) -> dict[str, torch.Tensor]:
    """The terms that have a weight, by name, without their weights. Shapes N x 1 x H x W; levels at any coarser size."""
    logits = logits.float()
    found = {}
    if loss.bce:
        found["bce"] = bce(logits, truth)
    if loss.dice:
        found["dice"] = tversky(logits, truth, 0.5, 1.0)
    if loss.tversky:
        found["tversky"] = tversky(logits, truth, loss.alpha, 1.0)
    if loss.focal_tversky:
        found["focal_tversky"] = tversky(logits, truth, loss.alpha, loss.gamma)
    if loss.levels and levels:
        parts = [tversky(level.float(), shrink(truth, level.shape[-1]), loss.alpha, loss.gamma) for level in levels]
        found["levels"] = torch.stack(parts).mean()
    return found


def bce(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy, averaged over the cells that count of each sample, then over samples."""
    counts = (truth >= 0).float()
    cells = F.binary_cross_entropy_with_logits(logits, truth.clamp(min=0), reduction="none") * counts
    return (cells.flatten(1).sum(1) / counts.flatten(1).sum(1).clamp(min=1)).mean()


def tversky(logits: torch.Tensor, truth: torch.Tensor, alpha: float, gamma: float) -> torch.Tensor:
    """(1 - TI) ** gamma, averaged over samples. TI = TP / (TP + alpha FN + (1 - alpha) FP); 0.5 is Dice.

    Salehi et al., "Tversky loss function for image segmentation using 3D fully convolutional deep networks", 2017; gamma
    after Abraham and Khan, "A novel focal Tversky loss function with improved attention U-Net", 2019 (their 1 / gamma).
    """
    counts = (truth >= 0).float()
    found, truth = torch.sigmoid(logits) * counts, truth.clamp(min=0) * counts
    hit = (found * truth).flatten(1).sum(1)
    missed, false = truth.flatten(1).sum(1) - hit, found.flatten(1).sum(1) - hit
    index = (hit + SMOOTH) / (hit + alpha * missed + (1 - alpha) * false + SMOOTH)
    return (1 - index).clamp(min=1e-7).pow(gamma).mean()


def shrink(truth: torch.Tensor, side: int) -> torch.Tensor:
    """The truth on coarser cells, `side` of them along an edge; a cell with an ignored part is ignored."""
    factor = truth.shape[-1] // side
    if factor <= 1:
        return truth
    share = F.avg_pool2d(truth.clamp(min=0), factor)
    return torch.where(F.max_pool2d((truth < 0).float(), factor) > 0, -1.0, share)
