"""Measured figures of a model: what validation left beside a run's weights, and reports of `scarp-forge validate --json`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from ..predict import THRESHOLD
from ..training.weights import NAME as WEIGHTS

SCORES = ("precision", "recall", "f1", "landslide_iou")


@dataclass(frozen=True)
class Figures:
    """Scores of the landslide class in 0..1, pixels pooled over all images; None where a ratio is of nothing to nothing."""

    what: str
    images: int | None
    threshold: float
    scores: dict[str, float | None]


def read_run(weights: Path) -> list[Figures]:
    """The validation that a run left beside these weights: last.json for its last weights, else NAME.json for NAME."""
    path = weights.with_name("last.json") if weights.name == WEIGHTS else weights.with_suffix(".json")
    if not path.is_file():
        return []
    values = _json(path)
    what = values.get("what") or f"validation during training, step {values.get('step')}"
    return [Figures(what, values.get("images"), THRESHOLD, _scores(path, values))]


def read_report(path: Path, name: str, version: str) -> Figures:
    """The figures of a report on this model; the file's name says on which images. Refuses a report on another model."""
    report = _json(path)
    if (report.get("model"), report.get("version")) != (name, version):
        raise DatasetError(
            f"{path}: is a report on {report.get('model')} {report.get('version')}, not on {name} {version}; validate "
            "this model first"
        )
    overall, images, threshold = report.get("overall"), report.get("images"), report.get("threshold")
    if not isinstance(overall, dict) or not isinstance(images, list) or not isinstance(threshold, float):
        raise DatasetError(f"{path}: is no report of scarp-forge; give what 'scarp-forge validate --json FILE' wrote")
    return Figures(path.stem, len(images), threshold, _scores(path, overall))


def _scores(path: Path, values: dict[str, Any]) -> dict[str, float | None]:
    scores = {key: values.get(key, "absent") for key in SCORES}
    for key, value in scores.items():
        if value is not None and not isinstance(value, int | float):
            raise DatasetError(f"{path}: has no number '{key}'; take the file as it was written")
    return scores


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DatasetError(f"{path}: {error}; give what 'scarp-forge validate --json FILE' wrote") from error
    if not isinstance(values, dict):
        raise DatasetError(f"{path}: holds no JSON object; give what 'scarp-forge validate --json FILE' wrote")
    return values
