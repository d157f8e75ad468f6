"""That no fold trains on a picture that it is judged by: not in a source, nor in a composite, nor before by its weights."""

from collections.abc import Iterator
from pathlib import Path

from ..compose.run import composed_of
from ..data.fingerprint import Content, content
from ..data.licences import describe_sources
from ..data.pairs import Pair, find_pairs, parts_there
from ..errors import DatasetError, RecipeError
from ..training.weights import read_metadata, training_data
from .folds import FOLD, REAL, Division

UNREADABLE = -1  # checksum of a file whose turn is yet to come


def check_unseen(fold: int, held_out: list[Pair], sources: dict[str, Path]) -> None:
    """Raises DatasetError where a source of a fold holds a picture that the fold holds out, or was composed of one.

    Pictures are known by their files' checksums, whatever their names.
    """
    unseen = {content(pair).image: pair.name for pair in held_out}
    unseen.pop(UNREADABLE, None)
    for source, folder in sources.items():
        made_of = composed_of(folder)
        if seen := [unseen[picture.image] for picture in _pictures(folder) if picture.image in unseen]:
            raise DatasetError(f"{folder}: holds {seen[0]}, which fold {fold} holds out; take it out of source '{source}'")
        if seen := [unseen[picture.image] for picture in made_of or () if picture.image in unseen]:
            raise DatasetError(
                f"{folder}: was composed of {seen[0]}, which fold {fold} holds out; compose it of the inside of this fold "
                "and of places that it trains on"
            )


def _pictures(folder: Path) -> Iterator[Content]:
    return (content(pair) for part in parts_there(folder) for pair in find_pairs(folder, part))


def check_start(init: Path | None, division: Division) -> None:
    """Raises RecipeError where the weights that all folds start from were trained on what the folds hold out, as far as the
    weights and the dataset.toml of the pictures tell by the same words."""
    if init is None or FOLD in str(init):
        return
    trained_on = {entry.data for entry in training_data(read_metadata(init), init) if entry.licence}
    for entry in describe_sources({REAL: division.data, **division.places}):
        if entry.licence and entry.data in trained_on:
            raise RecipeError(
                f"--init {init}: was trained on '{entry.data}', which the folds hold out in turn; start from weights that "
                f"were not, or from those of each fold, with {FOLD} in the path"
            )
