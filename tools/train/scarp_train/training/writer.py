"""What a run writes to its folder: checkpoint, averaged and best weights, scores. Errors name the disk and what is safe."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from torch import nn

from ..errors import TrainError
from . import checkpoint
from .model import WEIGHTS
from .weights import Metadata, save_weights


class DiskError(TrainError):
    """The run's folder cannot be written to."""


class Writer:
    """Writes to `out`; `saved` is the step of the checkpoint that lies there, None without one."""

    def __init__(self, out: Path, metadata: Metadata, saved: int | None):
        self.out, self.metadata, self.saved = out, metadata, saved

    def save(self, state: dict, average: nn.Module) -> None:
        """Writes the checkpoint and the averaged weights."""
        with self.writing(state["step"]):
            checkpoint.save_checkpoint(self.out, state)
            self.saved = state["step"]
            save_weights(self.out / WEIGHTS, average, self.metadata)

    def scores(self, step: int, found: dict[str, float], best: nn.Module | None) -> None:
        """Writes last.json and, where `best` is the best network so far, its weights and best.json."""
        with self.writing(step):
            if best is not None:
                save_weights(self.out / checkpoint.BEST, best, self.metadata)
                checkpoint.write_scores(self.out, "best", step, found)
            checkpoint.write_scores(self.out, "last", step, found)

    @contextlib.contextmanager
    def writing(self, step: int) -> Iterator[None]:
        """Turns an error of the disk into one that says what to do and which checkpoint stands."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            cause = _disk_error(error)
            if cause is None:
                raise
            free = shutil.disk_usage(self.out).free >> 20
            raise DiskError(
                f"{self.out}: step {step} cannot be saved ({cause.strerror or cause}; the disk has {free} MB free); free "
                f"space and run the same command again; {self.standing}"
            ) from error

    @property
    def standing(self) -> str:
        """What a further run goes on from, in words."""
        return "nothing is saved yet" if self.saved is None else f"the checkpoint of step {self.saved} is whole"


def _disk_error(error: BaseException | None) -> OSError | None:
    """The OSError itself, or the one that PyTorch's writer hid behind its own."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error
