"""A released model's folder, as training reads it: the weights beside its graph, checked against the manifest, and its
threshold."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from ..errors import NetworkError

WEIGHTS = "weights.safetensors"
MANIFEST = "manifest.toml"


def weights_file(path: Path) -> Path:
    """The file itself, or the weights in a model folder or a run's.

    Raises NetworkError where there is no such file, and for weights that are not those of the model's manifest.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise NetworkError(f"{path}: no such file; give the {WEIGHTS} of a run or of a released float model")
    weights = path / WEIGHTS
    if not weights.is_file():
        raise NetworkError(f"{path}: holds no {WEIGHTS}, so it cannot be trained on; give the float model it was made from")
    if (path / MANIFEST).is_file():
        stated = _read_manifest(path).get("files", {}).get(WEIGHTS)
        if stated is not None and stated != digest(weights):
            raise NetworkError(f"{weights}: is not the file of the model's {MANIFEST}; copy the model's folder again")
    return weights


def threshold_of(folder: Path) -> float:
    """The probability from which the model of a folder takes a pixel for landslide. Raises NetworkError."""
    try:
        return float(_read_manifest(folder)["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise NetworkError(f"{folder / MANIFEST}: has no readable threshold ({error}); give a model folder") from error


def digest(path: Path) -> str:
    """SHA-256 of a file, as manifests state it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / MANIFEST).read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NetworkError(f"{folder}: has no readable {MANIFEST} ({error}); give a model folder") from error
