import tomllib
from pathlib import Path

import numpy as np
import onnx
import pytest
import tifffile
import torch
from conftest import make_tile

from scarp_train.cli import main
from scarp_train.export import export_onnx
from scarp_train.segformer import SegFormer


@pytest.fixture
def run(gdcld: Path, tmp_path: Path) -> Path:
    """Two training steps, through the command line."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('steps = 2\nreduction = 2\n[[source]]\nname = "sim"\n[[crop]]\nsize = 64\nbatch = 2\n')
    assert main(["train", "--recipe", str(recipe), "--source", f"sim={gdcld}", "--out", str(tmp_path / "run")]) == 0
    return tmp_path / "run"


def release(run: Path, golden: Path, tmp_path: Path) -> int:
    (tmp_path / "training.toml").write_text('[[training]]\ndata = "tiles"\nlicence = "MIT"\nattribution = "nobody"\n')
    options = ["release", "--weights", run / "weights.pt", "--name", "tiny", "--out", tmp_path / "models"]
    options += ["--golden", golden, "--training", tmp_path / "training.toml", "--threshold", 0.5]
    return main([str(option) for option in options])


def test_from_training_to_a_scored_model_folder(run: Path, gdcld: Path, tmp_path: Path, capsys, monkeypatch):
    image, _ = make_tile(9, 1024)
    tifffile.imwrite(tmp_path / "golden.tif", image)
    # Two steps teach nothing, so the network may well find only one class.
    monkeypatch.setattr("scarp_train.release.LEAST_SHARE", 0.0)
    assert release(run, tmp_path / "golden.tif", tmp_path) == 0
    folder = tmp_path / "models" / "tiny"
    manifest = tomllib.loads((folder / "manifest.toml").read_text())
    assert manifest["name"] == "tiny" and manifest["quantization"]["scheme"] == "none"
    golden = np.fromfile(folder / "golden_output.bin", "<f4")
    assert golden.size == 128 * 128 and manifest["output"]["stride"] == 8 and golden.min() >= 0 and golden.max() <= 1
    capsys.readouterr()
    assert main(["score", "--model", str(folder), "--data", str(gdcld), "--part", "val"]) == 0
    assert '"landslide_iou"' in capsys.readouterr().out


def test_a_golden_image_of_one_class_is_refused_because_it_proves_nothing(run: Path, tmp_path: Path, capsys):
    tifffile.imwrite(tmp_path / "grey.tif", np.full((1024, 1024, 3), 90, np.uint8))
    assert release(run, tmp_path / "grey.tif", tmp_path) == 1
    assert "grey.tif" in (error := capsys.readouterr().err) and "both classes" in error


def test_both_decoder_orders_export_with_fixed_shapes_and_agree_with_pytorch(tmp_path: Path):
    torch.manual_seed(0)
    network = SegFormer("b0").eval()
    for folded in (True, False):
        path = tmp_path / f"{folded}.onnx"
        assert export_onnx(network, path, folded) < 1e-4
        kinds = {node.op_type for node in onnx.load(path).graph.node}
        assert not kinds & {"Shape", "If", "Loop", "Einsum", "GridSample"}, kinds


def test_a_missing_source_is_one_clear_line(tmp_path: Path, capsys):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[[source]]\nname = "sim"\n')
    assert main(["train", "--recipe", str(recipe), "--out", str(tmp_path / "x")]) == 1
    assert "--source sim=DIR" in capsys.readouterr().err
