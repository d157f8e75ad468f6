"""From a run's weights to a model folder that the firmware accepts; `scarp-forge` makes the 8-bit model of it."""

import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from ..calibration import Calibration, Fitted, fold_in, read_fitted
from ..data.licences import TrainingData, model_licence, with_licences
from ..errors import ExportError
from ..networks import Network
from ..training.weights import NAME as WEIGHTS
from ..training.weights import Metadata, load_weights, recipe_of, save_weights, training_data, with_training
from .card import Facts, write_card
from .export import export_onnx
from .golden import find_golden, read_golden, shows_both
from .manifest import Naming, check_contract, check_name, predict_tile, write_golden, write_manifest
from .reports import Figures, doubts, finds_nothing, read_report, read_run

FIRST_VERSION = "0.1.0"
CALIBRATION = "calibration"  # in the weights' metadata: what their last layer carries


@dataclass(frozen=True)
class Plan:
    """What to release, where to, and which image makes the golden input.

    `golden` is a picture, one in an archive (ARCHIVE.zip/path/in/it.tif), or a dataset of which one is chosen.
    `version` None is 0.1.0 for a new name, and the version that is there for another. `sources` are folders whose
    dataset.toml states the licence that was not known when the weights were trained. `reports` are of `scarp-train score` or
    `scarp-forge validate --json`. With `despite_scores` a model is released that found no landslide. `calibration` is the
    calibration.json of a cross-validation; `threshold` None is that of the calibration, 0.5 without one.
    """

    weights: Path
    name: str
    golden: Path
    out: Path
    version: str | None = None
    threshold: float | None = None
    calibration: Path | None = None
    folded: bool = True
    non_commercial: bool = False
    despite_scores: bool = False
    sources: dict[str, Path] = field(default_factory=dict)
    reports: tuple[Path, ...] = ()


def release(plan: Plan) -> Path:
    """Writes `out/NAME` with graph, weights, golden pair, manifest and card, and returns it.

    The folder is made beside its place and then moved there. Raises ExportError where the graph differs from PyTorch, the
    golden image shows one class only, nothing was found where it was measured, a licence forbids it, the name or version is
    none, or a model of this name and version with other files is there.

    Says on standard error what speaks against the model.
    """
    check_name(plan.name, plan.version)
    network, metadata = load_weights(plan.weights)
    recipe = recipe_of(metadata, plan.weights)
    check_contract(recipe)
    fitted = _calibrate(network, metadata, plan)
    calibration, threshold = (Calibration(), 0.5) if fitted is None else (fitted.calibration, fitted.threshold)
    training = with_licences(training_data(metadata, plan.weights), plan.sources)
    folder = plan.out / plan.name
    naming = Naming(
        plan.name,
        plan.version or _version(folder) or FIRST_VERSION,
        model_licence(training, plan.non_commercial),
        threshold if plan.threshold is None else plan.threshold,
    )
    figures = [read_report(path, naming.name, naming.version, plan.weights, calibration) for path in plan.reports]
    figures += read_run(plan.weights, calibration)
    if finds_nothing(figures) and not plan.despite_scores:
        raise ExportError(
            f"{plan.weights}: found no landslide where it was measured ({figures[0].what}); train on, or release it all the "
            "same with 'scarp-train release --despite-scores'"
        )
    plan.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=plan.out) as near:
        new = Path(near) / plan.name
        new.mkdir()
        _write(new, plan, naming, network, with_training(metadata, training), training, figures, fitted)
        _refuse_another(folder, new, naming)
        if folder.exists():
            folder.rename(Path(near) / "before")
        new.rename(folder)
    for doubt in doubts(figures):
        print(f"warning: {folder}: {doubt}", file=sys.stderr)
    return folder


def _write(
    folder: Path,
    plan: Plan,
    naming: Naming,
    network: Network,
    metadata: Metadata,
    training: list[TrainingData],
    figures: list[Figures],
    fitted: Fitted | None,
) -> None:
    recipe = recipe_of(metadata, plan.weights)
    golden = find_golden(plan.golden, network, recipe, naming.threshold)
    pixels = read_golden(golden, recipe.release.side)
    difference = export_onnx(network, folder / "model.onnx", recipe.release.side, plan.folded)
    probability = predict_tile(folder / "model.onnx", pixels, recipe)
    share = float((probability >= naming.threshold).mean())
    if not shows_both(share):
        raise ExportError(
            f"{golden}: the network finds landslide on {share:.1%} of it; give a golden image that shows both classes"
        )
    write_golden(folder, pixels, probability)
    save_weights(folder / WEIGHTS, network, metadata, half=True)
    write_manifest(folder, naming, network, recipe, training)
    write_card(folder, Facts(naming, network, recipe, training, figures, difference, share, fitted))


def _calibrate(network: Network, metadata: Metadata, plan: Plan) -> Fitted | None:
    """Folds the plan's calibration, where it has one, into the network's last layer and tells its metadata.

    Raises ExportError for weights that carry one already: a second would make the probabilities wrong.
    """
    if plan.calibration is None:
        return None
    if CALIBRATION in metadata:
        raise ExportError(f"{plan.weights}: are calibrated already; leave --calibration out, or give the run's own weights")
    fitted = read_fitted(plan.calibration, network.spec)
    fold_in(fitted.calibration, network)
    metadata[CALIBRATION] = fitted.model_dump_json()
    return fitted


def _version(folder: Path) -> str | None:
    """The version of the model that is there."""
    return _manifest(folder).get("version") if folder.exists() else None


def _refuse_another(folder: Path, new: Path, naming: Naming) -> None:
    """Two models of one name and version must be the same one; its card may be written anew."""
    if not folder.exists():
        return
    there = _manifest(folder)
    if there.get("version") == naming.version and there != _manifest(new):
        raise ExportError(
            f"{folder}: version {naming.version} is there with other files; give this one its own --version, such as "
            f"{_next(naming.version)}"
        )


def _manifest(folder: Path) -> dict:
    path = folder / "manifest.toml"
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ExportError(
            f"{path}: {error}; the folder is there but holds no model, remove it or choose another --name"
        ) from error


def _next(version: str) -> str:
    head, _, last = version.rpartition(".")
    return f"{head}.{int(last) + 1}" if head and last.isdigit() else f"{version}.1"
