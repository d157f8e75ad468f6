import io
import warnings

import numpy as np
import onnx
import onnxruntime
import onnxslim
import pytest
import torch
from timm.models.swin_transformer import SwinTransformerBlock

from scarp_train.errors import NetworkError
from scarp_train.networks import ARCHITECTURES, Network, build
from scarp_train.networks.windows import WindowBlock, window_mask
from scarp_train.recipe import NetworkSpec

SMALL = [(name, entry.small) for name, entry in ARCHITECTURES.items()] + [("unet", "resnet_nano"), ("resunet", "plain_8")]
TRANSFORMERS = [("segformer", "mit_b0"), ("segformer", "pvt_v2_b0"), ("swin_unet", "swin_nano")]
TRANSFORMERS += [("upernet", "vit_nano")]
CELLS = {"segformer": 4, "hrnet": 4, "upernet": 4, "deeplabv3": 8}
# What the exported graphs may consist of; each of these runs in the engine aboard.
OPERATORS = {
    *("Add", "AveragePool", "BatchNormalization", "Clip", "Concat", "Conv", "ConvTranspose", "Div", "Erf", "Gather", "Gemm"),
    *("GlobalAveragePool", "LayerNormalization", "MatMul", "MaxPool", "Mul", "Pad", "Relu", "Reshape", "Resize", "Sigmoid"),
    *("Slice", "Softmax", "Split", "Squeeze", "Transpose"),
}


def network(architecture: str, encoder: str, **changes: object) -> Network:
    torch.manual_seed(0)
    return build(NetworkSpec(architecture=architecture, encoder=encoder, **changes))


@pytest.mark.parametrize(("architecture", "encoder"), SMALL)
def test_every_network_gives_one_logit_per_cell_for_any_bands(architecture: str, encoder: str):
    found = network(architecture, encoder, bands=4).eval()
    assert found.stride == CELLS.get(architecture, 1)
    assert 160 % found.multiple == 0
    with torch.no_grad():
        logits = found(torch.randn(1, 4, 160, 96))
    assert logits.shape == (1, 1, 160 // found.stride, 96 // found.stride)


@pytest.mark.parametrize(("architecture", "encoder"), SMALL)
def test_every_parameter_learns(architecture: str, encoder: str):
    found = network(architecture, encoder).train()
    outputs = found.training_outputs(torch.randn(2, 3, 64, 64), coarse=False)
    (outputs.logits.square().mean() + sum(level.square().mean() for level in outputs.levels)).backward()
    assert [name for name, p in found.named_parameters() if p.grad is None] == []
    assert all(torch.isfinite(p.grad).all() for p in found.parameters())


@pytest.mark.parametrize(("architecture", "encoder"), SMALL)
def test_fresh_logits_are_moderate_so_that_learning_starts_well(architecture: str, encoder: str):
    with torch.no_grad():
        logits = network(architecture, encoder).train()(torch.randn(4, 3, 64, 64))
    assert 0.01 < float(logits.std()) < 4


@pytest.mark.parametrize(("architecture", "encoder"), SMALL)
def test_the_same_seed_builds_the_same_network(architecture: str, encoder: str):
    first, second = (network(architecture, encoder).state_dict() for _ in range(2))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("architecture", "encoder"), [pair for pair in SMALL if "plain" not in pair[1] and pair[0] != "deeplabv3"]
)
def test_maps_for_distillation_are_the_encoders_at_strides_4_to_32(architecture: str, encoder: str):
    found = network(architecture, encoder).eval()
    with torch.no_grad():
        maps = found.training_outputs(torch.randn(1, 3, 64, 128), coarse=False).maps
    assert [tuple(x.shape[2:]) for x in maps] == [(16, 32), (8, 16), (4, 8), (2, 4)]


def test_the_levels_of_adsms_unet_are_its_deeper_outputs_finest_first():
    found = network("adsms_unet", "plain_4", bands=4).eval()
    image = torch.randn(1, 4, 64, 32)
    with torch.no_grad():
        outputs = found.training_outputs(image, coarse=False)
    assert [tuple(x.shape[2:]) for x in (outputs.logits, *outputs.levels)] == [(64, 32), (32, 16), (16, 8), (8, 4)]


@pytest.mark.parametrize(("architecture", "encoder"), TRANSFORMERS)
def test_drop_path_leaves_out_blocks_in_training_and_none_at_zero(architecture: str, encoder: str):
    image = torch.randn(4, 3, 64, 64)
    results = {}
    for rate in (0.0, 0.5):
        found = network(architecture, encoder, drop_path=rate).train()
        with torch.no_grad():
            results[rate] = [found(image) for _ in range(2)]
    assert torch.equal(*results[0.0])
    assert not torch.allclose(*results[0.5])


