"""A plain Vision Transformer as encoder with maps at strides 4, 8, 16 and 32.

Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021 (timm's model). A plain transformer keeps one stride,
16. As is usual for UPerNet on it (Bao et al., "BEiT", ICLR 2022, appendix on ADE20K), the tokens after every third of
its blocks are taken, and brought to the four strides by transposed convolutions and a max-pool.
"""

import timm
import torch
import torch.nn.functional as F
from torch import nn

from ..recipe import NetworkSpec
from .sizes import timm_size

PATCH = 16


class VitPyramid(nn.Module):
    """Maps an image with sides of multiples of 32 to four maps of the transformer's width.

    The position embedding, learnt on 14 x 14 patches, is interpolated to the image's patches. The parameters of timm's model
    keep their names below `model`.
    """

    def __init__(self, spec: NetworkSpec):
        super().__init__()
        name, size = timm_size(spec.encoder)
        self.model = timm.create_model(
            name, in_chans=spec.bands, num_classes=0, drop_path_rate=spec.drop_path, dynamic_img_size=True, **size
        )
        self.model.norm = nn.Identity()  # the norm before the classifier, which is not there
        width, depth = self.model.embed_dim, len(self.model.blocks)
        self.dims = (width,) * 4
        self.taken = [depth * (part + 1) // 4 - 1 for part in range(4)]
        self.steps = nn.ModuleList(
            [
                nn.Sequential(
                    nn.ConvTranspose2d(width, width, 2, stride=2),
                    nn.BatchNorm2d(width),
                    nn.GELU(),
                    nn.ConvTranspose2d(width, width, 2, stride=2),
                ),
                nn.ConvTranspose2d(width, width, 2, stride=2),
                nn.Identity(),
                nn.MaxPool2d(2),
            ]
        )

    def _positions(self, rows: int, columns: int) -> torch.Tensor:
        """The embedding of class token and patches, 1 x (1 + rows x columns) x width."""
        learnt = self.model.pos_embed
        grid = learnt[:, 1:].reshape(1, *self.model.patch_embed.grid_size, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(rows, columns), mode="bilinear", align_corners=False)
        return torch.cat([learnt[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        rows, columns = int(image.shape[2]) // PATCH, int(image.shape[3]) // PATCH
        patches = self.model.patch_embed(image).reshape(image.shape[0], rows * columns, -1)
        x = torch.cat([self.model.cls_token.expand(image.shape[0], -1, -1), patches], dim=1)
        x, maps = x + self._positions(rows, columns), []
        for index, block in enumerate(self.model.blocks):
            x = block(x)
            if index in self.taken:
                tokens = x[:, 1:].transpose(1, 2).reshape(image.shape[0], -1, rows, columns)
                maps.append(self.steps[len(maps)](tokens))
        return maps
