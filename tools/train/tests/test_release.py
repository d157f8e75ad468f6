"""From weights to a model folder: what is written, and what is refused."""

import dataclasses
import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import onnx
import pytest
import tifffile
import torch
from conftest import make_tile
from PIL import Image

from scarp_train.cli import main
from scarp_train.errors import DatasetError, ExportError, NetworkError
from scarp_train.networks import build
from scarp_train.recipe import NetworkSpec, Recipe, parse_recipe
from scarp_train.release import export
from scarp_train.release.export import export_onnx, open_session
from scarp_train.release.release import Plan, release
from scarp_train.training.weights import load_weights, run_metadata, save_weights, training_data

LICENCE = '[licence]\ndata = "hills"\nlicence = "{}"\nattribution = "A. \\"Nobody\\""\n'
SIDE = 128


def make_recipe(**changes: object) -> Recipe:
    values = {
        "steps": 2,
        "network": {"reduction": 2},
        "source": [{"name": "hills"}],
        "release": {"gsd_m": 3.0, "side": SIDE},
    }
    return parse_recipe(values | changes, "recipe")


def make_weights(folder: Path, recipe: Recipe, licence: str | None = "CC BY 4.0") -> Path:
    """Weights whose network calls about half of any picture a landslide."""
    (folder / "hills").mkdir(exist_ok=True)
    if licence is not None:
        (folder / "hills" / "dataset.toml").write_text(LICENCE.format(licence))
    torch.manual_seed(0)
    network = build(recipe.network).eval()
    with torch.no_grad():
        image = torch.from_numpy(make_tile(9, SIDE)[0].transpose(2, 0, 1)[None] / np.float32(255))
        if recipe.network.bands == 3:
            mean, std = (torch.tensor(values)[None, :, None, None] for values in (recipe.pixels.mean, recipe.pixels.std))
            network.head.classify.weight *= 10
            network.head.classify.bias -= network((image - mean) / std).median()
    path = folder / "weights.safetensors"
    save_weights(path, network, run_metadata(recipe, None, {"hills": folder / "hills"}))
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return make_weights(tmp_path, make_recipe())


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    path = tmp_path / "golden.tif"
    tifffile.imwrite(path, make_tile(9, SIDE)[0])
    return path


def plan(weights: Path, golden: Path, **changes: object) -> Plan:
    return Plan(weights=weights, name="tiny", golden=golden, out=weights.parent / "models", **changes)


def read_manifest(folder: Path) -> dict:
    return tomllib.loads((folder / "manifest.toml").read_text())


def test_the_command_releases_and_says_where_to(weights: Path, golden: Path, tmp_path: Path, capsys):
    words = [
        "release",
        "--weights",
        weights,
        "--name",
        "tiny",
        "--version",
        "1.2.3",
        "--threshold",
        "0.4",
        "--golden",
        golden,
    ]
    assert main([str(word) for word in [*words, "--out", tmp_path / "models"]]) == 0
    manifest = read_manifest(tmp_path / "models" / "tiny")
    assert (manifest["name"], manifest["version"], manifest["threshold"]) == ("tiny", "1.2.3", 0.4)
    assert "tiny: released" in capsys.readouterr().out


def test_a_folder_holds_graph_golden_pair_weights_and_a_manifest_with_their_hashes(weights: Path, golden: Path):
    folder = release(plan(weights, golden, threshold=0.4))
    manifest = read_manifest(folder)
    names = {"model.onnx", "golden_input.png", "golden_output.bin", "weights.safetensors"}
    assert set(manifest["files"]) == names and {p.name for p in folder.iterdir()} == names | {
        "manifest.toml",
        "MODEL_CARD.md",
    }
    assert all(hashlib.sha256((folder / n).read_bytes()).hexdigest() == d for n, d in manifest["files"].items())
    assert (manifest["name"], manifest["version"], manifest["threshold"]) == ("tiny", "0.1.0", 0.4)
    assert manifest["quantization"]["scheme"] == "none" and manifest["licence"] == "MIT OR Apache-2.0"
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


