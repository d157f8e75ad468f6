"""The networks engines are compared on: SegFormers of several sizes, exported as PyTorch users export them.

Speed does not depend on the weights, but errors do. Fresh weights have no biases and trivial normalisations, which some
optimisers drop, so every parameter is drawn at random, and the last layer is scaled to give both classes about evenly.
That is harsher than training: errors grow with depth, and many cells lie near the border of the classes.
"""

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxslim
import torch
import torch.nn.functional as F
from encoders import ENCODERS
from scarp_train.networks import build
from scarp_train.networks.pyramid import Attention
from scarp_train.networks.segformer import SegFormer
from scarp_train.recipe import NetworkSpec
from scarp_train.release.export import INPUT, OPSET, OUTPUT, TOLERANCE, run_onnx
from scarp_train.training.weights import load_weights
from torch import nn

SEED = 7
SPREAD = 3.0  # standard deviation of a random network's logits, about a trained one's


def compared(name: str, weights: Path | None, pictures: list[np.ndarray]) -> tuple[SegFormer, np.ndarray]:
    """A trained or random network, and of the pictures the one that shows it both classes most evenly."""
    encoder = ENCODERS[name]
    network = _trained(weights, encoder) if weights else _random(encoder, pictures[0])
    return network, min(pictures, key=lambda picture: abs(_share(network, picture) - 0.5))


def _trained(weights: Path, encoder: str) -> SegFormer:
    """The network of a training run at the resolution of its encoder; `reduction` has no weights."""
    found, _ = load_weights(weights)
    if (found.spec.architecture, found.spec.encoder) != ("segformer", encoder):
        has = f"{found.spec.architecture} on {found.spec.encoder}"
        raise ValueError(f"{weights}: holds a {has}, not a segformer on {encoder}")
    network = _standard(encoder)
    network.load_state_dict(found.state_dict())
    return network


def _standard(encoder: str) -> SegFormer:
    """A network in evaluation mode with its decoder in the textbook order."""
    network = build(NetworkSpec(encoder=encoder)).eval()
    network.head.folded = False
    return network


def _random(encoder: str, image: np.ndarray) -> SegFormer:
    """A network with nothing in it left trivial, whose logits on `image` are centred on zero."""
    torch.manual_seed(SEED)
    network = _standard(encoder)
    network.apply(_randomise)
    with torch.no_grad():
        logits = network(torch.from_numpy(image))
        scale = SPREAD / logits.std()
        last = network.head.classify
        last.weight.mul_(scale)
        last.bias.copy_((last.bias - logits.median()) * scale)
    return network


def _share(network: SegFormer, image: np.ndarray) -> float:
    """The share of cells that the network takes for landslide."""
    with torch.no_grad():
        return float((network(torch.from_numpy(image)) > 0).float().mean())


def export(network: SegFormer, image: np.ndarray, path: Path) -> None:
    """Writes the standard graph for inputs of `image`'s size, and checks it against PyTorch."""
    buffer = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensor = torch.from_numpy(image)
        expected = network(tensor).numpy()
        torch.onnx.export(
            network, (tensor,), buffer, input_names=[INPUT], output_names=[OUTPUT], opset_version=OPSET, dynamo=False
        )
    model = onnxslim.slim(onnx.load_from_string(buffer.getvalue()))
    onnx.checker.check_model(model)
    difference = float(np.abs(run_onnx(model.SerializeToString(), image) - expected).max())
    if difference > TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise ValueError(f"{path}: logits differ from PyTorch by {difference:.2g}; not written")
    onnx.save(model, path)


class FourDimensionalAttention(nn.Module):
    """The same attention by separate layers for keys and values: ncnn knows no tensor of five dimensions."""

    def __init__(self, attention: Attention):
        super().__init__()
        self.heads, self.q, self.proj = attention.heads, attention.q, attention.proj
        self.reduce, self.reduce_norm = attention.reduce, attention.reduce_norm
        self.pairs = list(zip(attention.kv.weight.detach().chunk(2), attention.kv.bias.detach().chunk(2)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, _, dim = x.shape
        context = x
        if self.reduce is not None:
            context = self.reduce_norm(self.reduce(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))
        keys, values = (F.linear(context, weight, bias) for weight, bias in self.pairs)
        q, k, v = (y.reshape(batch, -1, self.heads, dim // self.heads).transpose(1, 2) for y in (self.q(x), keys, values))
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape))


def without_five_dimensions(network: SegFormer) -> SegFormer:
    """The network in a form that ncnn can run; changes the one given."""
    for stage in network.encoder.stages:
        for block in stage.blocks:
            block.attention = FourDimensionalAttention(block.attention)
    return network


def _randomise(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
        if module.bias is not None:
            nn.init.normal_(module.bias, std=0.1)
    elif isinstance(module, (nn.LayerNorm, nn.BatchNorm2d)):
        nn.init.uniform_(module.weight, 0.5, 1.5)
        nn.init.normal_(module.bias, std=0.2)
    if isinstance(module, nn.BatchNorm2d):
        module.running_mean.normal_(0, 0.3)
        module.running_var.uniform_(0.5, 2)
