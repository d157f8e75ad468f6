"""The folds: images that overlap on the ground stay on one side of every split, and so does all of a negative place."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..data.origin import FILE
from ..data.pairs import Pair, find_pairs
from ..errors import DatasetError, RecipeError
from ..recipe import Recipe

REAL = "real"  # the recipe's source that stands for the training side of each split
FOLD = "{fold}"  # in a source's folder: the number of the fold, for data made of its inside alone


@dataclass(frozen=True)
class Division:
    """Labelled images at `data`, the names that each fold holds out, and places without landslides by name, which the folds
    hold out in turn."""

    data: Path
    pairs: list[Pair]
    folds: list[list[str]]
    places: dict[str, Path]

    def places_of(self, fold: int) -> list[str]:
        """The places that a fold holds out."""
        return held_out_places(self.places, fold, len(self.folds))

    def held_out(self, fold: int) -> list[Pair]:
        """The labelled images that a fold holds out."""
        return [pair for pair in self.pairs if pair.name in self.folds[fold]]

    def ground(self, place: str) -> list[Pair]:
        """The images of a place."""
        return find_pairs(self.places[place])


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
    """Spreads groups over folds of nearly equal size, the largest group first.

    Raises DatasetError for fewer than two folds, which hold nothing out, or more folds than groups.
    """
    if not 2 <= folds <= len(groups):
        raise DatasetError(f"--folds {folds}: there are {len(groups)} groups of images; give a number from 2 to that")
    result: list[list[str]] = [[] for _ in range(folds)]
    for group in sorted(groups, key=len, reverse=True):
        min(result, key=len).extend(group)
    return result


def held_out_places(places: Iterable[str], fold: int, folds: int) -> list[str]:
    """The places that a fold of `folds` holds out: each is held out once, and they are spread evenly."""
    return list(places)[fold::folds]


def link_split(division: Division, fold: int, home: Path) -> None:
    """Links to both sides of a split below `home`, `inside` and `held-out`, for training, for composites and for
    `scarp-forge` to quantize with and to prove on; and to the dataset.toml, where there is one.

    Raises DatasetError for images inside an archive, which no link can reach.
    """
    said = (division.data if division.data.is_dir() else division.data.parent) / FILE
    for pair in division.pairs:
        side = home / ("held-out" if pair.name in division.folds[fold] else "inside")
        for kind, entry in (("images", pair.image), ("labels", pair.label)):
            if entry.member is not None:
                raise DatasetError(f"{entry}: unpack the archive first; cross-validation links to the images")
            _link(side / kind / f"{pair.name}{entry.path.suffix}", entry.path)
        if said.is_file():
            _link(side / FILE, said)


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target.resolve())


def recipe_of_fold(recipe: Recipe, fold: int, held_out: list[str]) -> Recipe:
    """The recipe with the fold's seed and without the sources held out. Raises RecipeError where none is left."""
    kept = tuple(source for source in recipe.source if source.name not in held_out)
    if not kept:
        raise RecipeError(f"fold {fold}: all of the recipe's sources are held out; give it others too")
    return recipe.model_copy(update={"seed": recipe.seed + fold, "source": kept})


def folder_of_fold(folder: Path, fold: int) -> Path:
    """A folder with the number of the fold where it says {fold}."""
    return Path(str(folder).replace(FOLD, str(fold)))
