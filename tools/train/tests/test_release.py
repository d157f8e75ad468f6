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


def test_from_training_to_a_scored_model_folder(run: Path, gdcld: Path, tmp_path: Path, capsys):
    image, _ = make_tile(9, 1024)
    tifffile.imwrite(tmp_path / "golden.tif", image)
    (tmp_path / "training.toml").write_text('[[training]]\ndata = "tiles"\nlicence = "MIT"\nattribution = "nobody"\n')
    options = [
        "release",
        "--weights",
        run / "weights.pt",
        "--name",
        "tiny",
        "--calibrate",
        gdcld,
        "--out",
        tmp_path / "models",
    ]
    options += ["--golden", tmp_path / "golden.tif", "--training", tmp_path / "training.toml"]
    assert main([str(option) for option in options]) == 0
    for name, scheme in (("tiny", "none"), ("tiny-int8", "static QDQ int8")):
        folder = tmp_path / "models" / name
        manifest = tomllib.loads((folder / "manifest.toml").read_text())
        assert manifest["name"] == name and manifest["quantization"]["scheme"].startswith(scheme)
        golden = np.fromfile(folder / "golden_output.bin", "<f4")
        assert golden.size == 128 * 128 and manifest["output"]["stride"] == 8 and golden.min() >= 0 and golden.max() <= 1
    exact, small = (np.fromfile(tmp_path / "models" / n / "golden_output.bin", "<f4") for n in ("tiny", "tiny-int8"))
    assert np.abs(exact - small).mean() < 0.02
    graph = onnx.load(tmp_path / "models" / "tiny-int8" / "model.onnx").graph
    softmax = {output for node in graph.node if node.op_type == "Softmax" for output in node.output}
    readers = {node.op_type for node in graph.node if softmax & set(node.input)}
    assert readers == {"MatMul"}, "tract computes a quantized product of Softmax wrongly"
    capsys.readouterr()
    assert main(["score", "--model", str(tmp_path / "models" / "tiny-int8"), "--data", str(gdcld), "--part", "val"]) == 0
    assert '"landslide_iou"' in capsys.readouterr().out


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
