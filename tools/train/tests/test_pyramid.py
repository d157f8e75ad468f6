import pytest
import timm
import torch

from scarp_train.networks.pyramid import SIZES, PyramidTransformer, from_timm, pyramid_transformer


def randomise(network: torch.nn.Module) -> None:
    """Random norms and biases too, so that a forgotten one shows."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            parameter.copy_(centre + torch.randn_like(parameter) * 0.1)


@pytest.mark.parametrize("name", ["pvt_v2_b0", "pvt_v2_b2", "pvt_v2_b5"])
def test_a_pvt_v2_with_timms_weights_computes_what_timm_computes(name: str):
    theirs = timm.create_model(name, pretrained=False).eval()
    randomise(theirs)
    ours = pyramid_transformer(name).eval()
    ours.load_state_dict(from_timm(theirs.state_dict()))
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = theirs.forward_intermediates(image, intermediates_only=True)
        found = ours(image)
    assert [tuple(x.shape[2:]) for x in found] == [(16, 24), (8, 12), (4, 6), (2, 3)]
    for a, b in zip(found, expected):
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-5 * float(b.abs().max()))


@pytest.mark.parametrize("name", [name for name in SIZES if name.startswith("pvt_v2")])
def test_every_pvt_v2_has_timms_parameters_less_the_classifier(name: str):
    with torch.device("meta"):
        theirs, ours = timm.create_model(name, num_classes=0), pyramid_transformer(name)
    shapes = {key: value.shape for key, value in from_timm(theirs.state_dict()).items()}
    assert shapes == {key: value.shape for key, value in ours.state_dict().items()}


# Table 1 a of the SegFormer paper: the encoder's parameters in millions.
@pytest.mark.parametrize(
    ("name", "millions"),
    [("mit_b0", 3.4), ("mit_b1", 13.1), ("mit_b2", 24.2), ("mit_b3", 44.0), ("mit_b4", 60.8), ("mit_b5", 81.4)],
)
def test_every_mit_has_the_papers_parameter_count(name: str, millions: float):
    with torch.device("meta"):
        count = sum(p.numel() for p in pyramid_transformer(name).parameters()) / 1e6
    assert abs(count - millions) / millions < 0.025


def test_mit_keeps_the_names_and_shapes_of_weights_of_older_runs():
    state = PyramidTransformer(SIZES["mit_b0"]).state_dict()
    block = "stages.1.blocks.0"
    assert tuple(state["stages.0.embed.weight"].shape) == (32, 3, 7, 7)
    assert tuple(state[f"{block}.attention.reduce.weight"].shape) == (64, 64, 4, 4)
    assert tuple(state[f"{block}.attention.kv.weight"].shape) == (128, 64)
    assert tuple(state[f"{block}.ffn.depthwise.weight"].shape) == (256, 1, 3, 3)
    assert tuple(state["stages.3.norm.bias"].shape) == (256,)


def test_an_encoder_takes_any_number_of_bands():
    with torch.no_grad():
        maps = pyramid_transformer("mit_b0", in_channels=4).eval()(torch.randn(2, 4, 32, 64))
    assert [tuple(x.shape) for x in maps] == [(2, 32, 8, 16), (2, 64, 4, 8), (2, 160, 2, 4), (2, 256, 1, 2)]


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"unknown encoder 'mit_b6'; use one of mit_b0, .*, pvt_v2_b5"):
        pyramid_transformer("mit_b6")
