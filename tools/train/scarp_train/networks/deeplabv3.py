"""DeepLabV3: Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", arXiv 1706.05587, 2017."""

import segmentation_models_pytorch as smp
import torch
from torch import nn

from ..recipe import NetworkSpec
from .encoders import refusing
from .network import Network, TrainingOutputs, check_pooled
from .sizes import timm_size

CELL = 8


class DeepLabV3(Network):
    """DeepLabV3 of segmentation-models-pytorch on a ResNet dilated to an output stride of 8; sides are multiples of 8.

    Logits are given at that stride, before the last enlargement, which adds no information. No maps for distillation:
    none of them is at strides 16 and 32.
    """

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=CELL, multiple=CELL)
        name, size = timm_size(spec.encoder)
        with refusing(name):
            self.model = smp.DeepLabV3(
                f"tu-{name}",
                encoder_weights=None,
                encoder_output_stride=CELL,
                in_channels=spec.bands,
                classes=1,
                upsampling=1,
                decoder_channels=64 if spec.encoder == "resnet_nano" else 256,
                **size,
            )

    @property
    def backbone(self) -> nn.Module:
        return self.model.encoder.model

    @property
    def last_layer(self) -> nn.Conv2d:
        return self.model.segmentation_head[0]

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        check_pooled(image, self.model.decoder)
        features = self.model.encoder(image)
        return TrainingOutputs(self.model.segmentation_head(self.model.decoder(features)), [], [])
