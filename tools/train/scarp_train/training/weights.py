"""The weights file of a network: safetensors with everything that says what the network is and what it was trained on.

Metadata: `recipe` (JSON of the recipe), `pretrained` (JSON of the encoder's first weights, or null) and `training` (JSON
list of data, licence, attribution). They are stored as one entry, because safetensors writes several in an order that
changes.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..data.licences import TrainingData, describe_sources
from ..errors import NetworkError, RecipeError
from ..files import replacing
from ..networks import Network, Pretrained, build
from ..recipe import Recipe, parse_recipe
from .model import WEIGHTS as NAME
from .model import weights_file
from .teacher import SOURCE

ENTRY = "scarp-train"
Metadata = dict[str, str]


def run_metadata(
    recipe: Recipe, pretrained: Pretrained | None, sources: dict[str, Path], init: Metadata | None = None
) -> Metadata:
    """The metadata of a run: its own recipe, and every data set and weights file that its weights come from.

    `sources` are the folders of the recipe's sources; `init` is the metadata of the weights the run starts from.
    """
    training = describe_sources(sources)
    if pretrained is not None:
        training.append(_as_training(pretrained))
    if recipe.loss.features:
        training.append(TrainingData(**SOURCE))
    if init is not None:
        training = training_data(init) + training
    return {
        "recipe": recipe.as_json(),
        "pretrained": json.dumps(pretrained and dataclasses.asdict(pretrained)) if init is None else init["pretrained"],
        "training": _as_json(training),
    }


def with_training(metadata: Metadata, training: list[TrainingData]) -> Metadata:
    """The metadata with another list of training data."""
    return {**metadata, "training": _as_json(training)}


def _as_json(training: list[TrainingData]) -> str:
    return json.dumps([dataclasses.asdict(entry) for entry in dict.fromkeys(training)])


def _as_training(pretrained: Pretrained) -> TrainingData:
    return TrainingData(
        f"{pretrained.name} weights, from which the encoder starts; SHA-256 {pretrained.sha256}",
        pretrained.licence,
        pretrained.attribution,
    )


def save_weights(path: Path, network: torch.nn.Module, metadata: Metadata, half: bool = False) -> None:
    """Writes a network's state so that `path` is at any time absent, the old file or the whole new one.

    With `half`, matrices and kernels are stored in half precision: half the size, and probabilities that differ by some 1e-6
    (MiT) to 1e-4 (EfficientNet-Lite) on average. Vectors, and what half precision cannot hold, keep theirs.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    if half:
        state = {name: _halved(value) for name, value in state.items()}
    with replacing(path) as file:
        file.write(save(state, {ENTRY: json.dumps(metadata, sort_keys=True)}))


def _halved(value: torch.Tensor) -> torch.Tensor:
    if value.ndim < 2 or not value.is_floating_point():
        return value
    half = value.half()
    return half if bool(half.isfinite().all()) else value


def read_metadata(path: Path) -> Metadata:
    """The metadata of a weights file or a model folder. Raises NetworkError for one that is missing, damaged or not of
    Scarp."""
    return _read(path)[1]


def load_weights(path: Path) -> tuple[Network, Metadata]:
    """The network of a weights file or a model folder in float32, ready to predict, and the file's metadata.

    Raises NetworkError for a file that is missing, damaged, not of Scarp, or holds other tensors than its recipe's network
    has.
    """
    state, metadata = _read(path)
    network = build(recipe_of(metadata, path).network)
    missing = network.state_dict().keys() ^ state.keys()
    shapes = {name for name, value in network.state_dict().items() if name in state and state[name].shape != value.shape}
    if wrong := sorted(missing | shapes):
        raise NetworkError(
            f"{path}: '{wrong[0]}' is not as in the network of its recipe ({len(wrong)} tensors differ); the file is of "
            "another "
            "architecture or version, train again"
        )
    network.load_state_dict(state)
    return network.eval(), metadata


def recipe_of(metadata: Metadata, path: Path) -> Recipe:
    """The recipe that a weights file was trained by. Raises NetworkError where this version cannot read it."""
    try:
        return parse_recipe(_json(metadata, "recipe", path), str(path))
    except RecipeError as error:
        raise NetworkError(str(error)) from error


def training_data(metadata: Metadata, path: Path | str = "weights") -> list[TrainingData]:
    """What a weights file's network was trained on."""
    try:
        return [TrainingData(**entry) for entry in _json(metadata, "training", path)]
    except TypeError as error:
        raise NetworkError(
            f"{path}: its list of training data cannot be read ({error}); take another copy of the file"
        ) from error


def _read(path: Path) -> tuple[dict[str, torch.Tensor], Metadata]:
    path = weights_file(path)
    try:
        with safe_open(path, "pt") as file:
            entries = file.metadata() or {}
            if ENTRY not in entries:
                raise NetworkError(
                    f"{path}: holds no weights of scarp-train; give the {NAME} of a run or of a released float model"
                )
            # Halves become float32; counters stay integers.
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise NetworkError(
            f"{path}: cannot be read ({error}); the file is damaged or no safetensors, copy it again"
        ) from error
    metadata = _json(entries, ENTRY, path)
    return {name: v.float() if v.is_floating_point() else v for name, v in state.items()}, metadata


def _json(metadata: Metadata, key: str, path: Path | str) -> Any:
    try:
        return json.loads(metadata[key])
    except (KeyError, json.JSONDecodeError) as error:
        raise NetworkError(f"{path}: its metadata lack a readable '{key}'; the file is damaged, copy it again") from error
