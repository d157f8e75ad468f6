"""The images of a recipe's sources, which the command line ties to folders or archives."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from ..errors import DatasetError, RecipeError
from ..recipe import Recipe
from .pairs import Pair, find_pairs


def training_pairs(recipe: Recipe, folders: dict[str, Path]) -> dict[str, list[Pair]]:
    """The images of each source, by its name. Raises RecipeError for a source without a folder, DatasetError for one without
    images."""
    return {
        source.name: find_pairs(_folder(source.name, folders), source.part, source.events, source.sensors)[: source.limit]
        for source in recipe.source
    }


def validation_pairs(recipe: Recipe, folders: dict[str, Path]) -> list[Pair]:
    """The images to validate on, evenly spread over their source if there are more than the recipe's limit; none if it has
    none."""
    spec = recipe.validation
    if spec is None:
        return []
    found = find_pairs(_folder(spec.source, folders), spec.part, spec.events, spec.sensors)
    if spec.limit is None or len(found) <= spec.limit:
        return found
    return [found[i * len(found) // spec.limit] for i in range(spec.limit)]


def readable(
    pairs: Iterable[Pair], read: Callable[[Pair], tuple[np.ndarray, np.ndarray]], unreadable: list[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, image and label as `read` gives them; the errors of pairs that cannot be read go to `unreadable`."""
    for pair in pairs:
        try:
            image, label = read(pair)
        except DatasetError as error:
            unreadable.append(str(error))
            continue
        yield pair.name, image, label


def _folder(name: str, folders: dict[str, Path]) -> Path:
    if name not in folders:
        raise RecipeError(f"the recipe uses source '{name}'; add --source {name}=DIR")
    return folders[name]