def test_gsd_and_side_are_those_of_the_recipe(weights: Path, golden: Path):
    folder = release(plan(weights, golden))
    entry = read_manifest(folder)["input"]
    assert (entry["gsd_m"], entry["width"], entry["height"]) == (3.0, SIDE, SIDE)
    assert open_session(folder / "model.onnx").get_inputs()[0].shape == [1, 3, SIDE, SIDE]
    assert np.fromfile(folder / "golden_output.bin", "<f4").size == (SIDE // 8) ** 2


def test_the_released_weights_are_half_the_size_and_give_the_golden_output(weights: Path, golden: Path):
    folder = release(plan(weights, golden))
    released = folder / "weights.safetensors"
    assert released.stat().st_size < 0.52 * weights.stat().st_size
    network, metadata = load_weights(released)
    expected = np.fromfile(folder / "golden_output.bin", "<f4").reshape(SIDE // 8, -1)
    recipe = make_recipe()
    pixels = make_tile(9, SIDE)[0].astype(np.float32) / 255
    image = ((pixels - recipe.pixels.mean) / recipe.pixels.std).transpose(2, 0, 1).astype(np.float32)
    with torch.no_grad():
        found = network(torch.from_numpy(image)[None]).sigmoid().numpy()[0, 0]
    assert np.abs(found - expected).max() < 1e-3
    assert [entry.data for entry in training_data(metadata)] == ["hills"]


def test_only_what_was_trained_on_is_listed_with_whom_it_asks_to_name(weights: Path, golden: Path):
    training = read_manifest(release(plan(weights, golden)))["training"]
    assert training == [{"data": "hills", "licence": "CC BY 4.0", "attribution": 'A. "Nobody"'}]


def test_data_that_allow_no_commercial_use_make_a_model_that_allows_none(tmp_path: Path, golden: Path):
    weights = make_weights(tmp_path, make_recipe(), licence="CC BY-NC 4.0")
    with pytest.raises(ExportError, match="--non-commercial"):
        release(plan(weights, golden))
    assert not (tmp_path / "models").exists()
    assert read_manifest(release(plan(weights, golden, non_commercial=True)))["licence"] == "non-commercial: CC BY-NC 4.0"


@pytest.mark.parametrize(
    "licence, released",
    [("MIT OR Apache-2.0", "MIT OR Apache-2.0"), ("public domain", "MIT OR Apache-2.0"), ("CC BY-SA 4.0", "CC BY-SA 4.0")],
)
def test_the_model_has_the_strictest_licence_of_its_data(tmp_path: Path, golden: Path, licence: str, released: str):
    weights = make_weights(tmp_path, make_recipe(), licence=licence)
    assert read_manifest(release(plan(weights, golden)))["licence"] == released


@pytest.mark.parametrize(
    "licence, reason", [("all rights reserved", "none of those known"), ("CC BY-ND 4.0", "no derived work")]
)
def test_a_licence_that_allows_no_model_is_refused_whatever_is_asked(
    tmp_path: Path, golden: Path, licence: str, reason: str
):
    weights = make_weights(tmp_path, make_recipe(), licence=licence)
    with pytest.raises(ExportError, match=reason):
        release(plan(weights, golden, non_commercial=True))


def test_a_licence_that_nobody_stated_is_asked_for_and_may_be_stated_later(tmp_path: Path, golden: Path):
    weights = make_weights(tmp_path, make_recipe(), licence=None)
    with pytest.raises(ExportError, match=r"source 'hills'.*\[licence\]"):
        release(plan(weights, golden))
    (tmp_path / "hills" / "dataset.toml").write_text(LICENCE.format("CC0 1.0"))
    with pytest.raises(ExportError, match=r"--source hlls: no source of this name waits .* these do: source 'hills'"):
        release(plan(weights, golden, sources={"hlls": tmp_path / "hills"}))
    folder = release(plan(weights, golden, sources={"hills": tmp_path / "hills"}))
    assert read_manifest(folder)["training"][0]["licence"] == "CC0 1.0"
    assert training_data(load_weights(folder / "weights.safetensors")[1])[0].licence == "CC0 1.0"


def test_the_same_model_may_be_released_again_and_another_needs_its_own_version(weights: Path, golden: Path):
    first = read_manifest(release(plan(weights, golden)))
    assert read_manifest(release(plan(weights, golden))) == first
    with pytest.raises(ExportError, match=r"--version, such as 0\.1\.1"):
        release(plan(weights, golden, threshold=0.6))
    assert read_manifest(weights.parent / "models" / "tiny") == first
    assert read_manifest(release(plan(weights, golden, threshold=0.6, version="0.1.1")))["version"] == "0.1.1"


def test_a_golden_image_of_one_class_is_refused_because_it_proves_nothing(weights: Path, golden: Path):
    with pytest.raises(ExportError, match=r"golden\.tif.*both classes"):
        release(plan(weights, golden, threshold=0.99))
    assert list((weights.parent / "models").iterdir()) == []


def test_a_golden_image_that_is_smaller_than_the_tile_is_mirrored(weights: Path, golden: Path):
    pixels = make_tile(9, SIDE)[0][:100, 20:]
    tifffile.imwrite(golden, pixels)
    folder = release(plan(weights, golden))
    written = np.asarray(Image.open(folder / "golden_input.png"))
    assert written.shape == (SIDE, SIDE, 3)
    assert np.array_equal(written[14:114, 10:118], pixels) and np.array_equal(written[13, 10:118], pixels[0])


def test_of_a_dataset_the_golden_image_is_one_that_shows_both_classes(weights: Path, golden: Path, zipped: Path):
    folder = release(plan(weights, zipped))
    inside = zipped / "train_dataset.zip" / "images"
    named = [release(plan(weights, inside / f"tile_{n}.tif", version=f"0.2.{n}")) for n in range(4)]
    assert folder.is_dir() and all(path == folder for path in named)
    with pytest.raises(ExportError, match=r"none of 5 pictures shows .* --golden PICTURE"):
        release(plan(weights, zipped, threshold=0.999))


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "", "/tmp/x", "a b"])
def test_a_name_that_is_no_folders_is_refused(weights: Path, golden: Path, name: str):
    with pytest.raises(ExportError, match="becomes a folder's"):
        release(dataclasses.replace(plan(weights, golden), name=name))
    assert not (weights.parent / "models").exists() and not (weights.parent / "evil").exists()


