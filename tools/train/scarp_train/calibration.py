"""The scale and bias on the logits that make a network's probabilities mean what they say: as a file, and in a network.

Platt, Probabilistic Outputs for Support Vector Machines, 1999; of neural networks, Guo et al., ICML 2017.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import Field, ValidationError

from .errors import ExportError
from .networks import Network
from .recipe import NetworkSpec, Table, reasons

SAME = ("architecture", "encoder", "bands", "reduction")  # of the network that is calibrated and those it was fitted on


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


def read_fitted(path: Path, spec: NetworkSpec) -> Fitted:
    """The calibration.json of a cross-validation of networks as `spec`. Raises ExportError."""
    try:
        fitted = Fitted.model_validate_json(path.read_bytes())
    except ValidationError as error:
        why = "; ".join(reasons(error.errors()))
        raise ExportError(f"{path}: {why}; give the calibration.json of 'scarp-train crossval'") from error
    if other := [key for key in SAME if getattr(fitted.network, key) != getattr(spec, key)]:
        was, now = (getattr(one, other[0]) for one in (fitted.network, spec))
        raise ExportError(
            f"{path}: was fitted on networks whose {other[0]} is {was}, this one's is {now}; cross-validate it"
        )
    return fitted


@torch.no_grad()
def fold_in(calibration: Calibration, network: Network) -> None:
    """Folds scale and bias into the network's last layer, so that its logits come out calibrated.

    Raises ExportError where that layer has no bias.
    """
    layer = network.last_layer
    if layer.bias is None:
        raise ExportError(f"{network.spec.architecture}: its last layer has no bias to calibrate; leave --calibration out")
    layer.weight *= calibration.scale
    layer.bias.mul_(calibration.scale).add_(calibration.bias)
