"""What a network was trained on, under which licences, and what these allow a released model."""

import re
import tomllib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from ..errors import DatasetError, ExportError

FILE = "dataset.toml"
KEYS = ("data", "licence", "attribution")
OWN_LICENCE = "MIT OR Apache-2.0"  # of a model whose training data ask for no more than to be named
TABLE = '[licence] with data = "what it is", licence = "CC BY 4.0", attribution = "whom to name"'


@dataclass(frozen=True)
class TrainingData:
    """A data set, or other weights, that a network's weights come from. `licence` is empty where nobody stated it."""

    data: str
    licence: str
    attribution: str


class Terms(IntEnum):
    """What a licence asks of a model trained on what it covers, from the freest to the strictest."""

    ATTRIBUTION = 0
    SHARE_ALIKE = 1
    NON_COMMERCIAL = 2


def describe_sources(bindings: dict[str, Path]) -> list[TrainingData]:
    """One entry for each source of a recipe, from the table [licence] of `dataset.toml` in its folder (or beside its
    archive).

    A source without one gets an entry without licence, with which one can train but not release. Raises DatasetError for a
    `dataset.toml` that cannot be read or whose [licence] lacks a key.
    """
    return [_describe(name, Path(root)) for name, root in bindings.items()]


def _describe(name: str, root: Path) -> TrainingData:
    path = (root if root.is_dir() else root.parent) / FILE
    try:
        table = tomllib.loads(path.read_text()).get("licence")
    except FileNotFoundError:
        table = None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DatasetError(f"{path}: {error}") from error
    if table is None:
        return _unstated(name)
    if (
        not isinstance(table, dict)
        or sorted(table) != sorted(KEYS)
        or not all(isinstance(v, str) and v for v in table.values())
    ):
        wrong = sorted(set(table) ^ set(KEYS)) if isinstance(table, dict) else []
        reason = f" ({', '.join(wrong)} is unknown or missing)" if wrong else ""
        raise DatasetError(f"{path}: the licence must be a table {TABLE}{reason}")
    return TrainingData(**table)


def _unstated(name: str) -> TrainingData:
    return TrainingData(f"source '{name}'", "", "")


def with_licences(training: list[TrainingData], sources: dict[str, Path]) -> list[TrainingData]:
    """`training`, with sources whose licence nobody stated described anew from their folders in `sources`.

    Raises ExportError for a source of which none waits for a licence.
    """
    folders = {_unstated(name): (name, root) for name, root in sources.items()}
    if strange := [name for entry, (name, _) in folders.items() if entry not in training]:
        waiting = ", ".join(entry.data for entry in training if not entry.licence) or "none"
        raise ExportError(f"--source {strange[0]}: no source of this name waits for its licence; these do: {waiting}")
    return [_describe(*folders[entry]) if entry in folders else entry for entry in training]


def model_licence(training: list[TrainingData], non_commercial: bool) -> str:
    """The licence of a model trained on all of this: the strictest of theirs.

    Raises ExportError where a licence is not stated, allows no derived work or is none of those known here, and, unless
    `non_commercial` is true, where one allows no commercial use.
    """
    strictest = Terms.ATTRIBUTION
    for entry in training:
        terms = _terms(entry)
        if terms is Terms.NON_COMMERCIAL and not non_commercial:
            raise ExportError(
                f"{entry.data}: its licence '{entry.licence}' allows no commercial use, nor does a model trained on it; "
                "release it so "
                "marked with --non-commercial, or train without it"
            )
        strictest = max(strictest, terms)
    if strictest is Terms.ATTRIBUTION:
        return OWN_LICENCE
    names = " AND ".join(dict.fromkeys(entry.licence for entry in training if _terms(entry) is strictest))
    return f"non-commercial: {names}" if strictest is Terms.NON_COMMERCIAL else names


_NON_COMMERCIAL = r"\bNC\b|non-?commercial|research (use )?only|academic"
_SHARE_ALIKE = r"\bBY-SA\b|\bGPL|\bODbL\b|\bAGPL"
_ATTRIBUTION = r"\bMIT\b|\bApache\b|\bBSD\b|\bCC ?BY\b|\bCC-BY\b|\bCC ?-?0\b|\bpublic domain\b|\bODC-BY\b"


def _terms(entry: TrainingData) -> Terms:
    def says(pattern: str) -> bool:
        return re.search(pattern, entry.licence.replace("_", "-"), re.IGNORECASE) is not None

    if not entry.licence:
        raise ExportError(
            f"{entry.data}: nobody stated its licence; write into its folder's {FILE} a table {TABLE}, and give the "
            "folder again with "
            "--source NAME=DIR"
        )
    if says(r"\bND\b|no ?derivatives"):
        raise ExportError(f"{entry.data}: its licence '{entry.licence}' allows no derived work; train without it")
    for pattern, terms in (
        (_NON_COMMERCIAL, Terms.NON_COMMERCIAL),
        (_SHARE_ALIKE, Terms.SHARE_ALIKE),
        (_ATTRIBUTION, Terms.ATTRIBUTION),
    ):
        if says(pattern):
            return terms
    raise ExportError(
        f"{entry.data}: its licence '{entry.licence}' is none of those known to allow a released model (MIT, Apache, "
        "BSD, CC0, CC BY, "
        "CC BY-SA, CC BY-NC, public domain); train without it"
    )
