"""Group-wise cross-validation: images that overlap on the ground stay on one side of every split."""

import dataclasses
import json
from pathlib import Path

from .batches import Batches
from .dataset import DatasetError, Scene
from .metrics import Counts, count
from .predict import predict_image, torch_predictor
from .recipe import Recipe
from .training import Trainer

THRESHOLD = 0.5
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
) -> Counts:
    """Trains without the held-out images, scores them, and writes fold-N.json.

    `others` holds the scenes of the recipe's other sources by name, for instance simulated ones.
    """
    recipe = dataclasses.replace(recipe, seed=recipe.seed + fold)
    inside = [scene for scene in scenes if scene.name not in held_out]
    loaded = [(source, inside if source.name == REAL else others[source.name]) for source in recipe.sources]
    trainer = Trainer(recipe, out / f"fold-{fold}", init)
    trainer.resume()
    trainer.run(Batches(recipe, loaded))
    predict = torch_predictor(trainer.average.eval())
    images = {}
    for scene in scenes:
        if scene.name in held_out:
            images[scene.name] = count(predict_image(scene.image, predict) > THRESHOLD, scene.label)
    total = sum(images.values(), Counts())
    report = {"fold": fold, "total": total.scores(), "images": {name: c.scores() for name, c in images.items()}}
    (out / f"fold-{fold}.json").write_text(json.dumps(report, indent=1))
    return total


def summarise(out: Path) -> dict:
    """Pools the folds scored so far into crossval.json: every image counted once, by a network that never saw it."""
    images: dict[str, dict] = {}
    for path in sorted(Path(out).glob("fold-*.json")):
        images |= json.loads(path.read_text())["images"]
    keys = [f.name for f in dataclasses.fields(Counts)]
    total = sum((Counts(*(scores[key] for key in keys)) for scores in images.values()), Counts())
    report = {"images": len(images), **total.scores(), "per_image_iou": {n: s["landslide_iou"] for n, s in images.items()}}
    (Path(out) / "crossval.json").write_text(json.dumps(report, indent=1))
    return report
