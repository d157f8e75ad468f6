"""Swin's blocks on maps of any size: timm's layers, with windows that fill up the map's edge and a mask that knows it.

Liu et al., "Swin Transformer", ICCV 2021, sections 3.2 and 3.3. timm's own block shifts a map before it pads it, so
that on a map that is not whole windows the shifted part lies beside pixels of the opposite edge without a mask
between them, and it computes sizes in the exported graph. Here the map is padded first, and padded pixels are masked;
on whole windows it is the same function.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from timm.models.swin_transformer import SwinTransformerBlock
from torch import nn

WINDOW = 7
MASKED = -100.0  # added to a score that must not count; Swin's value, finite so that no row is all minus infinity


class WindowBlock(nn.Module):
    """Takes over the layers of a timm block, under their names; N x H x W x C in and out."""

    def __init__(self, block: SwinTransformerBlock, shifted: bool):
        super().__init__()
        self.window = block.attn.window_size[0]
        self.shift = self.window // 2 if shifted else 0
        self.norm1, self.attn, self.drop_path1 = block.norm1, block.attn, block.drop_path1
        self.norm2, self.mlp, self.drop_path2 = block.norm2, block.mlp, block.drop_path2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path1(self._attend(self.norm1(x)))
        return x + self.drop_path2(self.mlp(self.norm2(x)))

    def _attend(self, x: torch.Tensor) -> torch.Tensor:
        n, height, width, channels = (int(side) for side in x.shape)
        side, rows, columns = self.window, -(-height // self.window), -(-width // self.window)
        padded = (rows * side, columns * side)
        down, right = (self.shift if count > 1 else 0 for count in (rows, columns))  # one window sees all as it is
        if padded != (height, width):
            x = F.pad(x, (0, 0, 0, padded[1] - width, 0, padded[0] - height))
        if down or right:
            x = torch.roll(x, (-down, -right), (1, 2))
        x = x.reshape(n, rows, side, columns, side, channels).transpose(2, 3).reshape(-1, side * side, channels)
        x = self.attn(x, mask=window_mask(height, width, side, (down, right), x.device))
        x = x.reshape(n, rows, columns, side, side, channels).transpose(2, 3).reshape(n, *padded, channels)
        if down or right:
            x = torch.roll(x, (down, right), (1, 2))
        return x[:, :height, :width]


@lru_cache(maxsize=64)
def window_mask(height: int, width: int, window: int, shift: tuple[int, int], device: torch.device) -> torch.Tensor | None:
    """What is added to the scores of each window, windows x window² x window²; None where every pair may attend.

    `MASKED` stands between pixels that are not neighbours in the image, and between the image and its padding.
    """
    if not any(shift) and height % window == 0 and width % window == 0:
        return None
    with torch.inference_mode(False):
        rows = _regions(height, window, shift[0]).reshape(-1, window)
        columns = _regions(width, window, shift[1]).reshape(-1, window)
        both = rows[:, None, :, None] * 4 + columns[None, :, None, :]
        both = both.reshape(len(rows) * len(columns), -1)
        mask = torch.where(both[:, :, None] == both[:, None, :], 0.0, MASKED)
        return mask.to(device)


def _regions(side: int, window: int, shift: int) -> torch.Tensor:
    """For each pixel of a padded and shifted side a number: equal for those that may attend to one another."""
    padded = -(-side // window) * window
    region = torch.zeros(padded, dtype=torch.long)
    region[side:] = 1
    region[:shift] += 2  # they come to lie behind the others
    return region.roll(-shift)


def use_window_blocks(model: nn.Module) -> None:
    """Replaces timm's blocks in all stages of one of its Swin models; every second block is a shifted one."""
    for module in list(model.modules()):
        blocks = getattr(module, "blocks", None)
        if isinstance(blocks, nn.Sequential) and all(isinstance(block, SwinTransformerBlock) for block in blocks):
            module.blocks = nn.Sequential(*(WindowBlock(block, index % 2 == 1) for index, block in enumerate(blocks)))