@pytest.mark.parametrize("version", ["x", "1", "1.0", "01.0.0", "1.0.0.0", "v1.0.0"])
def test_a_version_that_is_not_semantic_is_refused(weights: Path, golden: Path, version: str):
    with pytest.raises(ExportError, match=rf"version '{version}': is no semantic version"):
        release(plan(weights, golden, version=version))


def test_a_graph_that_differs_from_pytorch_is_refused(weights: Path, golden: Path, monkeypatch):
    run = export.run_onnx
    monkeypatch.setattr(export, "run_onnx", lambda model, image: run(model, image) + 2e-3)
    with pytest.raises(ExportError, match="differ from PyTorch"):
        release(plan(weights, golden))


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"network": {"bands": 4}, "pixels": {"mean": [0.5] * 4, "std": [0.2] * 4}}, "network.bands"),
        ({"pixels": {"scale": 1024.0}}, "pixels.scale"),
        ({"release": {"side": 8192}}, "release.side"),
    ],
)
def test_a_network_that_the_firmware_cannot_fly_is_refused(tmp_path: Path, golden: Path, changes: dict, reason: str):
    with pytest.raises(ExportError, match=reason):
        release(plan(make_weights(tmp_path, make_recipe(**changes)), golden))


def test_a_side_that_does_not_suit_the_network_is_refused(tmp_path: Path):
    with pytest.raises(ExportError, match="multiples of 128"):
        export_onnx(build(NetworkSpec(reduction=4)), tmp_path / "x.onnx", 192)


def test_weights_that_are_not_there_are_named(golden: Path, tmp_path: Path):
    with pytest.raises(NetworkError, match="no such file"):
        release(plan(tmp_path / "weights.safetensors", golden))


def test_both_orders_of_the_decoder_export_with_fixed_shapes_and_agree_with_pytorch(tmp_path: Path):
    torch.manual_seed(0)
    network = build(NetworkSpec()).eval()
    counts = []
    for folded in (True, False):
        path = tmp_path / f"{folded}.onnx"
        assert export_onnx(network, path, 128, folded) < 1e-4
        kinds = [node.op_type for node in onnx.load(path).graph.node]
        assert not set(kinds) & {"Shape", "If", "Loop", "Einsum", "GridSample"}, kinds
        counts.append(kinds.count("Concat"))
    assert counts == [0, 1]


def write_report(path: Path, **changes: object) -> Path:
    scores = {"precision": 0.9, "recall": 0.8, "f1": 0.847, "landslide_iou": 0.7347}
    report = {"model": "tiny", "version": "0.1.0", "threshold": 0.5, "images": [{}, {}], "overall": scores}
    path.write_text(json.dumps(report | changes))
    return path


def test_a_report_on_another_model_is_refused(weights: Path, golden: Path, tmp_path: Path):
    for changes in ({"model": "other"}, {"version": "0.0.9"}):
        with pytest.raises(DatasetError, match=r"held-out\.json: is a report on"):
            release(plan(weights, golden, reports=(write_report(tmp_path / "held-out.json", **changes),)))


@pytest.mark.parametrize("text", ["{", "[]", '{"model": "tiny", "version": "0.1.0"}'])
def test_a_file_that_is_no_report_is_refused(weights: Path, golden: Path, tmp_path: Path, text: str):
    (tmp_path / "held-out.json").write_text(text)
    with pytest.raises(DatasetError, match=r"held-out\.json"):
        release(plan(weights, golden, reports=(tmp_path / "held-out.json",)))
