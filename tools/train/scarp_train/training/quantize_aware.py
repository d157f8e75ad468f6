"""Quantization-aware training: every multiplying layer computes, in a training step, what its 8-bit form will compute.

The scheme is that of `scarp-forge quantize` (tools/forge/src/quantize): weights int8, symmetric, per output channel, their
largest magnitude becoming 127; activations uint8, per tensor, over their least and greatest value and zero; the product of
attention weights and values stays float. Gradients pass rounding unchanged (straight-through estimator: Bengio et al.,
"Estimating or propagating gradients through stochastic neurons", 2013; Jacob et al., "Quantization and training of neural
networks for efficient integer-arithmetic-only inference", CVPR 2018).

A batch norm behind a convolution scales each of its output channels, and rounding per output channel scales alike, so that
it makes no difference whether it is folded before or after. What is exported stays the float graph with the weights found
here: `scarp-forge quantize` finds the ranges again by calibration and is the one writer of the 8-bit form.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

_CONVOLVE = (torch.conv2d, F.conv2d)
_ATTEND = F.scaled_dot_product_attention


class FakeQuantization(TorchFunctionMode):
    """While it is entered, convolutions, linear layers and the first product of attention take what 8 bits hold.

    It holds no state: ranges are those of the batch at hand, over all devices. Backward passes need not lie inside.
    Attention that a network spells out as products of its own stays float here.
    """

    def __torch_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function in _CONVOLVE or function is F.linear:
            image, weight, *rest = _positional(args, kwargs)
            return function(round_activation(image), round_weight(weight), *rest, **kwargs)
        if function is _ATTEND:
            # The graph multiplies the query by a constant first, which scales values and range alike.
            query, key, *rest = args
            return function(round_activation(query), round_activation(key), *rest, **kwargs)
        return function(*args, **kwargs)


def _positional(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    names = ("input", "weight")[len(args) :]
    return [*args, *(kwargs.pop(name) for name in names)]


def round_activation(values: torch.Tensor) -> torch.Tensor:
    """The values that uint8 holds at one scale, from the least to the greatest value, zero among them; any shape."""
    low, high = torch.aminmax(values.detach().float())
    ends = torch.stack([-low, high]).clamp(min=0)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(ends, torch.distributed.ReduceOp.MAX)
    width = ends.sum()
    scale = torch.where(width > 0, width / 255, 1.0)
    zero = (ends[0] / scale).round().clamp(0, 255).int()
    return torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, 255)


def round_weight(weight: torch.Tensor) -> torch.Tensor:
    """The values that int8 holds at one scale for each output channel (the first axis)."""
    largest = weight.detach().float().flatten(1).abs().amax(1)
    scale = torch.where(largest > 0, largest / 127, 1.0)
    zero = torch.zeros_like(scale, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -127, 127)
