"""Writes the ONNX fixtures beside this script: segmentation networks of other projects, each by its own exporter.

Every network is the library's own code at tiny widths, with random weights from a fixed seed. Batch-norm statistics
and affine terms are random too, so that a wrong fold shows in the output. Each file is run by ONNX Runtime and must
agree with its framework to 1e-4. Node names are the exporter's; doc strings and stack traces are removed. A full run
with the same versions writes the same bytes.

Run with Python 3.11 and the packages of requirements.txt, which also says how to install them:

    python make.py                        # all of them, beside this script
    python make.py hf_segformer unet      # some of them
    python make.py --out /tmp/networks    # elsewhere
"""

import argparse
import io
import logging
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

HERE = Path(__file__).resolve().parent
TRAIN = HERE.parents[3] / "train"
SEED = 2024
SIDE = 64
PYRAMID_SIDE = 192  # at stride 32 the map is 6x6, which pools to 1, 2, 3 and 6 cells: only exact divisors export
TOLERANCE = 1e-4

# MiT-B0 has (32, 64, 160, 256), the same heads, and 256.
# Each head is 4 wide, the least that the fused operators take.
DIMS, HEADS, DECODER = (4, 8, 20, 32), (1, 2, 5, 8), 8

Array = np.ndarray
Fixture = Callable[[Path], float]


# SegFormer


def hf_segformer(path: Path) -> float:
    """Hugging Face, the usual export: batch and size dynamic, so that every reshape hangs on Shape and Gather."""
    free = {0: "batch", 2: "height", 3: "width"}
    return export_torch(hf_network(), path, SIDE, dynamic_axes={"pixel_values": free, "logits": free}, **HF)


def hf_segformer_static(path: Path) -> float:
    """The same network with one fixed input shape."""
    return export_torch(hf_network(), path, SIDE, **HF)


def hf_segformer_dynamo(path: Path) -> float:
    """The same network by the exporter that PyTorch uses by itself since 2.9."""
    return export_torch(hf_network(), path, SIDE, dynamo=True, **HF | {"opset_version": 20})


HF = {"input_names": ["pixel_values"], "output_names": ["logits"], "opset_version": 17}


def hf_network() -> nn.Module:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    config = SegformerConfig(
        num_labels=2,
        depths=[1, 1, 1, 1],
        hidden_sizes=list(DIMS),
        num_attention_heads=list(HEADS),
        mlp_ratios=[2, 2, 2, 2],
        decoder_hidden_size=DECODER,
    )
    return SegformerForSemanticSegmentation(config)


def mmseg_segformer(path: Path) -> float:
    """mmsegmentation by mmdeploy, fixed shape, scores at full resolution; batch norm is folded by the exporter."""
    return export_mmdeploy(mmseg_segformer_network(), path)


def mmseg_segformer_batchnorm(path: Path) -> float:
    """The same network by PyTorch alone: a newer opset, a quarter of the resolution, BatchNormalization nodes kept."""
    keep = {"training": torch.onnx.TrainingMode.PRESERVE, "opset_version": 17}
    return export_torch(mmseg_segformer_network(), path, SIDE, **MMSEG | keep)


# As in mmdeploy's configurations, whose opset is 11: PyTorch now exports nn.MultiheadAttention from 13 on.
MMSEG = {"input_names": ["input"], "output_names": ["output"], "opset_version": 13}


def mmseg_segformer_network() -> nn.Module:
    """As configs/segformer/segformer_mit-b0: each branch of its head has batch norm and ReLU of its own."""
    heads = (1, 2, 3, 4)  # a stage is as wide as its heads times embed_dims
    backbone = {
        "type": "MixVisionTransformer",
        "embed_dims": 4,
        "num_layers": [1, 1, 1, 1],
        "num_heads": list(heads),
        "mlp_ratio": 2,
    }
    head = {"type": "SegformerHead", "in_channels": [4 * count for count in heads], "in_index": [0, 1, 2, 3]}
    return mmseg_network(backbone, head | {"channels": DECODER})


def paddle_segformer(path: Path) -> float:
    """PaddleSeg by paddle2onnx, fixed input shape."""
    return export_paddle(paddle_network(), path, [1, 3, SIDE, SIDE])


def paddle_segformer_dynamic(path: Path) -> float:
    """PaddleSeg by paddle2onnx, batch and size dynamic."""
    return export_paddle(paddle_network(), path, [None, 3, None, None])


