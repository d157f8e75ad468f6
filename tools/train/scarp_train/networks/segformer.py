"""SegFormer with one output channel: the logit of "landslide" at a quarter of the encoder's resolution.

Xie et al., "SegFormer: Simple and Efficient Design for Semantic Segmentation with Transformers", NeurIPS 2021. The
head projects each stage to `decoder` channels, upsamples, concatenates and fuses by a 1x1 convolution. All of that is
linear, and a 1x1 convolution commutes with bilinear upsampling, so the training graph multiplies each stage's
projection and its slice of the fusion matrix first, and upsamples the sum's terms only: the same function and the
same parameters for less than half of the multiplications.
"""

import torch
import torch.nn.functional as F
from torch import nn

from ..recipe import NetworkSpec
from .encoders import build_encoder
from .network import Network, TrainingOutputs
from .pyramid import SIZES

CELL = 4


def _upsample(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    size = (int(like.shape[2]), int(like.shape[3]))
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class Head(nn.Module):
    """SegFormer's all-MLP decoder. `folded` chooses the order of the computation, not the function."""

    def __init__(self, dims: tuple[int, ...], width: int, folded: bool = True):
        super().__init__()
        self.folded = folded
        self.width = width
        self.projections = nn.ModuleList(nn.Conv2d(dim, width, 1) for dim in dims)
        self.fuse = nn.Conv2d(width * len(dims), width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.classify = nn.Conv2d(width, 1, 1)

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        fused = self._folded(maps) if self.folded else self._standard(maps)
        return self.classify(F.relu(self.norm(fused)))

    def _standard(self, maps: list[torch.Tensor]) -> torch.Tensor:
        parts = [_upsample(project(x), maps[0]) for project, x in zip(self.projections, maps)]
        return self.fuse(torch.cat(parts, dim=1))

    def _folded(self, maps: list[torch.Tensor]) -> torch.Tensor:
        total = None
        for (weight, bias), x in zip(self.composites(), maps):
            part = F.conv2d(x, weight, bias)
            total = part if total is None else total + _upsample(part, maps[0])
        return total

    def composites(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """For each stage the weight and bias of projection and fusion in one 1x1 convolution."""
        pairs = []
        for index, project in enumerate(self.projections):
            fuse = self.fuse.weight[:, index * self.width : (index + 1) * self.width, 0, 0]
            weight = fuse @ project.weight[:, :, 0, 0]
            pairs.append((weight[:, :, None, None], fuse @ project.bias))
        return pairs


class SegFormer(Network):
    """SegFormer on any encoder with maps at strides 4, 8, 16 and 32; logits at stride 4, sides multiples of 32."""

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=CELL, multiple=32)
        self.encoder = build_encoder(spec)
        self.head = Head(self.encoder.dims, _decoder_width(spec.encoder))

    @property
    def last_layer(self) -> nn.Conv2d:
        return self.head.classify

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        """`coarse` halves the head's resolution: logits at stride 8, for a third less time in early training."""
        maps = self.encoder(image)
        first = F.avg_pool2d(maps[0], 2) if coarse else maps[0]
        return TrainingOutputs(self.head([first, *maps[1:]]), maps, [])


def _decoder_width(encoder: str) -> int:
    """The paper's: 768 from B2 on, 256 below; other encoders than MiT and PVTv2 take the narrow one."""
    return 768 if encoder in SIZES and not encoder.endswith(("_b0", "_b1")) else 256
