"""UPerNet: Xiao et al., "Unified Perceptual Parsing for Scene Understanding", ECCV 2018."""

import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder
from torch import nn

from ..recipe import NetworkSpec
from .encoders import build_encoder
from .network import Network, TrainingOutputs, check_pooled

CELL = 4
WIDTH = 256  # the paper's; no more than the coarsest map has


class AveragePool(nn.Module):
    """Adaptive average pooling to `bins` x `bins`, as nn.AdaptiveAvgPool2d.

    ONNX has no such operator for sides that `bins` does not divide, so the exported graph multiplies by two constant
    matrices.
    """

    def __init__(self, bins: int):
        super().__init__()
        self.bins = bins

    def _matrix(self, side: int) -> torch.Tensor:
        """`bins` x `side`; row b averages the pixels from floor(b side / bins) to ceil((b + 1) side / bins)."""
        matrix = torch.zeros(self.bins, side)
        for b in range(self.bins):
            first, end = b * side // self.bins, -(-(b + 1) * side // self.bins)
            matrix[b, first:end] = 1 / (end - first)
        return matrix

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.onnx.is_in_onnx_export():
            return F.adaptive_avg_pool2d(x, self.bins)
        rows, columns = self._matrix(int(x.shape[2])), self._matrix(int(x.shape[3]))
        return rows @ (x @ columns.T)


class UPerNet(Network):
    """The decoder of segmentation-models-pytorch on any encoder, ViT included; logits at stride 4, sides multiples of 32."""

    def __init__(self, spec: NetworkSpec):
        super().__init__(spec, cell=CELL, multiple=32)
        self.encoder = build_encoder(spec)
        width = min(WIDTH, self.encoder.dims[-1])
        self.decoder = UPerNetDecoder([0, 0, *self.encoder.dims], decoder_channels=width)
        for block in self.decoder.psp.blocks:
            block[0] = AveragePool(block[0].output_size)
        self.classify = nn.Conv2d(width, 1, 1)
        smp.base.initialization.initialize_decoder(self.decoder)

    def training_outputs(self, image: torch.Tensor, coarse: bool) -> TrainingOutputs:
        check_pooled(image, self.decoder)
        maps = self.encoder(image)
        logits = self.classify(self.decoder([image, image, *maps]))  # it skips the first two, those at strides 1 and 2
        return TrainingOutputs(logits, maps, [])
