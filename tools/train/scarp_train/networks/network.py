"""What every network of the registry is: one logit of "landslide" per cell of an image with any number of bands."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from ..errors import NetworkError
from ..recipe import NetworkSpec


class TrainingOutputs(NamedTuple):
    """What a training step may use.

    `logits` is N x 1 x H/c x W/c. `maps` are the encoder's, at strides 4, 8, 16 and 32 of its image, for feature
    distillation; empty where the architecture has no such maps. `levels` are logits of deeper outputs, finest first;
    empty where there are none.
    """

    logits: torch.Tensor
    maps: list[torch.Tensor]
    levels: list[torch.Tensor]


class Network(nn.Module):
    """Base of all architectures: N x bands x H x W normalised image in, N x 1 x H/`stride` x W/`stride` logits out.

    H and W must be multiples of `multiple`. `spec.reduction` averages blocks of that many pixels squared before the
    encoder: a network reduced by 2 sees four times the ground for the same multiplications. `stride` and `multiple`
    count pixels before that. `cell` and `multiple` of the constructor count pixels of the encoder's image.
    """

    def __init__(self, spec: NetworkSpec, cell: int, multiple: int):
        super().__init__()
        self.spec = spec
        self.stride = cell * spec.reduction
        self.multiple = multiple * spec.reduction

    @property
    def backbone(self) -> nn.Module:
        """The module that an encoder's published weights go into; only for networks with an `encoder`."""
        return getattr(self.encoder, "model", self.encoder)

    @property
    def last_layer(self) -> nn.Conv2d:
        """The convolution whose output `forward` gives, at most enlarged."""
        return self.classify

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The logits; this is what is exported."""
        if self.spec.reduction > 1:
            image = F.avg_pool2d(image, self.spec.reduction)
        return self.training_outputs(image, coarse=False).logits

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        """The outputs for an image at the encoder's resolution: crops are drawn at it, so nothing is averaged here.

        `coarse` asks for logits on cells of twice the side, where the architecture has a cheaper way to them; others
        ignore it.
        """
        raise NotImplementedError


def check_pooled(image: torch.Tensor, decoder: nn.Module) -> None:
    """Refuses a training step with one image for a `decoder` that normalises a map pooled to one pixel over the batch."""
    if image.shape[0] == 1 and any(isinstance(m, nn.BatchNorm2d) and m.training for m in decoder.modules()):
        raise NetworkError(
            "this network normalises pooled maps over the batch and cannot learn from one crop at a time; "
            "give each device at least two, or use batch_norm = 'frozen'"
        )
