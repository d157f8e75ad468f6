"""Rounding in training computes what ONNX Runtime computes of the graph with QuantizeLinear and DequantizeLinear."""

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from scarp_train.networks import build
from scarp_train.recipe import NetworkSpec, parse_recipe
from scarp_train.release.export import open_session
from scarp_train.training.learner import Learner
from scarp_train.training.quantize_aware import FakeQuantization, round_activation, round_weight


def qdq(layer: nn.Conv2d | nn.Linear, image: np.ndarray) -> np.ndarray:
    """The layer in 8 bits as `scarp-forge quantize` writes it, in numpy, run by ONNX Runtime."""
    low, high = min(image.min(), 0.0), max(image.max(), 0.0)
    scale = np.float32((high - low) / 255)
    zero = np.uint8(np.clip(np.round(-low / scale), 0, 255))
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    scales = np.abs(weight.reshape(len(weight), -1)).max(1).astype(np.float32) / np.float32(127)
    numbers = np.clip(np.round(weight / scales.reshape(-1, *[1] * (weight.ndim - 1))), -127, 127).astype(np.int8)
    constants = {
        "scale": scale,
        "zero": zero,
        "w": numbers,
        "w.scale": scales,
        "w.zero": np.zeros(len(weight), np.int8),
        "b": np.round(bias.astype(np.float64) / (scales * scale)).astype(np.int32),
        "b.scale": scales * scale,
        "b.zero": np.zeros(len(weight), np.int32),
    }
    operator = (
        helper.make_node("Conv", ["x.dq", "w.dq", "b.dq"], ["y"], pads=[1, 1, 1, 1], group=layer.groups)
        if isinstance(layer, nn.Conv2d)
        else helper.make_node("Gemm", ["x.dq", "w.dq", "b.dq"], ["y"], transB=1)
    )
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "scale", "zero"], ["x.q"]),
        helper.make_node("DequantizeLinear", ["x.q", "scale", "zero"], ["x.dq"]),
        helper.make_node("DequantizeLinear", ["w", "w.scale", "w.zero"], ["w.dq"], axis=0),
        helper.make_node("DequantizeLinear", ["b", "b.scale", "b.zero"], ["b.dq"], axis=0),
        operator,
    ]
    graph = helper.make_graph(
        nodes,
        "layer",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, image.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * image.ndim)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return open_session(model.SerializeToString()).run(None, {"image": image})[0]


@pytest.mark.parametrize(
    "layer, shape",
    [
        (nn.Conv2d(8, 16, 3, padding=1), (1, 8, 12, 12)),
        (nn.Conv2d(8, 8, 3, padding=1, groups=8), (1, 8, 12, 12)),
        (nn.Linear(8, 16), (20, 8)),
    ],
    ids=["convolution", "depthwise convolution", "linear layer"],
)
def test_a_layer_gives_what_onnx_runtime_gives_of_its_8_bit_form(layer: nn.Module, shape: tuple[int, ...]):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator))
        layer.bias.copy_(torch.randn(layer.bias.shape, generator=generator))
        image = torch.randn(shape, generator=generator) + 0.5
        with FakeQuantization():
            rounded = layer(image).numpy()
        plain = layer(image).numpy()
    expected = qdq(layer, image.numpy())
    step = np.abs(plain - expected).mean()  # what rounding does, which must be far more than how its two forms differ
    assert step > 1e-3
    assert np.abs(rounded - expected).max() < 0.02 * step


def test_a_small_network_with_a_batch_norm_gives_what_its_folded_8_bit_form_gives():
    torch.manual_seed(2)
    network = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 1, 3, padding=1)
    ).eval()
    norm = network[1]
    with torch.no_grad():
        for values in (norm.weight, norm.bias, norm.running_mean):
            values.normal_()
        norm.running_var.uniform_(0.5, 2.0)
        image = torch.randn(1, 3, 16, 16)
        with FakeQuantization():
            rounded = network(image).numpy()
        plain = network(image).numpy()
    folded = fuse_conv_bn_eval(network[0], norm)
    expected = qdq(network[3], np.maximum(qdq(folded, image.numpy()), 0))
    step = np.abs(plain - expected).mean()
    assert step > 1e-3
    # A value on the border of two numbers may fall to either side, so a few cells differ by more than float rounding.
    assert np.abs(rounded - expected).mean() < 0.1 * step


def test_the_two_factors_of_attention_are_rounded_and_its_values_are_not():
    query, key, value = (torch.randn(1, 2, 9, 8, generator=torch.Generator().manual_seed(seed)) for seed in range(3))
    with FakeQuantization():
        found = F.scaled_dot_product_attention(query, key, value)
    expected = F.scaled_dot_product_attention(round_activation(query), round_activation(key), value)
    assert torch.equal(found, expected)
    assert not torch.equal(found, F.scaled_dot_product_attention(query, key, value))


def test_every_multiplying_layer_of_a_segformer_is_rounded():
    torch.manual_seed(0)
    network = build(NetworkSpec(drop_path=0.0)).eval()
    image = torch.randn(1, 3, 64, 64)
    rounded = []

    class Watch(FakeQuantization):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            if function in (torch.conv2d, F.linear, F.scaled_dot_product_attention):
                rounded.append(function)
            return super().__torch_function__(function, types, args, kwargs)

    with torch.no_grad(), Watch():
        network(image)
    convolutions = (
        sum(isinstance(module, nn.Conv2d) for module in network.modules()) - 1
    )  # the fusion is part of the composites
    linear = sum(isinstance(module, nn.Linear) for module in network.modules())
    assert rounded.count(torch.conv2d) == convolutions
    assert rounded.count(F.linear) == linear and rounded.count(F.scaled_dot_product_attention) == 8


def test_gradients_pass_rounding_unchanged():
    weight = torch.tensor([[1.0, -0.3], [0.2, 0.05]], requires_grad=True)
    round_weight(weight).sum().backward()
    assert torch.equal(weight.grad, torch.ones(2, 2))
    values = torch.tensor([-1.0, 0.1, 2.0], requires_grad=True)
    round_activation(values).sum().backward()
    assert torch.equal(values.grad, torch.ones(3))


def test_zeros_stay_zeros():
    assert torch.equal(round_activation(torch.zeros(4)), torch.zeros(4))
    assert torch.equal(round_weight(torch.zeros(2, 3)), torch.zeros(2, 3))
    assert round_activation(torch.tensor([3.0, 5.0]))[1] == 5.0


def test_a_recipe_that_asks_for_it_trains_on_what_the_8_bit_form_computes():
    image = torch.randint(0, 255, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    truth = (torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(1)) > 0.5).float()
    losses = {}
    for rounded in (False, True):
        values = {"steps": 1, "quantize_aware": rounded, "network": {"drop_path": 0.0}, "source": [{"name": "sim"}]}
        recipe = parse_recipe(values, "recipe")
        torch.manual_seed(0)
        learner = Learner(build(recipe.network), recipe).train()
        total = learner(image, truth, False)["total"]
        total.backward()
        losses[rounded] = total.item()
        assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in learner.network.parameters())
    assert 0 < abs(losses[True] - losses[False]) < 0.05
