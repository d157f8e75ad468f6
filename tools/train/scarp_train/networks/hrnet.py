"""HRNet: Wang et al., "Deep High-Resolution Representation Learning for Visual Recognition", TPAMI 43, 2021."""

import torch
import torch.nn.functional as F
from torch import nn

from ..recipe import NetworkSpec
from .encoders import build_encoder
from .network import Network, TrainingOutputs

CELL = 4


class HRNet(Network):
    """HRNetV2, section 3.2: all four branches brought to stride 4, concatenated, mixed by a 1x1 convolution and classified.

    Logits at stride 4; sides are multiples of 32.
    """

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=CELL, multiple=32)
        self.encoder = build_encoder(spec)
        width = sum(self.encoder.dims)
        self.mix = nn.Sequential(nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.classify = nn.Conv2d(width, 1, 1)

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        maps = self.encoder(image)
        size = (int(maps[0].shape[2]), int(maps[0].shape[3]))
        wide = [maps[0], *(F.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in maps[1:])]
        return TrainingOutputs(self.classify(self.mix(torch.cat(wide, dim=1))), maps, [])
