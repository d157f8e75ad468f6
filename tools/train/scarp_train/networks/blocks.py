"""Building blocks of the U-Nets: pairs of convolutions, residual units, attention gates, and the steps between levels."""

import torch
import torch.nn.functional as F
from torch import nn


def convolution(channels: int, out: int) -> nn.Sequential:
    """3x3 convolution that keeps the size, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))


class DoubleConvolution(nn.Sequential):
    """The U-Net's two 3x3 convolutions; padded, unlike the paper's, for a logit per pixel, and with batch norm."""

    def __init__(self, channels: int, out: int):
        super().__init__(convolution(channels, out), convolution(out, out))


class ResidualUnit(nn.Module):
    """Two 3x3 convolutions with a shortcut around them, activated after the sum.

    He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, equation 2.
    """

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, out), nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)
        )
        self.shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


class AttentionGate(nn.Module):
    """Additive attention on a skip connection, after Oktay et al., "Attention U-Net", MIDL 2018, section 2.1 and figure 2.

    The gating signal is the decoder's map at half of the skip's resolution. The coefficients are found on that grid,
    from 0 to 1, and upsampled to the skip's, which they multiply.
    """

    def __init__(self, skip: int, gate: int):
        super().__init__()
        inner = max(skip // 2, 1)
        self.skip = nn.Conv2d(skip, inner, 2, stride=2, bias=False)
        self.gate = nn.Conv2d(gate, inner, 1)
        self.score = nn.Conv2d(inner, 1, 1)
        self.out = nn.Sequential(nn.Conv2d(skip, skip, 1), nn.BatchNorm2d(skip))

    def forward(self, skip: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        attention = torch.sigmoid(self.score(F.relu(self.skip(skip) + self.gate(gate))))
        attention = F.interpolate(attention, scale_factor=2, mode="bilinear", align_corners=False)
        return self.out(skip * attention)


class Up(nn.Module):
    """A decoder level: 2x2 transposed convolution, the skip connection (through a gate if `gated`), then a block."""

    def __init__(self, channels: int, out: int, block: type[nn.Module], gated: bool):
        super().__init__()
        self.gate = AttentionGate(out, channels) if gated else None
        self.up = nn.ConvTranspose2d(channels, out, 2, stride=2)
        self.block = block(2 * out, out)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        if self.gate is not None:
            skip = self.gate(skip, x)
        return self.block(torch.cat([self.up(x), skip], dim=1))


def initialise(network: nn.Module) -> None:
    """He's initialisation for every convolution, since a ReLU follows nearly all of them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
