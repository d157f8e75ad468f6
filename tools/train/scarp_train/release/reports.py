"""Measured figures of a model: validation during training, and reports of `scarp-train score` and `scarp-forge validate`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..calibration import Calibration
from ..errors import DatasetError
from ..predict import THRESHOLD
from ..training.model import WEIGHTS, digest, weights_file

POOR = 0.1  # landslide IoU below which a model finds next to nothing
WROTE = "give what 'scarp-train score' printed or 'scarp-forge validate --json FILE' wrote"
SCORES = ("precision", "recall", "f1", "landslide_iou")


@dataclass(frozen=True)
class Figures:
    """Scores of the landslide class in 0..1, pixels pooled over all images; None where a ratio is of nothing to nothing."""

    what: str
    images: int | None
    threshold: float
    scores: dict[str, float | None]


def doubts(figures: list[Figures]) -> list[str]:
    """What speaks against a model, in sentences; nothing where it was measured and finds landslides everywhere."""
    if not figures:
        return ["It was not measured; what it finds and misses is unknown."]
    poor = [f for f in figures if f.scores["landslide_iou"] is not None and f.scores["landslide_iou"] < POOR]
    return [f"Landslide IoU is {f.scores['landslide_iou']:.2f} on '{f.what}': it finds next to nothing there." for f in poor]


def finds_nothing(figures: list[Figures]) -> bool:
    """Whether a model was measured and has found no landslide anywhere."""
    measured = [f.scores["landslide_iou"] for f in figures if f.scores["landslide_iou"] is not None]
    return bool(measured) and max(measured) == 0


def read_run(weights: Path, calibration: Calibration) -> list[Figures]:
    """The validation that a run left beside these weights: last.json for its last weights, else NAME.json for NAME.

    The run's threshold becomes that of the calibrated probability, at which the same pixels are found.
    """
    path = weights.with_name("last.json") if weights.name == WEIGHTS else weights.with_suffix(".json")
    if not path.is_file():
        return []
    values = _json(path)
    what = values.get("what") or f"validation during training, step {values.get('step')}"
    threshold = calibration.probability(values.get("threshold", THRESHOLD))
    return [Figures(what, values.get("images"), threshold, _scores(path, values))]


def read_report(path: Path, name: str, version: str, weights: Path, calibration: Calibration) -> Figures:
    """The figures of a report on these weights, which are yet to be calibrated, or this model, which it must be on. Raises
    DatasetError."""
    report = _json(path)
    if "weights_sha256" in report:
        return _of_weights(path, report, weights, calibration)
    if (report.get("model"), report.get("version")) != (name, version):
        raise DatasetError(
            f"{path}: is a report on {report.get('model')} {report.get('version')}, not on {name} {version}; validate "
            "this model first"
        )
    overall, images, threshold = report.get("overall"), report.get("images"), report.get("threshold")
    if not isinstance(overall, dict) or not isinstance(images, list) or not isinstance(threshold, float):
        raise DatasetError(f"{path}: is no report; {WROTE}")
    return Figures(path.stem, len(images), threshold, _scores(path, overall))


def _of_weights(path: Path, report: dict[str, Any], weights: Path, calibration: Calibration) -> Figures:
    if report["weights_sha256"] != digest(weights_file(weights)):
        raise DatasetError(f"{path}: is a report on other weights than {weights}; score these first")
    if not isinstance(report.get("images"), int) or not isinstance(report.get("threshold"), float):
        raise DatasetError(f"{path}: is no report; {WROTE}")
    return Figures(path.stem, report["images"], calibration.probability(report["threshold"]), _scores(path, report))


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
        raise DatasetError(f"{path}: {error}; {WROTE}") from error
    if not isinstance(values, dict):
        raise DatasetError(f"{path}: holds no JSON object; {WROTE}")
    return values