@pytest.mark.parametrize(("architecture", "encoder"), SMALL)
def test_every_network_exports_to_plain_operators_that_compute_the_same(architecture: str, encoder: str):
    found, image = network(architecture, encoder), torch.randn(1, 3, 160, 160)
    settle_norms(found)
    with torch.no_grad():
        expected = found(image).numpy()
    model = exported(found, image)
    assert {node.op_type for node in model.graph.node} <= OPERATORS
    assert [d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim] == list(expected.shape)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": image.numpy()})[0]
    assert float(np.abs(logits - expected).max()) < 1e-4 * max(1, float(np.abs(expected).max()))


def settle_norms(found: Network) -> None:
    """Statistics of batch norms from a batch, as training leaves them; then evaluation."""
    for module in found.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        found.train()(torch.randn(2, 3, 96, 96))
    found.eval()


def exported(found: Network, image: torch.Tensor) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(found, (image,), buffer, input_names=["image"], opset_version=17, dynamo=False)
    return onnxslim.slim(onnx.load_from_string(buffer.getvalue()))


@pytest.mark.parametrize("shifted", [False, True])
def test_swin_blocks_compute_what_timms_compute_on_whole_windows(shifted: bool):
    torch.manual_seed(0)
    for size in ((14, 21), (7, 14), (7, 7)):
        theirs = SwinTransformerBlock(32, size, 2, window_size=7, shift_size=3 if shifted else 0).eval()
        x = torch.randn(2, *size, 32)
        with torch.no_grad():
            assert torch.allclose(WindowBlock(theirs, shifted)(x), theirs(x), atol=1e-6)


@pytest.mark.parametrize("shifted", [False, True])
def test_swin_blocks_do_not_see_the_opposite_edge_of_a_map_that_is_not_whole_windows(shifted: bool):
    torch.manual_seed(0)
    block = WindowBlock(SwinTransformerBlock(32, (7, 7), 2, window_size=7), shifted).eval()
    image = torch.randn(1, 9, 9, 32)
    with torch.no_grad():
        before = block(image)
        image[:, 8, 8] = torch.randn(32)
        changed = (block(image) - before).abs().amax((0, 3)) > 0
    first = 3 if shifted else 7  # where the last window begins
    assert changed[first:, first:].all()
    assert int(changed.sum()) == (9 - first) ** 2


def test_swin_blocks_do_not_see_padding():
    mask = window_mask(4, 5, 7, (0, 0), torch.device("cpu")).reshape(7, 7, 7, 7)
    real = torch.zeros(7, 7, dtype=torch.bool)
    real[:4, :5] = True
    assert all(torch.equal(mask[row, column] == 0, real) for row in range(4) for column in range(5))


def test_unknown_names_are_refused_with_those_there_are():
    with pytest.raises(NetworkError, match=r"network\.architecture: there is no 'unet2'; use one of segformer, unet,"):
        network("unet2", "plain_8")
    with pytest.raises(NetworkError, match=r"network\.encoder: there is no encoder 'mit_b9'"):
        network("segformer", "mit_b9")
    with pytest.raises(NetworkError, match=r"there is no encoder 'resnet18\.a1_in1k'"):
        network("segformer", "resnet18.a1_in1k")


def test_an_encoder_that_an_architecture_does_not_take_is_refused():
    with pytest.raises(NetworkError, match=r"attention_unet takes no encoder of the family 'mit' .* for example 'plain_64'"):
        network("attention_unet", "mit_b0")
    with pytest.raises(NetworkError, match=r"has maps at strides \[32, 32, 32\], not at 4, 8, 16 and 32"):
        network("segformer", "vit_tiny_r_s16_p8_224")


@pytest.mark.parametrize(("architecture", "encoder"), [("deeplabv3", "resnet_nano"), ("upernet", "mit_b0")])
def test_one_crop_at_a_time_is_refused_where_pooled_maps_are_normalised(architecture: str, encoder: str):
    found = network(architecture, encoder).train()
    with pytest.raises(NetworkError, match="give each device at least two"):
        found.training_outputs(torch.randn(1, 3, 64, 64), coarse=False)
    frozen = found.eval()
    assert torch.isfinite(frozen(torch.randn(1, 3, 64, 64))).all()
