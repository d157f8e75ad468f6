"""Group-wise cross-validation: images that overlap on the ground stay on one side of every split."""

import dataclasses
import json
from pathlib import Path

from .batches import Batches
from .dataset import DatasetError, Pair, Scene
from .export import export_onnx
from .metrics import Counts, count
from .predict import Predictor, predict_image, torch_predictor
from .recipe import Recipe
from .training import Trainer

THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(13))
REAL = "real"  # the recipe's source that stands for the training side of each split


def read_groups(path: Path, names: list[str]) -> list[list[str]]:
    """Groups from a text file, one line of image names each (# starts a comment); names not listed stand alone."""
    groups = [line.split("#")[0].split() for line in Path(path).read_text().splitlines()]
    groups = [group for group in groups if group]
    listed = [name for group in groups for name in group]
    unknown = sorted(set(listed) - set(names))
    if unknown or len(set(listed)) != len(listed):
        raise DatasetError(f"{path}: names twice or without an image: {' '.join(unknown) or 'a repeated name'}")
    return groups + [[name] for name in names if name not in set(listed)]


def make_folds(groups: list[list[str]], folds: int) -> list[list[str]]:
    """Spreads groups over folds of nearly equal size, the largest group first."""
    result: list[list[str]] = [[] for _ in range(folds)]
    for group in sorted(groups, key=len, reverse=True):
        min(result, key=len).extend(group)
    return result


def run_fold(
    fold: int,
    held_out: list[str],
    scenes: list[Scene],
    others: dict[str, list[Scene]],
    recipe: Recipe,
    out: Path,
    init: Path | None = None,
) -> None:
    """Trains without the held-out images, scores them, and writes fold-N.json and fold-N/float.onnx.

    `others` holds the scenes of the recipe's other sources by name, for instance simulated ones.
    """
    recipe = dataclasses.replace(recipe, seed=recipe.seed + fold)
    inside = [scene for scene in scenes if scene.name not in held_out]
    loaded = [(source, inside if source.name == REAL else others[source.name]) for source in recipe.sources]
    trainer = Trainer(recipe, out / f"fold-{fold}", init)
    trainer.resume()
    trainer.run(Batches(recipe, loaded))
    held = [scene for scene in scenes if scene.name in held_out]
    network = trainer.average.eval()
    _write(out / f"fold-{fold}.json", score_fold(held, torch_predictor(network)))
    export_onnx(network, out / f"fold-{fold}" / "float.onnx")


def link_images(pairs: list[Pair], folder: Path) -> None:
    """Links to the images and labels of one side of a split, for `scarp-forge` to quantize with and to prove on."""
    for pair in pairs:
        for kind, path in (("images", pair.image), ("labels", pair.label)):
            link = folder / kind / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(path.resolve())


def _write(path: Path, report: dict) -> None:
    path.write_text(json.dumps(report, indent=1))


def score_fold(held_out: list[Scene], predict: Predictor) -> dict:
    """Counts of every held-out image at every threshold: {image: {threshold: counts}}."""
    report = {}
    for scene in held_out:
        probability = predict_image(scene.image, predict)
        report[scene.name] = {str(t): count(probability > t, scene.label).as_dict() for t in THRESHOLDS}
    return report


def summarise(out: Path) -> dict:
    """Pools the folds scored so far, every image counted once, by a network that never saw it.

    Two ways to choose the threshold: 0.5 for all, and for each fold the one that is best on the other folds together,
    so that no image takes part in the choice it is judged by.
    """
    folds = {path.stem: json.loads(path.read_text()) for path in sorted(Path(out).glob("fold-*.json"))}
    chosen = {name: best_threshold([other for key, other in folds.items() if key != name]) for name in folds}
    return {
        "images": sum(len(fold) for fold in folds.values()),
        "at_0.5": pool(folds, dict.fromkeys(folds, 0.5)).scores(),
        "at_others_best": pool(folds, chosen).scores(),
        "threshold_of_fold": chosen,
        "best_threshold": best_threshold(list(folds.values())),
        "iou_of_fold": {name: pool({name: fold}, chosen).iou for name, fold in folds.items()},
        "iou_of_image": {
            image: Counts(**counts[str(chosen[name])]).iou for name, fold in folds.items() for image, counts in fold.items()
        },
    }


def pool(folds: dict[str, dict], thresholds: dict[str, float]) -> Counts:
    """All pixels of all folds, each fold at its threshold."""
    counts = (Counts(**image[str(thresholds[name])]) for name, fold in folds.items() for image in fold.values())
    return sum(counts, Counts())


def best_threshold(folds: list[dict]) -> float:
    """The threshold of the highest pooled IoU; 0.5 where there is nothing to choose by."""
    if not folds:
        return 0.5
    named = {str(index): fold for index, fold in enumerate(folds)}
    return max(THRESHOLDS, key=lambda t: pool(named, dict.fromkeys(named, t)).iou)
