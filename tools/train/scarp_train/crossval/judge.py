"""One fold: a network trained without its images and places, and what it says of them."""

import json
import sys
from pathlib import Path

from ..data.fingerprint import fingerprint
from ..errors import RecipeError
from ..files import write_text
from ..processes import is_first_process
from ..recipe import Recipe
from ..release.export import export_onnx
from ..training.loop import Result, fit
from ..training.model import digest
from ..training.weights import load_weights
from .folds import REAL, Division, folder_of_fold, recipe_of_fold
from .histogram import look_at
from .summary import Fold
from .unseen import check_unseen

RECORD = "division.json"


def claim(out: Path, recipe: Recipe, division: Division) -> None:
    """Marks a folder as that of a recipe and division. Raises RecipeError where it is another's: folds of two would be
    pooled."""
    places = {place: division.ground(place) for place in division.places}
    identity = {
        "recipe": json.loads(recipe.as_json()),
        "folds": division.folds,
        "places": list(places),
        "images": fingerprint({"": division.pairs, **places}),
    }
    path = out / RECORD
    if path.is_file():
        before = json.loads(path.read_text())
        if changed := [key for key in identity if before.get(key) != identity[key]]:
            raise RecipeError(f"{out}: is a cross-validation with other {', '.join(changed)}; give these, or another --out")
    out.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(identity, indent=1) + "\n")


def fold_sources(
    recipe: Recipe, fold: int, division: Division, sources: dict[str, Path], out: Path
) -> tuple[Recipe, dict[str, Path]]:
    """The recipe of a fold and the folders of its sources, among them the places that it trains on.

    Raises DatasetError where one shows what the fold holds out.
    """
    unseen = division.places_of(fold)
    recipe = recipe_of_fold(recipe, fold, unseen)
    folders = {**sources, **division.places, REAL: out / f"fold-{fold}" / "inside"}
    bound = {name: folder_of_fold(folder, fold) for name, folder in folders.items() if name in recipe.source_names}
    if is_first_process():
        check_unseen(fold, [*division.held_out(fold), *(pair for place in unseen for pair in division.ground(place))], bound)
    return recipe, bound


def judge(
    recipe: Recipe, fold: int, division: Division, sources: dict[str, Path], out: Path, init: Path | None, **how: object
) -> Result:
    """Trains a fold in `out`/fold-N, or goes on, and at its end writes what the network says as fold-N.json.

    A place is a source, too, where the recipe names it. `sources` and `init` may say {fold}. `how` goes to `fit`.
    """
    home, report, unseen = out / f"fold-{fold}", out / f"fold-{fold}.json", division.places_of(fold)
    recipe, bound = fold_sources(recipe, fold, division, sources, out)
    result = fit(recipe, bound, home, init=init and folder_of_fold(init, fold), **how)
    if result.stopped is not None or not is_first_process():
        return result
    trained = digest(result.weights)
    if report.is_file() and Fold.read(report).weights == trained:
        return result
    network, _ = load_weights(result.weights)
    labelled = {pair.name: look_at(network, pair, recipe) for pair in division.held_out(fold)}
    places = {place: {pair.name: look_at(network, pair, recipe) for pair in division.ground(place)} for place in unseen}
    export_onnx(network, home / "float.onnx", recipe.release.side)
    write_text(report, Fold(labelled, places, trained).as_json())
    print(f"fold {fold}: done, held out {' '.join([*labelled, *unseen])}", file=sys.stderr)
    return result
