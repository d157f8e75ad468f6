"""Where an image comes from: the event, the sensor and its ground sampling distance.

The twin of `tools/forge/src/dataset/origin.rs`: same words, same precedence, same `dataset.toml`, so that a split by
event and a report by sensor mean the same in training and in validation. `tests/test_origin.py` runs the cases of both.
"""

import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from .wildcard import Wildcard, WildcardError

FILE = "dataset.toml"
"""File in a dataset's folder in which its user says what names do not tell."""

EVENTS = (
    ("lushan", "Lushan"),
    ("luding", "Luding"),
    ("jiuzhaigou", "Jiuzhaigou"),
    ("mainling", "Mainling"),
    ("milin", "Mainling"),
    ("hokkaido", "Hokkaido"),
    ("iburi", "Hokkaido"),
    ("palu", "Palu"),
    ("mesetas", "Mesetas"),
    ("sumatra", "Sumatra"),
    ("nippes", "Nippes"),
    ("haiti", "Nippes"),
)
"""GDCLD's events as its files and the literature spell them, in lower case without spaces."""

SENSORS = (
    ("uav", "UAV"),
    ("drone", "UAV"),
    ("planetscope", "PlanetScope"),
    ("planet", "PlanetScope"),
    ("mapworld", "Map World"),
    ("tianditu", "Map World"),
    ("gaofen", "Gaofen"),
    ("gf", "Gaofen"),
    ("sentinel", "Sentinel"),
)
"""GDCLD's sensors. Names of up to five letters have to be a word of their own."""

IGNORED = 255
"""Label value of a pixel that nobody judged, where `dataset.toml` says `ignored = 255`."""


@dataclass(frozen=True)
class Origin:
    """What is known of an image's origin; `None` where it is unknown. `gsd_m` is in metres per pixel."""

    event: str | None = None
    sensor: str | None = None
    gsd_m: float | None = None

    def over(self, other: "Origin") -> "Origin":
        """This origin, with `other` where this one is unknown."""
        return Origin(
            other.event if self.event is None else self.event,
            other.sensor if self.sensor is None else self.sensor,
            other.gsd_m if self.gsd_m is None else self.gsd_m,
        )


UNKNOWN = Origin()


@dataclass(frozen=True)
class Origins:
    """What a dataset's `dataset.toml` says; nothing if there is none.

    `rules` are the wildcard and origin of each `[[image]]`; `ignored` tells that 255 in a label is a pixel nobody judged.
    """

    rules: tuple[tuple[Wildcard, Origin], ...] = field(default=())
    ignored: bool = False

    def of(self, relative: str) -> Origin:
        """The origin of the image at `relative` to the dataset, with `/` between folders.

        The file wins over names, its later entries over earlier ones, and the file's name wins over the folders'.
        """
        named = Origin()
        for name in reversed(relative.split("/")):
            stem = _stem(name)
            named = named.over(Origin(event(stem), sensor(stem)))
        file = relative.rsplit("/", 1)[-1]
        names = (relative, file, _stem(file))
        said = Origin()
        for wildcard, origin in self.rules:
            if any(wildcard.matches(name) for name in names):
                said = origin.over(said)
        return said.over(named)


def read_origins(folder: Path) -> Origins:
    """What `dataset.toml` of a dataset's folder says; raises `DatasetError` with file, line and reason if it is wrong."""
    path = Path(folder) / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Origins()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, str(error)) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at line (\d+), column \d+\)$", str(error))
        raise _wrong(path, f"line {found[2]}: {found[1]}" if found else str(error)) from error
    try:
        return Origins(_rules(document), "ignored" in document)
    except _RuleError as error:
        raise _wrong(path, f"line {_line(text, error.index, error.key)}: {error}") from error


def scale_to(gsd_m: float, own_m: float | None) -> float:
    """The scale in 0..1 that brings an image of the GSD `own_m` to the network's `gsd_m`.

    1 where the image is coarser or its GSD unknown: enlarging would add no detail, and landslides come in every size.
    """
    return 1.0 if own_m is None else min(own_m / gsd_m, 1.0)


def event(name: str) -> str | None:
    """The event a name speaks of."""
    squeezed = _squeeze(name)
    return next((event for word, event in EVENTS if word in squeezed), None)


def sensor(name: str) -> str | None:
    """The sensor a name speaks of."""
    squeezed = _squeeze(name)
    words = "".join(c if c.isalpha() else " " for c in name.lower()).split()
    return next((sensor for word, sensor in SENSORS if word in (squeezed if len(word) > 5 else words)), None)


def _squeeze(name: str) -> str:
    return "".join(c for c in name if c.isalnum()).lower()


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


class _RuleError(Exception):
    """A wrong entry: the number of its `[[image]]`, None outside of one, and the key at fault."""

    def __init__(self, index: int | None, key: str, reason: str):
        super().__init__(reason)
        self.index, self.key = index, key


def _rules(document: dict[str, Any]) -> tuple[tuple[Wildcard, Origin], ...]:
    for key in document:
        if key not in ("image", "ignored", "licence"):  # `release` reads the licence
            spelling = "; it is spelt `licence` here" if key == "license" else ""
            raise _RuleError(None, key, f"unknown field `{key}`, expected one of `image`, `ignored`, `licence`{spelling}")
    if document.get("ignored", IGNORED) != IGNORED:
        said = f"ignored is {document['ignored']}; pixels that nobody judged have the label {IGNORED}"
        raise _RuleError(None, "ignored", said)
    entries = document.get("image", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _RuleError(None, "image", "image is not a list of [[image]] tables")
    return tuple(_rule(index, entry) for index, entry in enumerate(entries))


def _rule(index: int, entry: dict[str, Any]) -> tuple[Wildcard, Origin]:
    for key, value in entry.items():
        if key not in ("name", "event", "sensor", "gsd_m"):
            raise _RuleError(index, key, f"unknown field `{key}`, expected one of `name`, `event`, `sensor`, `gsd_m`")
        if key != "gsd_m" and not isinstance(value, str):
            raise _RuleError(index, key, f"{key} is not a text")
    if "name" not in entry:
        raise _RuleError(index, "", "missing field `name`")
    try:
        wildcard = Wildcard(entry["name"])
    except WildcardError as error:
        raise _RuleError(index, "name", f'name "{entry["name"]}": {error}') from error
    gsd = entry.get("gsd_m")
    if gsd is not None:
        length = isinstance(gsd, int | float) and not isinstance(gsd, bool) and math.isfinite(gsd) and gsd > 0
        if not length:
            raise _RuleError(index, "gsd_m", "gsd_m is not a length in metres")
        gsd = float(gsd)
    return wildcard, Origin(entry.get("event"), entry.get("sensor"), gsd)


def _line(text: str, index: int | None, key: str) -> int:
    """The line, from 1, of `key` in the `index`-th [[image]], of that header if `key` is not below it, else of the key."""
    header = None
    seen = -1
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[\s*image\s*\]\]", line):
            seen += 1
            header = number if seen == index else header
        elif index in (seen, None) and key and re.match(rf"[\s\[]*[\"']?{re.escape(key)}[\"']?\s*[=\].]", line):
            return number
    return header or 1


def _wrong(path: Path, reason: str) -> DatasetError:
    return DatasetError(f'{path}: {reason}; each [[image]] has name = "*" and any of event, sensor, gsd_m')
