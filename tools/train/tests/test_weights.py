"""The weights file: what a network is, what it learnt and from what, in one file that is whole or not there."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from scarp_train.data.licences import TrainingData, describe_sources
from scarp_train.errors import DatasetError, NetworkError
from scarp_train.networks import Network, Pretrained, build
from scarp_train.predict import normalise, torch_predictor
from scarp_train.recipe import Recipe, parse_recipe
from scarp_train.training.weights import (
    load_weights,
    read_metadata,
    recipe_of,
    run_metadata,
    save_weights,
    training_data,
)

LICENCE = '[licence]\ndata = "hills"\nlicence = "CC BY 4.0"\nattribution = "A. Nobody"\n'


@pytest.fixture
def recipe() -> Recipe:
    return parse_recipe({"steps": 1, "network": {"reduction": 2}, "source": [{"name": "hills"}]}, "recipe")


@pytest.fixture
def network(recipe: Recipe) -> Network:
    torch.manual_seed(0)
    return build(recipe.network)


@pytest.fixture
def hills(tmp_path: Path) -> Path:
    folder = tmp_path / "hills"
    folder.mkdir()
    (folder / "dataset.toml").write_text(LICENCE)
    return folder


def test_a_network_comes_back_as_it_was_with_recipe_and_training_data(
    recipe: Recipe, network: Network, hills: Path, tmp_path: Path
):
    path = tmp_path / "weights.safetensors"
    save_weights(path, network, run_metadata(recipe, None, {"hills": hills}))
    loaded, metadata = load_weights(path)
    assert not loaded.training and loaded.spec == recipe.network
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in network.state_dict().items())
    assert recipe_of(metadata, path) == recipe
    assert training_data(metadata) == [TrainingData("hills", "CC BY 4.0", "A. Nobody")]
    assert list(tmp_path.glob("*.part")) == []


def test_the_released_model_carries_weights_that_give_its_golden_output():
    model = Path(__file__).parents[3] / "models" / "segformer-lite1"
    network, metadata = load_weights(model / "weights.safetensors")
    recipe = recipe_of(metadata, model)
    image = normalise(np.asarray(Image.open(model / "golden_input.png").convert("RGB")), recipe.pixels)[None]
    expected = np.fromfile(model / "golden_output.bin", "<f4").reshape(128, 128)
    found = torch_predictor(network)(np.ascontiguousarray(image))
    difference = np.abs(1 / (1 + np.exp(-found)) - expected)
    assert difference.mean() < 5e-4 and difference.max() < 1e-2  # half precision; engines may differ by 1e-3 in the mean
    assert (recipe.release.gsd_m, recipe.release.side) == (0.2, 1024) and len(training_data(metadata)) == 8


def test_half_precision_halves_the_file_and_hardly_changes_what_the_network_finds(
    recipe: Recipe, network: Network, tmp_path: Path
):
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    save_weights(whole, network, run_metadata(recipe, None, {}))
    save_weights(half, network, run_metadata(recipe, None, {}), half=True)
    assert half.stat().st_size < 0.52 * whole.stat().st_size
    image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        exact, rounded = (load_weights(path)[0](image).sigmoid() for path in (whole, half))
    assert 0 < (exact - rounded).abs().max() < 1e-3
    assert {value.dtype for value in load_weights(half)[0].state_dict().values()} == {torch.float32, torch.int64}


def test_what_half_precision_cannot_hold_stays_as_it_is(recipe: Recipe, network: Network, tmp_path: Path):
    with torch.no_grad():
        network.head.classify.weight[0, 0] = 1e6
    save_weights(tmp_path / "w", network, run_metadata(recipe, None, {}), half=True)
    assert load_weights(tmp_path / "w")[0].head.classify.weight[0, 0] == 1e6


def test_a_run_names_everything_that_its_weights_come_from(recipe: Recipe, hills: Path):
    pretrained = Pretrained("timm/pvt_v2_b0.in1k", "Apache-2.0", "Wang et al.", "0" * 64, True)
    first = run_metadata(recipe, pretrained, {"hills": hills})
    taught = parse_recipe({**json.loads(recipe.as_json()), "loss": {"features": 1.0}}, "recipe")
    (hills / "dataset.toml").write_text(LICENCE.replace("hills", "valleys"))
    second = run_metadata(taught, None, {"hills": hills}, first)
    names = [entry.data for entry in training_data(second)]
    assert names[0] == "hills" and "pvt_v2_b0" in names[1] and names[2] == "valleys" and "EfficientNet" in names[3]
    assert len(names) == 4 and json.loads(second["pretrained"])["name"] == pretrained.name


def test_a_source_without_stated_licence_is_kept_as_such_and_a_wrong_statement_is_an_error(tmp_path: Path):
    assert describe_sources({"mine": tmp_path}) == [TrainingData("source 'mine'", "", "")]
    for text in ('licence = "MIT"', '[licence]\ndata = "x"\n', LICENCE.replace('"A. Nobody"', '""'), "[licence"):
        (tmp_path / "dataset.toml").write_text(text)
        with pytest.raises(DatasetError, match=r"dataset\.toml"):
            describe_sources({"mine": tmp_path})


def test_a_dataset_in_an_archive_is_described_by_the_file_beside_it(hills: Path):
    (hills / "train_dataset.zip").write_bytes(b"")
    assert describe_sources({"mine": hills / "train_dataset.zip"})[0].data == "hills"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x10\0\0\0\0\0\0\0{}"], ids=["empty", "text", "cut short"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match=r"weights\.safetensors: cannot be read"):
        read_metadata(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(NetworkError, match="no such file"):
        read_metadata(tmp_path / "weights.safetensors")


def test_safetensors_of_another_program_are_refused(tmp_path: Path):
    save_file({"a": torch.zeros(1)}, tmp_path / "theirs.safetensors")
    with pytest.raises(NetworkError, match="no weights of scarp-train"):
        load_weights(tmp_path / "theirs.safetensors")


def test_tensors_of_another_architecture_are_refused(recipe: Recipe, network: Network, tmp_path: Path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, network, run_metadata(recipe, None, {}))
    with safe_open(path, "pt") as file:
        entries = file.metadata()
    save_file({name: value for name, value in load_file(path).items() if name != "head.classify.bias"}, path, entries)
    with pytest.raises(NetworkError, match=r"'head\.classify\.bias' is not as in the network"):
        load_weights(path)


def test_a_recipe_of_another_version_is_refused(recipe: Recipe, network: Network, tmp_path: Path):
    path = tmp_path / "weights.safetensors"
    metadata = run_metadata(recipe, None, {})
    save_weights(path, network, {**metadata, "recipe": json.dumps({**json.loads(metadata["recipe"]), "later": 1})})
    with pytest.raises(NetworkError, match="unknown key 'later'"):
        load_weights(path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    recipe: Recipe, network: Network, tmp_path: Path, monkeypatch
):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        save_weights(path, network, run_metadata(recipe, None, {}))
    assert path.read_bytes() == b"old" and sorted(p.name for p in tmp_path.iterdir()) == ["weights.safetensors"]


def test_a_model_folder_stands_for_its_weights_which_must_be_those_of_its_manifest(tmp_path: Path):
    model = Path(__file__).parents[3] / "models" / "segformer-lite1"
    assert read_metadata(model) == read_metadata(model / "weights.safetensors")
    for name in ("manifest.toml", "weights.safetensors"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    assert read_metadata(tmp_path) == read_metadata(model)
    (tmp_path / "weights.safetensors").write_bytes((model / "weights.safetensors").read_bytes() + b"0")
    with pytest.raises(NetworkError, match=r"weights\.safetensors: is not the file of the model's manifest\.toml"):
        load_weights(tmp_path)
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(NetworkError, match=r"holds no weights\.safetensors"):
        load_weights(tmp_path)
