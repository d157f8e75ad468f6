"""Export to ONNX: one fixed input 1 x bands x side x side, plain float operators of opset 17, checked against PyTorch."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch

from ..errors import ExportError
from ..networks import Network
from ..networks.segformer import SegFormer

OPSET = 17
INPUT = "image"
OUTPUT = "logits"
TOLERANCE = 1e-4


def export_onnx(network: Network, path: Path, side: int, folded: bool = True) -> float:
    """Writes the graph for inputs of `side` pixels and returns the largest difference of a logit from PyTorch.

    `folded` chooses the cheap order of SegFormer's decoder; the reference is the textbook order in any case. Raises
    ExportError, and writes nothing, where a logit differs by more than 1e-4 (of the largest, if that is above 1) or `side`
    does not suit.
    """
    if side % network.multiple:
        raise ExportError(
            f"release.side is {side}, but {network.spec.architecture} takes multiples of {network.multiple}; change the "
            "recipe"
        )
    network = network.eval()
    image = torch.randn(1, network.spec.bands, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        with _decoder_order(network, folded=False):
            expected = network(image).numpy()
        with _decoder_order(network, folded), warnings.catch_warnings(), io.BytesIO() as buffer:
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network, (image,), buffer, input_names=[INPUT], output_names=[OUTPUT], opset_version=OPSET, dynamo=False
            )
            model = onnx.load_from_string(buffer.getvalue())
    model = onnxslim.slim(model)
    onnx.checker.check_model(model)
    _check_shapes(model, image.shape, expected.shape)
    difference = float(np.abs(run_onnx(model.SerializeToString(), image.numpy()) - expected).max())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise ExportError(f"{path}: logits differ from PyTorch by {difference:.2g}; not written")
    onnx.save(model, path)
    return difference


@contextlib.contextmanager
def _decoder_order(network: Network, folded: bool) -> Iterator[None]:
    """SegFormer's decoder in the given order of computation; other networks have one order."""
    if not isinstance(network, SegFormer):
        yield
        return
    before, network.head.folded = network.head.folded, folded
    try:
        yield
    finally:
        network.head.folded = before


def run_onnx(model: bytes | Path, image: np.ndarray) -> np.ndarray:
    """Logits of a normalised image of the graph's input shape, by ONNX Runtime."""
    return open_session(model).run(None, {INPUT: image})[0]


def open_session(model: bytes | Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """A CPU session; `model` is a path or the serialised graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    source = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _check_shapes(model: onnx.ModelProto, image: tuple[int, ...], logits: tuple[int, ...]) -> None:
    def shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
        return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)

    found = (shape(model.graph.input[0]), shape(model.graph.output[0]))
    if found != (tuple(image), tuple(logits)):
        raise ExportError(
            f"exported shapes are {found}, not {tuple(image)} and {tuple(logits)}, fixed as the firmware needs them"
        )
