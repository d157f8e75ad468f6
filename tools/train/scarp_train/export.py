"""Export to ONNX: one fixed input 1 x 3 x 1024 x 1024, plain float operators of opset 17, checked against PyTorch."""

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch

from .segformer import SegFormer

SIDE = 1024  # a GDCLD tile
OPSET = 17
INPUT = "image"
OUTPUT = "logits"
TOLERANCE = 1e-4


class ExportError(Exception):
    """The exported graph does not compute what PyTorch computes."""


def export_onnx(network: SegFormer, path: Path, folded: bool = True) -> float:
    """Writes the graph and returns the largest difference of a logit from PyTorch's standard form.

    `folded` chooses the cheap order of the decoder; either way the reference is the standard form.
    """
    network = network.eval()
    image = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.head.folded = False
        expected = network(image).numpy()
        network.head.folded = folded
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network, (image,), buffer, input_names=[INPUT], output_names=[OUTPUT], opset_version=OPSET, dynamo=False
            )
    model = onnxslim.slim(onnx.load_from_string(buffer.getvalue()))
    onnx.checker.check_model(model)
    _check_shapes(model, SIDE // network.stride)
    difference = float(np.abs(run_onnx(model.SerializeToString(), image.numpy()) - expected).max())
    if difference > TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise ExportError(f"{path}: logits differ from PyTorch by {difference:.2g}; not written")
    onnx.save(model, path)
    return difference


def run_onnx(model: bytes | str, image: np.ndarray) -> np.ndarray:
    """Logits of a normalised 1 x 3 x 1024 x 1024 image, by ONNX Runtime."""
    return open_session(model).run(None, {INPUT: image})[0]


def open_session(model: bytes | str | Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """A CPU session; `model` is a path or the serialised graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    source = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _check_shapes(model: onnx.ModelProto, cells: int) -> None:
    def shape(value: onnx.ValueInfoProto) -> list[int]:
        return [d.dim_value for d in value.type.tensor_type.shape.dim]

    found = (shape(model.graph.input[0]), shape(model.graph.output[0]))
    if found != ([1, 3, SIDE, SIDE], [1, 1, cells, cells]):
        raise ExportError(f"exported shapes are {found}, not fixed as the firmware needs them")