def paddle_network() -> Any:
    import paddle
    from paddleseg.models import SegFormer
    from paddleseg.models.backbones.mix_transformer import MixVisionTransformer

    backbone = MixVisionTransformer(
        embed_dims=list(DIMS),
        num_heads=list(HEADS),
        mlp_ratios=[2, 2, 2, 2],
        qkv_bias=True,
        norm_layer=partial(paddle.nn.LayerNorm, epsilon=1e-6),
        depths=[1, 1, 1, 1],
        drop_path_rate=0.1,
    )
    return SegFormer(num_classes=2, backbone=backbone, embedding_dim=DECODER)


def smp_segformer_pvt(path: Path) -> float:
    """segmentation-models-pytorch's SegFormer on timm's PVTv2, one channel at a quarter of the resolution."""
    import segmentation_models_pytorch as smp

    network = smp.Segformer(
        encoder_name="tu-pvt_v2_b0",
        encoder_weights=None,
        decoder_segmentation_channels=3 * DECODER,
        upsampling=1,
        depths=(1, 1, 1, 1),
        embed_dims=DIMS,
        num_heads=HEADS,
    )
    return export_torch(network, path, SIDE)


def train_segformer_standard(path: Path) -> float:
    """This project's own trainer, projections, upsampling and fusion in the paper's order."""
    return export_train(path, folded=False)


def train_segformer_folded(path: Path) -> float:
    """This project's own trainer with the decoder folded before the export."""
    return export_train(path, folded=True)


def export_train(path: Path, folded: bool) -> float:
    sys.path.insert(0, str(TRAIN))
    from scarp_train.networks import build, encoders, pyramid, segformer
    from scarp_train.recipe import NetworkSpec
    from scarp_train.release.export import export_onnx

    pyramid.SIZES["mit_tiny"] = pyramid.PyramidSize(DIMS, (1, 1, 1, 1), (4, 4, 4, 4))
    encoders.ENCODERS["mit_tiny"] = encoders.EncoderEntry("mit", "tiny")
    network = build(NetworkSpec(encoder="mit_tiny"))
    network.head = segformer.Head(DIMS, DECODER)
    network = randomise_torch(network)
    difference = export_onnx(network, path, SIDE, folded)
    save(onnx.load(path), path)
    return difference


def train_efficientnet(path: Path) -> float:
    """This project's own trainer with an encoder of EfficientNet-Lite's blocks, among them strided and 5x5 ones."""
    sys.path.insert(0, str(TRAIN))
    from scarp_train.networks import build, encoders, segformer
    from scarp_train.recipe import NetworkSpec
    from scarp_train.release.export import export_onnx
    from timm.models.efficientnet import _gen_efficientnet_lite

    name = "tf_efficientnet_lite0"
    narrow = partial(_gen_efficientnet_lite, channel_multiplier=0.1, depth_multiplier=0.5, pad_type="same")
    with mock.patch.object(encoders.timm, "create_model", narrow):
        network = build(NetworkSpec(encoder=name))
    network.head = segformer.Head(network.encoder.dims, DECODER)
    difference = export_onnx(randomise_torch(network), path, SIDE)
    save(onnx.load(path), path)
    return difference


# Other networks


def unet(path: Path) -> float:
    """segmentation-models-pytorch, one channel, full resolution."""
    import segmentation_models_pytorch as smp

    network = smp.Unet(**SMP, encoder_depth=5, decoder_channels=(8, 8, 4, 4, 4), classes=1)
    return export_torch(network, path, SIDE)


def deeplabv3(path: Path) -> float:
    """segmentation-models-pytorch, two channels, full resolution."""
    import segmentation_models_pytorch as smp

    return export_torch(smp.DeepLabV3(**SMP, decoder_channels=8, classes=2), path, SIDE)


# timm's ResNet-18 with one block a stage; its stem keeps the usual 64 channels.
SMP = {
    "encoder_name": "tu-resnet18",
    "encoder_weights": None,
    "layers": (1, 1, 1, 1),
    "channels": (4, 6, 8, 12),
}


