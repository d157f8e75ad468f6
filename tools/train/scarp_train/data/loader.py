"""Batches for one device: the samples that fall to it, in order, made by worker processes in bounded memory."""

import signal
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch.utils.data import DataLoader, Dataset

from ..errors import TrainError
from .memory import free_memory
from .samples import CACHE_BYTES, Sample, Samples

CACHE_MOST = 4 << 30  # bytes for each process: a thousand tiles of 1024 x 1024


class Batch(NamedTuple):
    """Part of a step's samples: `image` N x C x S x S, `truth` N x 1 x S/t x S/t (see Sample), and whether the step ends
    with it.

    `share` is the part's share of the step's batch over all devices, `part` its number on this device.
    """

    step: int
    part: int
    last: bool
    share: float
    image: torch.Tensor
    truth: torch.Tensor
    damaged: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    step: int
    part: int
    last: bool
    samples: tuple[int, ...]


class _Parts(Dataset):
    def __init__(self, samples: Samples, places: "_Places"):
        self.samples, self.places = samples, places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Batch | TrainError:
        """A batch, or in its place the error: raised in a loader process it would be a traceback in a traceback."""
        try:
            return self._batch(self.places[index])
        except TrainError as error:
            return error

    def _batch(self, place: "_Place") -> Batch:
        made: list[Sample] = [self.samples[place.step, i] for i in place.samples]
        return Batch(
            place.step,
            place.part,
            place.last,
            len(made) / self.samples.crop(place.step).batch,
            torch.stack([sample.image for sample in made]),
            torch.stack([sample.truth for sample in made]),
            tuple(text for sample in made for text in sample.damaged),
        )


class _Places:
    """The parts of steps `first` to the last one, found by index without a list of a million entries."""

    def __init__(self, samples: Samples, first: int, rank: int, devices: int, part: int | None):
        self.samples, self.rank, self.devices, self.part = samples, rank, devices, part
        self.starts = [0]
        self.first = first
        counts = {kind: len(self._cuts(crop.batch)) for kind, crop in enumerate(samples.recipe.crop)}
        for step in range(first, samples.steps):
            self.starts.append(self.starts[-1] + counts[int(samples.kinds[step])])

    def _cuts(self, batch: int) -> list[tuple[int, ...]]:
        """This device's samples of a batch: a consecutive run, in parts of at most `part`."""
        mine = range(batch * self.rank // self.devices, batch * (self.rank + 1) // self.devices)
        size = self.part or max(len(mine), 1)
        return [tuple(mine[at : at + size]) for at in range(0, len(mine), size)]

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, index: int) -> _Place:
        at = bisect_right(self.starts, index) - 1
        step, part = self.first + at, index - self.starts[at]
        cuts = self._cuts(self.samples.crop(step).batch)
        return _Place(step, part, part == len(cuts) - 1, cuts[part])


def batches(
    samples: Samples,
    first: int,
    rank: int = 0,
    devices: int = 1,
    part: int | None = None,
    workers: int = 0,
    pinned: bool = False,
) -> Iterator[Batch]:
    """The batches of device `rank` of `devices` from step `first` to the recipe's last.

    `part` bounds the samples that a device holds at once; `workers` is the number of processes that make them (0: this one);
    they end when the iterator is closed. Each keeps decoded images in its share of the memory. Raises DatasetError where too
    many images in a row cannot be used.
    """
    samples.cache_bytes = max(CACHE_BYTES, min(free_memory() // 4 // (max(workers, 1) * devices), CACHE_MOST))
    data = _Parts(samples, _Places(samples, first, rank, devices, part))
    loader = DataLoader(
        data,
        batch_size=None,
        shuffle=False,
        num_workers=workers,
        prefetch_factor=2 if workers else None,
        pin_memory=pinned,
        worker_init_fn=_start_worker,
    )
    for found in loader:
        if isinstance(found, TrainError):
            raise found
        yield found


def _start_worker(_: int) -> None:
    torch.set_num_threads(1)
    # Ctrl-C goes to every process of a terminal and a scheduler's SIGTERM to every one of a job; the one that trains decides
    # when the others end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
