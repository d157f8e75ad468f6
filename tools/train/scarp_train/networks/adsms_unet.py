"""ADSMS U-Net: attention, deep supervision and a multi-scale input.

Abraham & Khan, "A Novel Focal Tversky Loss Function with Improved Attention U-Net for Lesion Segmentation", ISBI
2019, section 2.2: an attention U-Net whose encoder sees the image again, averaged, at each of its coarser levels, and
whose decoder gives logits at each level, so that every level learns to tell landslides on its own.
"""

import torch
import torch.nn.functional as F
from torch import nn

from ..recipe import NetworkSpec
from .blocks import DoubleConvolution, Up, convolution, initialise
from .network import Network, TrainingOutputs
from .unet import HALVINGS, plain_widths


class AdsmsUNet(Network):
    """A logit per pixel; `levels` of the training outputs are those at strides 2, 4 and 8. Sides are multiples of 16."""

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=1, multiple=2**HALVINGS)
        widths = plain_widths(spec.encoder)
        self.first = DoubleConvolution(spec.bands, widths[0])
        self.scaled = nn.ModuleList(convolution(spec.bands, width) for width in widths[1:HALVINGS])
        self.down = nn.ModuleList(
            DoubleConvolution(widths[level - 1] + widths[level], widths[level]) for level in range(1, HALVINGS)
        )
        self.bottom = DoubleConvolution(widths[-2], widths[-1])
        self.up = nn.ModuleList(
            Up(widths[level + 1], widths[level], DoubleConvolution, gated=level > 0) for level in reversed(range(HALVINGS))
        )
        self.classify = nn.ModuleList(nn.Conv2d(widths[level], 1, 1) for level in reversed(range(HALVINGS)))
        initialise(self)

    @property
    def last_layer(self) -> nn.Conv2d:
        return self.classify[-1]

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        skips = [self.first(image)]
        for scaled, block in zip(self.scaled, self.down):
            image = F.avg_pool2d(image, 2)
            skips.append(block(torch.cat([scaled(image), F.max_pool2d(skips[-1], 2)], dim=1)))
        x, outputs = self.bottom(F.max_pool2d(skips[-1], 2)), []
        for up, classify in zip(self.up, self.classify):
            x = up(x, skips.pop())
            outputs.append(classify(x))
        return TrainingOutputs(outputs[-1], [], outputs[-2::-1])