def hrnet(path: Path) -> float:
    """mmsegmentation's HRNet with its FCN head, two channels at a quarter of the resolution."""
    widths = (2, 3, 4, 6)

    def stage(branches: int, block: str = "BASIC", channels: tuple[int, ...] | None = None) -> dict:
        return {
            "num_modules": 1,
            "num_branches": branches,
            "block": block,
            "num_blocks": (1,) * branches,
            "num_channels": channels or widths[:branches],
        }

    extra = {"stage1": stage(1, "BOTTLENECK", (4,)), "stage2": stage(2), "stage3": stage(3), "stage4": stage(4)}
    backbone = {"type": "HRNet", "norm_cfg": {"type": "BN"}, "extra": extra}
    head = {
        "type": "FCNHead",
        "in_channels": list(widths),
        "in_index": [0, 1, 2, 3],
        "input_transform": "resize_concat",
        "channels": sum(widths),
        "kernel_size": 1,
        "num_convs": 1,
        "concat_input": False,
    }
    network = mmseg_network(backbone, head)
    # The one width that no option sets: the stem's 64 channels, 90 % of the weights here.
    encoder = network.backbone
    encoder.conv1, encoder.bn1 = nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4)
    encoder.conv2, encoder.bn2 = nn.Conv2d(4, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
    encoder.layer1 = encoder._make_layer(encoder.blocks_dict["BOTTLENECK"], 8, 4, 1)
    return export_torch(network, path, SIDE, **MMSEG)


def upernet(path: Path) -> float:
    """mmsegmentation's UPerNet on its ResNet-18, two channels at a quarter of the resolution."""
    backbone = {"type": "ResNetV1c", "depth": 18, "stem_channels": 4, "base_channels": 2, "norm_cfg": {"type": "BN"}}
    head = {
        "type": "UPerHead",
        "in_channels": [2, 4, 8, 16],
        "in_index": [0, 1, 2, 3],
        "pool_scales": (1, 2, 3, 6),
        "channels": 8,
    }
    return export_torch(mmseg_network(backbone, head), path, PYRAMID_SIDE, **MMSEG)


def swin(path: Path) -> float:
    """segmentation-models-pytorch's UPerNet on timm's Swin Transformer, one channel, full resolution.

    By the newer exporter: the older one loses the shapes that adaptive pooling needs.
    """
    import segmentation_models_pytorch as smp

    network = smp.UPerNet(
        encoder_name="tu-swin_tiny_patch4_window7_224",
        encoder_weights=None,
        decoder_channels=8,
        classes=1,
        img_size=PYRAMID_SIDE,
        window_size=3,
        embed_dim=4,
        depths=(1, 2, 1, 1),
        num_heads=(1, 2, 2, 4),
        mlp_ratio=2.0,
    )
    return export_torch(network, path, PYRAMID_SIDE, dynamo=True, opset_version=18)


def mmseg_network(backbone: dict, head: dict) -> nn.Module:
    """A whole segmentor, from configurations as in mmsegmentation's own files."""
    stub_mmcv()
    from mmseg.models import EncoderDecoder

    return EncoderDecoder(
        backbone=backbone,
        decode_head={
            "dropout_ratio": 0.1,
            "num_classes": 2,
            "norm_cfg": {"type": "BN"},
            "align_corners": False,
            "loss_decode": {"type": "CrossEntropyLoss"},
            **head,
        },
        test_cfg={"mode": "whole"},
    )


def stub_mmcv() -> None:
    """Stands in for mmcv's compiled operators: modules used here import them, and none calls one."""
    compiled = types.ModuleType("mmcv._ext")
    compiled.__getattr__ = lambda name: None
    sys.modules.setdefault("mmcv._ext", compiled)


# Export and check


def export_torch(network: nn.Module, path: Path, side: int, dynamo: bool = False, **options: Any) -> float:
    randomise_torch(network)
    image = torch.from_numpy(image_of(1, side, side))
    defaults = {"input_names": ["image"], "output_names": ["logits"], "opset_version": 17}
    buffer = io.BytesIO()
    with torch.no_grad():
        torch.onnx.export(network, (image,), buffer, dynamo=dynamo, **defaults | options)
    save(onnx.load_from_string(buffer.getvalue()), path)

    def run(array: Array) -> Array:
        with torch.no_grad():
            output = network(torch.from_numpy(array))
        return getattr(output, "logits", output).numpy()

    return compare(path, run, side)


def export_mmdeploy(network: nn.Module, path: Path) -> float:
    """What mmdeploy's tools/deploy.py does for segmentation_onnxruntime_static, but for scores instead of classes."""
    stub_mmcv()
    from mmdeploy.apis.onnx import export
    from mmdeploy.codebase import import_codebase
    from mmdeploy.utils import Codebase
    from mmengine import Config

    import_codebase(Codebase.MMSEG)
    randomise_torch(network)
    config = {"codebase_config": {"type": "mmseg", "task": "Segmentation", "with_argmax": False}, "ir_config": MMSEG}
    # mmdeploy does not know of the newer exporter, which PyTorch would take by itself.
    older = partial(torch.onnx.export, dynamo=False)
    with tempfile.TemporaryDirectory() as folder, mock.patch("torch.onnx.export", older):
        stem = os.path.join(folder, "network")
        export(
            network,
            torch.from_numpy(image_of(1, SIDE, SIDE)),
            stem,
            backend="onnxruntime",
            input_metas={"data_samples": None, "mode": "predict"},
            context_info={"deploy_cfg": Config({**config, "backend_config": {"type": "onnxruntime"}})},
            **MMSEG,
        )
        save(onnx.load(stem + ".onnx"), path)

    def run(array: Array) -> Array:
        with torch.no_grad():
            return network.encode_decode(torch.from_numpy(array), [{"img_shape": array.shape[2:]}]).numpy()

    return compare(path, run, SIDE)


def export_paddle(network: Any, path: Path, shape: list[int | None]) -> float:
    import paddle

    randomise_paddle(network)
    spec = paddle.static.InputSpec(shape, "float32", "x")
    with tempfile.TemporaryDirectory() as folder, paddle.utils.unique_name.guard():
        stem = os.path.join(folder, "network")
        paddle.onnx.export(network, stem, input_spec=[spec], opset_version=11)
        save(onnx.load(stem + ".onnx"), path)
    return compare(path, lambda array: network(paddle.to_tensor(array))[0].numpy(), SIDE)


def save(model: onnx.ModelProto, path: Path) -> None:
    """Writes the graph without what tells only where it was made."""
    model.doc_string = model.graph.doc_string = ""
    del model.metadata_props[:], model.graph.metadata_props[:]
    graph = model.graph
    for item in (*graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        item.doc_string = ""
        del item.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def compare(path: Path, run: Callable[[Array], Array], side: int) -> float:
    """The largest difference from the framework; a dynamic graph must also run at another shape."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    shapes = [(1, side, side)]
    if any(not isinstance(size, int) for size in source.shape):
        shapes.append((2, side + 32, side + 96))
    difference = 0.0
    for shape in shapes:
        image = image_of(*shape)
        expected, (found,) = run(image), session.run(None, {source.name: image})
        assert found.shape == expected.shape, f"{path.name}: shape {found.shape}, not {expected.shape}"
        assert expected.std() > 0.1, f"{path.name}: the output is nearly constant"
        difference = max(difference, float(np.abs(found - expected).max()))
    assert difference <= TOLERANCE, f"{path.name}: differs from its framework by {difference:.2g}"
    return difference


def image_of(batch: int, height: int, width: int) -> Array:
    return np.random.default_rng(SEED).standard_normal((batch, 3, height, width), dtype=np.float32)


# Weights


def randomise_torch(network: nn.Module) -> nn.Module:
    rng = np.random.default_rng(SEED)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and tensor.ndim:
            tensor.copy_(torch.from_numpy(draw(rng, name, tuple(tensor.shape))))
    return network.eval()


def randomise_paddle(network: Any) -> None:
    rng = np.random.default_rng(SEED)
    for name, tensor in network.state_dict().items():
        shape = tuple(tensor.shape)
        # Paddle's linear layers keep their weights as (in, out).
        array = draw(rng, name, shape[::-1]).T if len(shape) == 2 else draw(rng, name, shape)
        tensor.set_value(np.ascontiguousarray(array))
    network.eval()


def draw(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Array:
    """Weights that keep a signal's size, scales and variances around 1, everything else around 0."""
    if name.endswith(("running_var", "_variance")):
        array = rng.uniform(0.5, 2.0, shape)
    elif len(shape) > 1:
        array = rng.normal(0.0, (2.0 / np.prod(shape[1:])) ** 0.5, shape)
    elif name.endswith("weight"):
        array = rng.uniform(0.5, 1.5, shape)
    else:
        array = rng.normal(0.0, 0.2, shape)
    return array.astype(np.float32)


FIXTURES: tuple[Fixture, ...] = (
    hf_segformer,
    hf_segformer_static,
    hf_segformer_dynamo,
    mmseg_segformer,
    mmseg_segformer_batchnorm,
    paddle_segformer,
    paddle_segformer_dynamic,
    smp_segformer_pvt,
    train_segformer_standard,
    train_segformer_folded,
    train_efficientnet,
    unet,
    deeplabv3,
    hrnet,
    upernet,
    swin,
)


def main() -> None:
    by_name = {fixture.__name__: fixture for fixture in FIXTURES}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to write (default: all): {', '.join(by_name)}")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: beside this script)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(by_name))
    if unknown:
        parser.error(f"no such network: {', '.join(unknown)}; there are {', '.join(by_name)}")
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or by_name:
        path = arguments.out / f"{name}.onnx"
        torch.manual_seed(SEED)
        with redirect_stdout(io.StringIO()):  # the exporters tell much of their progress
            difference = by_name[name](path)
        nodes = len(onnx.load(path).graph.node)
        print(f"{path.name:34} {path.stat().st_size:7} bytes {nodes:4} nodes, differs by {difference:.1e}")


if __name__ == "__main__":
    main()
