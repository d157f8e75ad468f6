"""The folder of a run: one process writes to it at a time, and no released model lies in it."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from ..errors import RecipeError, TrainError
from ..processes import is_first_process
from .model import MANIFEST

LOCK = ".lock"
_held: set[Path] = set()


@contextlib.contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Makes the folder and keeps other runs out of it; a command that holds it already may claim it again.

    Raises RecipeError for the folder of a released model, TrainError where another run has claimed it.
    """
    if (out / MANIFEST).is_file():
        raise RecipeError(f"{out}: holds a released model, which a run would overwrite; give another --out")
    out.mkdir(parents=True, exist_ok=True)
    path = (out / LOCK).resolve()
    if path in _held or not is_first_process():  # the first process of a run claims it for all
        yield
        return
    with path.open("w") as file:
        try:
            # A record lock: flock's would be inherited by loader processes, and outlive a killed run.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise TrainError(f"{out}: another run is writing there; wait for its end, or give another --out") from error
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
