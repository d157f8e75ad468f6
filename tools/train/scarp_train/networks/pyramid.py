"""Pyramid vision transformers with overlapping patches: the encoders MiT-B0 to B5 and PVTv2-B0 to B5.

MiT (Mix Transformer) is SegFormer's: Xie et al., "SegFormer: Simple and Efficient Design for Semantic Segmentation with
Transformers", NeurIPS 2021, section 3.1 and table 6. PVTv2: Wang et al., "PVT v2: Improved Baselines with Pyramid Vision
Transformer", Computational Visual Media 8, 2022, section 3 and table 1, here without its linear attention. Blocks, widths
and depths are the same; PVTv2-B0 to B4 have feed-forward layers twice as wide in the first two stages.

Tokens stay in NHWC, so that linear layers need no transposed copy and convolutions see a channels_last view: on a CPU
this trains about a third faster than the usual (batch, tokens, channels) form and computes the same function.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from timm.layers import DropPath
from torch import nn

Four = tuple[int, int, int, int]


@dataclass(frozen=True)
class PyramidSize:
    """Widths, depths and feed-forward expansions of the four stages."""

    dims: Four
    depths: Four
    expansions: Four


_NARROW, _WIDE = (32, 64, 160, 256), (64, 128, 320, 512)
_DIMS_AND_DEPTHS: dict[str, tuple[Four, Four]] = {
    "b0": (_NARROW, (2, 2, 2, 2)),
    "b1": (_WIDE, (2, 2, 2, 2)),
    "b2": (_WIDE, (3, 4, 6, 3)),
    "b3": (_WIDE, (3, 4, 18, 3)),
    "b4": (_WIDE, (3, 8, 27, 3)),
    "b5": (_WIDE, (3, 6, 40, 3)),
}
_ALIKE, _WIDER_FIRST = (4, 4, 4, 4), (8, 8, 4, 4)
SIZES = {f"mit_{name}": PyramidSize(*size, _ALIKE) for name, size in _DIMS_AND_DEPTHS.items()} | {
    f"pvt_v2_{name}": PyramidSize(*size, _ALIKE if name == "b5" else _WIDER_FIRST) for name, size in _DIMS_AND_DEPTHS.items()
}
HEADS = (1, 2, 5, 8)
REDUCTIONS = (8, 4, 2, 1)
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
    """Feed-forward layer with a 3x3 depthwise convolution inside, which is what tells positions apart."""

    def __init__(self, dim: int, expansion: int):
        super().__init__()
        hidden = expansion * dim
        self.fc1 = nn.Linear(dim, hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(F.gelu(_convolve(self.depthwise, self.fc1(x))))


class Block(nn.Module):
    """One transformer block; in training a sample skips each of its two branches with probability `drop_path`."""

    def __init__(self, dim: int, heads: int, reduction: int, expansion: int, drop_path: float):
        super().__init__()
        self.drop_path = DropPath(drop_path)
        self.norm1 = nn.LayerNorm(dim, NORM_EPS)
        self.attention = Attention(dim, heads, reduction)
        self.norm2 = nn.LayerNorm(dim, NORM_EPS)
        self.ffn = MixFfn(dim, expansion)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self.attention(self.norm1(x)))
        return x + self.drop_path(self.ffn(self.norm2(x)))


class Stage(nn.Module):
    """Overlapping patch embedding, transformer blocks and a closing normalisation; stage `index` of 0 to 3."""

    def __init__(self, channels: int, size: PyramidSize, index: int, drops: list[float]):
        super().__init__()
        dim, expansion = size.dims[index], size.expansions[index]
        kernel, stride = (7, 4) if index == 0 else (3, 2)
        self.embed = nn.Conv2d(channels, dim, kernel, stride, padding=kernel // 2)
        self.embed_norm = nn.LayerNorm(dim, NORM_EPS)
        self.blocks = nn.ModuleList(Block(dim, HEADS[index], REDUCTIONS[index], expansion, drop) for drop in drops)
        self.norm = nn.LayerNorm(dim, NORM_EPS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embed_norm(_convolve(self.embed, x))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class PyramidTransformer(nn.Module):
    """Maps an N x `in_channels` x H x W image (H, W multiples of 32) to four N x C x H/s x W/s maps, s = 4, 8, 16, 32.

    `drop_path` is that of the last block; it grows evenly from 0 at the first. `dims` are the widths C.
    """

    def __init__(self, size: PyramidSize, in_channels: int = 3, drop_path: float = 0.1):
        super().__init__()
        self.dims = size.dims
        total = sum(size.depths)
        drops = [drop_path * i / max(total - 1, 1) for i in range(total)]
        self.stages = nn.ModuleList()
        for index, depth in enumerate(size.depths):
            channels = size.dims[index - 1] if index else in_channels
            self.stages.append(Stage(channels, size, index, drops[:depth]))
            drops = drops[depth:]
        self.apply(_initialise)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        x, maps = image.permute(0, 2, 3, 1), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x.permute(0, 3, 1, 2))
        return maps


def pyramid_transformer(name: str, in_channels: int = 3, drop_path: float = 0.1) -> PyramidTransformer:
    """The encoder called `name`, with random weights; ValueError for a name not in `SIZES`."""
    if name not in SIZES:
        raise ValueError(f"unknown encoder '{name}'; use one of {', '.join(SIZES)}")
    return PyramidTransformer(SIZES[name], in_channels, drop_path)


def from_timm(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state dict of a `PyramidTransformer` from that of timm's `pvt_v2_b*`; its classifier is left out."""
    renamed = {}
    for name, value in state.items():
        if name.startswith("head."):
            continue
        for theirs, ours in _TIMM_NAMES:
            name = name.replace(theirs, ours)
        renamed[name] = value
    return renamed


_TIMM_NAMES = (
    ("patch_embed.", "stages.0.downsample."),  # timm builds the first stage's embedding outside of it
    (".downsample.proj.", ".embed."),
    (".downsample.norm.", ".embed_norm."),
    (".attn.sr.", ".attention.reduce."),
    (".attn.norm.", ".attention.reduce_norm."),
    (".attn.", ".attention."),
    (".mlp.dwconv.", ".ffn.depthwise."),
    (".mlp.", ".ffn."),
)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=(2.0 / fan_out) ** 0.5)
        nn.init.zeros_(module.bias)
