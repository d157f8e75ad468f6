"""The scale and bias on the logits that make a network's probabilities mean what they say: as a file.

Platt, Probabilistic Outputs for Support Vector Machines, 1999; of neural networks, Guo et al., ICML 2017.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from .recipe import NetworkSpec, Table


def probability(logit: np.ndarray | float) -> np.ndarray | float:
    """The probability of a logit."""
    return 1 / (1 + np.exp(-np.asarray(logit, np.float64)))


@dataclass(frozen=True)
class Calibration:
    """Calibrated logit = `scale` x logit + `bias`; `scale` is above 0."""

    scale: float = 1.0
    bias: float = 0.0

    def logit(self, logit: np.ndarray | float) -> np.ndarray | float:
        """The calibrated logit."""
        return self.scale * logit + self.bias

    def probability(self, before: float) -> float:
        """The calibrated probability of one that the network gave, both in 0..1."""
        if before in (0.0, 1.0):
            return before
        return float(probability(self.logit(np.log(before) - np.log1p(-before))))


class Fitted(Table):
    """calibration.json of a cross-validation: scale, bias, and the threshold of least cost on calibrated probabilities.

    `miss_cost` is what a missed pixel cost beside a falsely found one; `images` and `network` are what it was fitted on.
    """

    scale: float = Field(gt=0.0, allow_inf_nan=False)
    bias: float = Field(allow_inf_nan=False)
    threshold: float = Field(gt=0.0, lt=1.0)
    miss_cost: float = Field(gt=0.0)
    images: int = Field(ge=1)
    network: NetworkSpec

    @property
    def calibration(self) -> Calibration:
        """Scale and bias alone."""
        return Calibration(self.scale, self.bias)
