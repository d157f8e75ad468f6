"""The tables that `scarp-train networks` prints: architectures, encoders, published weights."""

from dataclasses import asdict

from .encoders import ENCODERS, family
from .pretrained import published
from .registry import ARCHITECTURES


def architecture_rows() -> list[dict[str, object]]:
    """All architectures: `name`, `encoder` as published, `small` encoder, `families` of encoders, `source`."""
    return [
        {"name": name, "encoder": a.encoder, "small": a.small, "families": list(a.families), "source": a.source}
        for name, a in ARCHITECTURES.items()
    ]


def encoder_rows() -> list[dict[str, object]]:
    """All encoders of the table."""
    return [encoder_row(name) for name in ENCODERS]


def encoder_row(name: str) -> dict[str, object]:
    """An encoder: `name`, `family`, `about`, `weights` (`name`, `licence`, `attribution`, `repository`, `free`).

    Raises NetworkError for a name that neither the table nor timm has.
    """
    kind = family(name)
    about = ENCODERS[name].about if name in ENCODERS else "a model of timm"
    return {
        "name": name,
        "family": kind,
        "about": about,
        "weights": [{**asdict(weights), "free": weights.free} for weights in published(name)],
    }
