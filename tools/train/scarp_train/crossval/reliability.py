"""Whether probabilities mean what they say, and the scale and bias on the logits that mend it."""

import numpy as np

from ..calibration import Calibration, probability
from .histogram import CENTRES, Histogram

DOUBTFUL = (0.05, 0.95)  # the range of probability that is judged; what lies beyond is easy ground, and most of it
BINS = 10
STEPS = 50  # of Newton's method at most; it takes ten
SCALES = (0.05, 20.0)  # bounds, for classes that no threshold separates, or that one separates without error


def fit(seen: Histogram) -> Calibration:
    """The calibration of greatest likelihood; the identity where one class is missing."""
    if not seen.background.sum() or not seen.landslide.sum():
        return Calibration()
    total = (seen.background + seen.landslide).astype(np.float64)
    weight = total / total.sum()
    share = seen.landslide / np.maximum(total, 1)
    scale, bias = 1.0, 0.0
    for _ in range(STEPS):
        p = probability(scale * CENTRES + bias)
        slope = weight * (p - share)
        curve = weight * p * (1 - p) + 1e-12
        gradient = np.array([slope @ CENTRES, slope.sum()])
        mixed = curve @ CENTRES
        hessian = np.array([[curve @ CENTRES**2, mixed], [mixed, curve.sum()]]) + 1e-9 * np.eye(2)
        step = np.clip(np.linalg.solve(hessian, gradient), -1, 1)
        scale, bias = float(np.clip(scale - step[0], *SCALES)), float(bias - step[1])
        if np.abs(step).max() < 1e-9:
            break
    return Calibration(scale, bias)


def reliability(parts: list[tuple[Histogram, Calibration]]) -> dict:
    """Mean probability and true share of landslide in ten bins of equally many pixels, each part calibrated by its own.

    Only pixels whose probability is DOUBTFUL count. `mean_gap` is the mean of the bins' differences, None without pixels.
    """
    p = np.concatenate([probability(calibration.logit(CENTRES)) for _, calibration in parts])
    landslide = np.concatenate([seen.landslide for seen, _ in parts])
    pixels = landslide + np.concatenate([seen.background for seen, _ in parts])
    chosen = np.flatnonzero((p >= DOUBTFUL[0]) & (p <= DOUBTFUL[1]) & (pixels > 0))
    if not len(chosen):
        return {"pixels": 0, "mean_gap": None, "bins": []}
    order = chosen[np.argsort(p[chosen], kind="stable")]
    columns = (pixels[order], p[order] * pixels[order], landslide[order])
    sums = [np.concatenate([[0.0], np.cumsum(column, dtype=np.float64)]) for column in columns]
    edges = np.linspace(0, sums[0][-1], BINS + 1)  # of equal counts, between bins of logits where need be
    count, stated, true = (np.diff(np.interp(edges, sums[0], column)) for column in sums)
    bins = [{"mean_probability": float(a), "landslide_share": float(b)} for a, b in zip(stated / count, true / count)]
    gap = float(np.mean(np.abs(stated - true) / count))
    return {"pixels": int(sums[0][-1]), "mean_gap": gap, "bins": bins}
