"""Static int8 in QDQ form: per-channel symmetric weights, per-tensor activations, calibrated on real and simulated crops."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from . import augment
from .dataset import Scene
from .export import INPUT, SIDE

# Everything that multiplies. Resize stays float: ONNX Runtime computes a bilinear Resize between Q and DQ wrongly.
# Softmax, LayerNormalization and GELU lose most and cost little, so they stay float as well.
# The product of Softmax and values stays float because tract 0.23 computes it wrongly between Q and DQ (0.08 off in the
# mean probability; ONNX Runtime computes it right). All other products agree between the two engines.
QUANTIZED = ("Conv", "MatMul", "Gemm")
CROPS_PER_SET = 24
SCHEME = "static QDQ int8: per-channel symmetric weights, per-tensor activations"


class _Reader(CalibrationDataReader):
    def __init__(self, images: Iterable[np.ndarray]):
        self.images = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self.images, None)
        return None if image is None else {INPUT: image}


def quantize_onnx(source: Path, target: Path, images: Iterable[np.ndarray]) -> None:
    """Writes the int8 form of the float graph `source`; `images` are normalised 1 x 3 x 1024 x 1024 crops."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _Reader(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTIZED),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=softmax_products(onnx.load(prepared)),
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
        )


def softmax_products(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that take the output of a Softmax."""
    outputs = {output for node in model.graph.node if node.op_type == "Softmax" for output in node.output}
    return [node.name for node in model.graph.node if outputs & set(node.input)]


def calibration_crops(sets: list[list[Scene]]) -> list[np.ndarray]:
    """Normalised crops at full and reduced scale, the same number from each set, always the same ones."""
    rng = np.random.default_rng(0)
    spec = augment.CropSpec(SIDE, 0.4, 1.0)
    return [
        augment.normalise(augment.cut(scenes[index % len(scenes)], spec, rng)[0])[None]
        for scenes in sets
        for index in range(CROPS_PER_SET)
    ]
