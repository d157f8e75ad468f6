"""What is trained: the network, and beside it what only training needs. Its forward pass gives the loss of a batch."""

import contextlib

import torch
from torch import nn

from ..networks import Network
from ..recipe import Recipe
from . import losses
from .quantize_aware import FakeQuantization
from .teacher import FeatureLoss, FeatureTeacher


class Learner(nn.Module):
    """Network, feature teacher and loss as one module, so that a library that spreads it over devices sees one forward
    pass."""

    def __init__(self, network: Network, recipe: Recipe):
        super().__init__()
        self.recipe, self.network = recipe, network
        self.features = self.teacher = None
        if recipe.loss.features:
            self.teacher = FeatureTeacher()
            self.features = FeatureLoss(self._widths())
        self.register_buffer("mean", torch.tensor(recipe.pixels.mean)[None, :, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(recipe.pixels.std)[None, :, None, None], persistent=False)

    @torch.no_grad()
    def _widths(self) -> tuple[int, ...]:
        side = 2 * self.network.multiple // self.recipe.network.reduction
        training = self.network.training
        maps = self.network.eval().training_outputs(torch.zeros(1, self.recipe.network.bands, side, side), False).maps
        self.network.train(training)
        return tuple(m.shape[1] for m in maps[1:])

    def train(self, mode: bool = True) -> "Learner":
        """Training mode; batch norms keep their statistics where the recipe says so."""
        super().train(mode)
        if self.recipe.batch_norm == "frozen":
            for module in self.network.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()
        return self

    def forward(self, image: torch.Tensor, truth: torch.Tensor, coarse: bool) -> dict[str, torch.Tensor]:
        """The weighted loss as `total`, and its terms. `image` is N x bands x S x S, uint8 or in 0..1; `truth` see
        losses."""
        pixels = image.float() / 255.0 if image.dtype == torch.uint8 else image
        normal = ((pixels - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        with FakeQuantization() if self.recipe.quantize_aware else contextlib.nullcontext():
            outputs = self.network.training_outputs(normal, coarse)
        truth = losses.shrink(truth, outputs.logits.shape[-1])
        found = losses.terms(outputs.logits, outputs.levels, truth, self.recipe.loss)
        if self.features is not None:
            found["features"] = self.features(outputs.maps, self.teacher(pixels))
        weights = self.recipe.loss
        # Levels that no term looks at still belong to the graph: every device waits for the gradient of every parameter.
        unused = 0.0 if "levels" in found else sum(0.0 * level.sum() for level in outputs.levels)
        return {**found, "total": unused + sum(getattr(weights, name) * value for name, value in found.items())}
