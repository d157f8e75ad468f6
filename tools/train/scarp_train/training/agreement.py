"""What the devices of a run tell each other between two steps, so that all go on, stop or fail together."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.distributed
from lightning_fabric import Fabric
from tqdm import tqdm

from ..errors import ElsewhereError, TrainError
from .damaged import Damaged


@dataclass(frozen=True)
class News:
    """What one device has to tell: images that it found damaged, and an error that ends the run."""

    damaged: tuple[str, ...] = ()
    error: TrainError | None = None


class Agreement:
    """Between the processes of a run, one for each device. `damaged` is alike in all of them.

    `error` is one of this process alone, until all learn of it when they next agree.
    """

    def __init__(self, fabric: Fabric, damaged: Damaged):
        self.fabric, self.damaged = fabric, damaged
        self.error: TrainError | None = None

    def lead(self, work: Callable[..., None], *given: object) -> None:
        """Lets the first process do something that only it does."""
        if self.fabric.is_global_zero:
            self.attempt(work, *given)

    def attempt(self, work: Callable[..., None], *given: object) -> None:
        """Does something that may fail here and not on other devices."""
        try:
            work(*given)
        except TrainError as error:
            self.error = self.error or error

    def reach(self, stop: int, damaged: Iterable[str] = ()) -> int:
        """The greatest `stop` of all devices. Names images that any of them found damaged.

        Raises an error of any device: itself in the first process, ElsewhereError in the others.
        """
        stop, told = self._exchange(stop, News(self.damaged.new(damaged), self.error))
        errors = [news.error for news in told if news.error is not None]
        new = self.damaged.new(text for news in told for text in news.damaged)
        try:
            self.damaged.count(new)
        except TrainError as error:
            errors.append(error)
        else:
            for text in new if self.fabric.is_global_zero else ():
                tqdm.write(f"warning: passed over: {text}", file=sys.stderr)
        if errors:
            raise self.for_all(errors[0])
        return stop

    def for_all(self, error: TrainError) -> TrainError:
        """What this process raises of an error that all devices know of."""
        return error if self.fabric.is_global_zero else ElsewhereError(str(error))

    def _exchange(self, stop: int, news: News) -> tuple[int, list[News]]:
        """The greatest `stop`, and what every device has to tell, by rank."""
        fabric = self.fabric
        if fabric.world_size == 1:
            return stop, [news]
        try:
            codes = fabric.all_reduce(torch.tensor([stop, int(news != News())], device=fabric.device), reduce_op="max")
            greatest, any_told = (int(code) for code in codes)
            told = [News()] * fabric.world_size
            if any_told:
                torch.distributed.all_gather_object(told, news)
        except RuntimeError as error:
            raise device_lost(fabric, error) or error from error
        return greatest, told


def device_lost(fabric: Fabric, error: BaseException) -> TrainError | None:
    """The error to show in place of `error` if it says that the process of another device is gone, else None."""
    if fabric.world_size == 1 or not any(word in str(error) for word in ("Connection closed", "gloo", "NCCL")):
        return None
    return TrainError("the process of another device ended; its error stands above, or it was killed for want of memory")
