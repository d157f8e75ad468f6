"""Swin-Unet: Cao et al., "Swin-Unet: Unet-like Pure Transformer for Medical Image Segmentation", ECCV workshops 2022.

The encoder is a Swin Transformer with two blocks a stage; the decoder mirrors it with patch expanding in place of
patch merging, and concatenated skip connections. The blocks are timm's, with windows of 7 on maps padded to whole
windows, so that the image's side is not bound to multiples of 224.
"""

import torch
from timm.models.swin_transformer import SwinTransformerBlock
from torch import nn

from ..recipe import NetworkSpec
from .encoders import TimmEncoder
from .network import Network, TrainingOutputs
from .windows import WINDOW, WindowBlock

DEPTH = 2
HEAD = 32  # channels of an attention head, Swin's


class PatchExpand(nn.Module):
    """Patch expanding: an NHWC map becomes `scale` times as large in each direction, by a linear layer and a norm."""

    def __init__(self, channels: int, out: int, scale: int):
        super().__init__()
        self.scale = scale
        self.expand = nn.Linear(channels, scale * scale * out, bias=False)
        self.norm = nn.LayerNorm(out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, height, width, _ = x.shape
        s = self.scale
        x = self.expand(x).reshape(n, height, width, s, s, -1).transpose(2, 3)
        return self.norm(x.reshape(n, height * s, width * s, -1))


class Level(nn.Module):
    """A decoder level: patch expanding to half of the channels, the skip connection, a linear layer, two Swin blocks."""

    def __init__(self, channels: int, drop_path: float):
        super().__init__()
        dim = channels // 2
        self.expand = PatchExpand(channels, dim, 2)
        self.mix = nn.Linear(2 * dim, dim)
        self.blocks = nn.Sequential(*(self._block(dim, drop_path, index % 2 == 1) for index in range(DEPTH)))

    @staticmethod
    def _block(dim: int, drop_path: float, shifted: bool) -> WindowBlock:
        heads = max(dim // HEAD, 1)
        size = (WINDOW, WINDOW)
        return WindowBlock(SwinTransformerBlock(dim, size, heads, window_size=WINDOW, drop_path=drop_path), shifted)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.blocks(self.mix(torch.cat([self.expand(x), skip], dim=-1)))


class SwinUNet(Network):
    """A logit per pixel; sides are multiples of 32."""

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=1, multiple=32)
        self.encoder = TimmEncoder(spec, depths=(DEPTH,) * 4)
        dims = self.encoder.dims
        self.norm = nn.LayerNorm(dims[-1])
        self.levels = nn.ModuleList(Level(dim, spec.drop_path) for dim in reversed(dims[1:]))
        self.last_norm = nn.LayerNorm(dims[0])
        self.enlarge = PatchExpand(dims[0], dims[0], 4)
        self.classify = nn.Conv2d(dims[0], 1, 1, bias=False)
        self._initialise()

    def _initialise(self) -> None:
        for module in [*self.levels.modules(), *self.enlarge.modules()]:
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        maps = self.encoder(image)
        *skips, x = [m.permute(0, 2, 3, 1) for m in maps]
        x = self.norm(x)
        for level in self.levels:
            x = level(x, skips.pop())
        x = self.enlarge(self.last_norm(x)).permute(0, 3, 1, 2)
        return TrainingOutputs(self.classify(x), maps, [])
