import pytest
import torch
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from scarp_train.networks import build
from scarp_train.networks.segformer import SegFormer
from scarp_train.recipe import NetworkSpec


def segformer(encoder: str = "mit_b0", **changes: object) -> SegFormer:
    return build(NetworkSpec(encoder=encoder, **changes))


def randomise(network: torch.nn.Module) -> None:
    """Random norms and biases too, so that a forgotten one shows."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
        for name, buffer in network.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.copy_(torch.rand_like(buffer) + 0.5)


@pytest.mark.parametrize("encoder", ["mit_b0", "pvt_v2_b0", "resnet18", "tf_efficientnet_lite0"])
def test_folded_and_standard_decoder_compute_the_same(encoder: str):
    network = segformer(encoder)
    randomise(network.head)
    network.eval()
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        folded = network(image)
        network.head.folded = False
        standard = network(image)
    assert folded.shape == (1, 1, 16, 24)
    assert torch.allclose(folded, standard, rtol=1e-4, atol=1e-4 * float(standard.abs().max()))


@pytest.mark.parametrize("size,millions", [("b0", 3.7), ("b1", 13.7), ("b2", 27.3), ("b5", 84.6)])
def test_sizes_have_the_papers_parameter_counts(size: str, millions: float):
    with torch.device("meta"):
        count = sum(p.numel() for p in segformer(f"mit_{size}").parameters()) / 1e6
    assert abs(count - millions) / millions < 0.02


def test_coarse_training_outputs_are_the_head_on_half_of_the_resolution():
    network = segformer().eval()
    with torch.no_grad():
        outputs = network.training_outputs(torch.randn(1, 3, 64, 96), coarse=True)
    assert outputs.logits.shape == (1, 1, 8, 12)
    assert [tuple(x.shape[2:]) for x in outputs.maps] == [(16, 24), (8, 12), (4, 6), (2, 3)]


def test_weights_of_older_runs_fit_by_their_names():
    state = segformer().state_dict()
    assert tuple(state["encoder.stages.0.blocks.1.attention.kv.weight"].shape) == (64, 32)
    assert tuple(state["head.projections.3.weight"].shape) == (256, 256, 1, 1)
    assert tuple(state["head.fuse.weight"].shape) == (256, 1024, 1, 1)
    assert tuple(state["head.norm.running_var"].shape) == (256,)
    assert tuple(state["head.classify.bias"].shape) == (1,)
    assert {name.split(".")[0] for name in state} == {"encoder", "head"}


def test_a_reduced_network_sees_averaged_pixels_and_answers_on_coarser_cells():
    network = segformer(reduction=2).eval()
    image = torch.randn(1, 3, 128, 192)
    halved = (image[..., ::2, ::2] + image[..., 1::2, ::2] + image[..., ::2, 1::2] + image[..., 1::2, 1::2]) / 4
    with torch.no_grad():
        found, expected = network(image), network.training_outputs(halved, coarse=False).logits
    assert (network.stride, network.multiple) == (8, 64) and found.shape == (1, 1, 16, 24)
    assert torch.allclose(found, expected, atol=1e-5)


def test_the_network_is_transformers_segformer():
    ours = segformer().eval()
    randomise(ours)
    theirs = SegformerForSemanticSegmentation(SegformerConfig(num_labels=1)).eval()
    for module in theirs.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = 1e-6  # the paper's; transformers builds its layers with PyTorch's default
    theirs.load_state_dict(to_transformers(ours.state_dict()))
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected, found = theirs(image).logits, ours(image)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def to_transformers(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our parameters under transformers' names; its decoder takes the deepest stage first."""
    names = [
        ("encoder.stages", "segformer.stages"),
        ("head.norm.", "decode_head.batch_norm."),
        ("head.fuse.", "decode_head.linear_fuse."),
        ("head.classify.", "decode_head.classifier."),
        (".embed_norm.", ".patch_embeddings.layer_norm."),
        (".embed.", ".patch_embeddings.proj."),
        (".norm1.", ".layernorm_before."),
        (".norm2.", ".layernorm_after."),
        (".attention.q.", ".attention.q_proj."),
        (".attention.proj.", ".attention.o_proj."),
        (".attention.reduce_norm.", ".attention.sequence_reduction.layer_norm."),
        (".attention.reduce.", ".attention.sequence_reduction.sequence_reduction."),
        (".ffn.depthwise.", ".mlp.dwconv.dwconv."),
        (".ffn.", ".mlp."),
        (".norm.", ".layer_norm."),
    ]
    result = {}
    for name, value in state.items():
        for ours, theirs in names:
            name = name.replace(ours, theirs)
        if ".attention.kv." in name:
            key, value = value.chunk(2)
            result[name.replace(".kv.", ".k_proj.")] = key
            name = name.replace(".kv.", ".v_proj.")
        if name.startswith("head.projections"):
            stage, kind = name.split(".")[2:]
            name, value = (
                f"decode_head.linear_projections.{stage}.proj.{kind}",
                value.flatten(1) if kind == "weight" else value,
            )
        if name == "decode_head.linear_fuse.weight":
            value = torch.cat(list(value.chunk(4, dim=1))[::-1], dim=1)
        result[name] = value
    return result
