"""U-Nets: the classical one, with residual units, with attention gates, with both, or on an encoder of timm.

Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation", MICCAI 2015: four halvings,
channels doubled at each, transposed convolutions back up. The variants of the HR-GLDD paper stand in this one frame
and differ from it in the block and the gate alone, so that a comparison of them compares just these.
"""

import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from torch import nn

from ..recipe import NetworkSpec
from .blocks import DoubleConvolution, ResidualUnit, Up, initialise
from .encoders import family, refusing
from .network import Network, TrainingOutputs
from .sizes import timm_size

HALVINGS = 4


def plain_widths(encoder: str) -> list[int]:
    """The channels of the five levels, finest first, of an encoder `plain_N`."""
    return [int(encoder.removeprefix("plain_")) * 2**level for level in range(HALVINGS + 1)]


class PlainUNet(Network):
    """A U-Net of `block`s, with gates on its skip connections if `gated`; a logit per pixel, sides multiples of 16.

    The finest skip connection is never gated: as in Oktay et al. (2018), section 2.1, its features are too low-level
    to be gated.
    """

    def __init__(self, spec: NetworkSpec, block: type[nn.Module], gated: bool):
        super().__init__(spec, cell=1, multiple=2**HALVINGS)
        widths = plain_widths(spec.encoder)
        self.down = nn.ModuleList(block(c, out) for c, out in zip([spec.bands, *widths], widths))
        self.up = nn.ModuleList(
            Up(widths[level + 1], widths[level], block, gated and level > 0) for level in reversed(range(HALVINGS))
        )
        self.classify = nn.Conv2d(widths[0], 1, 1)
        initialise(self)

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        skips = [self.down[0](image)]
        for block in self.down[1:]:
            skips.append(block(F.max_pool2d(skips[-1], 2)))
        x = skips.pop()
        for up in self.up:
            x = up(x, skips.pop())
        return TrainingOutputs(self.classify(x), [], [])


class EncoderUNet(Network):
    """The U-Net of segmentation-models-pytorch on an encoder of timm; a logit per pixel, sides multiples of 32."""

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=1, multiple=32)
        name, size = timm_size(spec.encoder)
        with refusing(name):
            self.model = smp.Unet(f"tu-{name}", encoder_weights=None, in_channels=spec.bands, classes=1, **size)

    @property
    def backbone(self) -> nn.Module:
        return self.model.encoder.model

    @property
    def last_layer(self) -> nn.Conv2d:
        return self.model.segmentation_head[0]

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        features = self.model.encoder(image)
        logits = self.model.segmentation_head(self.model.decoder(features))
        return TrainingOutputs(logits, features[-4:], [])


def unet(spec: NetworkSpec) -> Network:
    """`plain_N`: the classical U-Net, since the GDCLD and HR-GLDD papers name no backbone; else on that encoder."""
    return PlainUNet(spec, DoubleConvolution, gated=False) if family(spec.encoder) == "plain" else EncoderUNet(spec)


def resunet(spec: NetworkSpec) -> Network:
    """`plain_N`: residual units, as HR-GLDD's Res-U-Net has no named backbone; `resnet50`: GDCLD's, on that backbone."""
    return PlainUNet(spec, ResidualUnit, gated=False) if family(spec.encoder) == "plain" else EncoderUNet(spec)


def attention_unet(spec: NetworkSpec) -> Network:
    """The U-Net with attention gates on its skip connections (Oktay et al. 2018)."""
    return PlainUNet(spec, DoubleConvolution, gated=True)


def attention_resunet(spec: NetworkSpec) -> Network:
    """The U-Net with residual units and attention gates."""
    return PlainUNet(spec, ResidualUnit, gated=True)
