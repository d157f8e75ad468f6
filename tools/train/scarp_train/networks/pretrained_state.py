"""State dicts of encoders from files of published weights: names, bands and normalisation brought to ours."""

import pickle
import re
from pathlib import Path

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import adapt_input_conv

from ..errors import NetworkError
from ..recipe import NetworkSpec
from .pyramid import SIZES, from_timm

State = dict[str, torch.Tensor]


def timm_state(path: Path, spec: NetworkSpec, tag: str, wanted: State) -> State:
    """The entries of `wanted` from a file with the state of timm's classifier of that name and tag.

    timm itself reads the file, so that the names of older files are known and the first convolution is brought to
    `spec.bands` (summed for one band, else repeated and scaled). What the encoder does not have, the classifier first
    of all, is left out.
    """
    name = f"{spec.encoder}.{tag}"
    _check_readable(path)
    try:
        model = timm.create_model(
            name,
            pretrained=True,
            in_chans=spec.bands,
            pretrained_cfg_overlay={"file": str(path), "custom_load": False},
        )
    except (RuntimeError, KeyError, ValueError) as error:
        raise NetworkError(f"{path}: not the weights of timm's {name}: {_first_reason(error)}") from error
    state = dict(model.state_dict())
    _renormalise(state, model.pretrained_cfg, path)
    if spec.encoder in SIZES:
        state = from_timm(state)
    state = {_feature_name(key, wanted): value for key, value in state.items()}
    return _pick(state, wanted, path)


def mit_state(path: Path, spec: NetworkSpec, wanted: State) -> State:
    """The entries of `wanted` from a file with the state of a SegFormer classifier as transformers publishes it."""
    theirs, state = _load(path), {}
    for name, value in theirs.items():
        if name.startswith("segformer.encoder."):
            state[_mit_name(name.removeprefix("segformer.encoder."))] = value
    for name in [key for key in state if ".attention.key." in key]:
        pair = state.pop(name), state.pop(name.replace(".key.", ".value."), None)
        if pair[1] is None:
            raise NetworkError(f"{path}: {name} has no value matrix beside it")
        state[name.replace(".key.", ".kv.")] = torch.cat(pair)
    first = "stages.0.embed.weight"
    if first in state and state[first].shape[1] == 3:
        state[first] = adapt_input_conv(spec.bands, state[first])
    return _pick(state, wanted, path)


_MIT_NAMES = (
    (r"patch_embeddings\.(\d)\.proj\.", r"stages.\1.embed."),
    (r"patch_embeddings\.(\d)\.layer_norm\.", r"stages.\1.embed_norm."),
    (r"block\.(\d)\.(\d+)\.", r"stages.\1.blocks.\2."),
    (r"^layer_norm\.(\d)\.", r"stages.\1.norm."),
    (r"\.layer_norm_(\d)\.", r".norm\1."),
    (r"\.attention\.self\.query\.", ".attention.q."),
    (r"\.attention\.self\.(key|value)\.", r".attention.\1."),
    (r"\.attention\.self\.sr\.", ".attention.reduce."),
    (r"\.attention\.self\.layer_norm\.", ".attention.reduce_norm."),
    (r"\.attention\.output\.dense\.", ".attention.proj."),
    (r"\.mlp\.dwconv\.dwconv\.", ".ffn.depthwise."),
    (r"\.mlp\.dense(\d)\.", r".ffn.fc\1."),
)


def _mit_name(name: str) -> str:
    for theirs, ours in _MIT_NAMES:
        name = re.sub(theirs, ours, name)
    return name


def _feature_name(key: str, wanted: State) -> str:
    """timm's feature extractors write `layers_0` where its classifiers write `layers.0`."""
    flat = re.sub(r"^([a-z]+)\.(\d+)\.", r"\1_\2.", key)
    return flat if flat in wanted else key


def _renormalise(state: State, config: dict, path: Path) -> None:
    """Changes the first layer of weights that expect pixels of another mean and deviation than ImageNet's, which we give.

    With p = x s + m the pixel from 0 to 1 of our value x, they expect (p - mean) / std = x s / std + (m - mean) /
    std: a factor on the first convolution, and a constant that goes into its bias or the batch norm behind it
    (inexact only where the image is padded). Bands beyond three have no agreed mean and keep the weights as they are.
    """
    weight = state[f"{config['first_conv']}.weight"]
    mean, std = (torch.tensor(config[key]) for key in ("mean", "std"))
    ours = torch.tensor(IMAGENET_DEFAULT_MEAN), torch.tensor(IMAGENET_DEFAULT_STD)
    if weight.shape[1] != 3 or (torch.allclose(mean, ours[0]) and torch.allclose(std, ours[1])):
        return
    constant = (weight.sum((2, 3)) * ((ours[0] - mean) / std)).sum(1)
    bias, norm = f"{config['first_conv']}.bias", "bn1.running_mean"
    if bias in state:
        state[bias] = state[bias] + constant
    elif norm in state:
        state[norm] = state[norm] - constant
    else:
        raise NetworkError(f"{path}: expects pixels normalised by mean {mean.tolist()}, which this encoder cannot be given")
    state[f"{config['first_conv']}.weight"] = weight * (ours[1] / std)[None, :, None, None]


def _pick(state: State, wanted: State, path: Path) -> State:
    missing = [key for key in wanted if key not in state]
    if missing:
        count = f"{len(missing)} of {len(wanted)} missing"
        raise NetworkError(f"{path}: not the weights of this encoder: no '{missing[0]}' ({count})")
    for key, value in wanted.items():
        if state[key].shape != value.shape:
            shapes = f"{tuple(state[key].shape)} instead of {tuple(value.shape)}"
            raise NetworkError(f"{path}: not the weights of this encoder: '{key}' has the shape {shapes}")
    return {key: state[key] for key in wanted}


def _load(path: Path) -> State:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError) as error:
        raise NetworkError(f"{path}: cannot be read as weights: {_first_reason(error)}") from error


def _check_readable(path: Path) -> None:
    if path.suffix == ".safetensors":
        _load(path)


def _first_reason(error: Exception) -> str:
    """The first thing a long error text names: of PyTorch's list of wrong keys the first line that is one of them."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[min(1, len(lines) - 1)][:200] if lines else type(error).__name__
