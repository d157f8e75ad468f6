"""Times all entries against each other: every one loaded at once, run in turns, in a new order each round.

A machine's speed drifts with heat, neighbours and clock; in turns, what slows one entry slows them all.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from child import Child, EngineError
from encoders import title
from entries import Entry
from graphs import Model
from machine import Neighbours
from tqdm import tqdm

SEED = 7
TURN_MS = 150  # a fast entry runs several times in its turn, up to MOST_RUNS
MOST_RUNS = 5
COLD_MS = 500  # entries faster than this first run once uncounted in their turn: the others' data is in the caches
ENOUGH_MS = 30_000  # an entry that would run for longer in all takes part in fewer rounds
LEAST_ROUNDS = 5
PAUSE_S = 0.02  # between turns: OpenMP's threads spin for some milliseconds before they sleep


@dataclass(frozen=True)
class Setting:
    """One contest: a model, a number of threads and of rounds, and where things are."""

    model: Model
    threads: int
    rounds: int
    program: Path
    outputs: Path

    def __str__(self) -> str:
        return f"{title(self.model.name)}, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass
class Result:
    """What one entry did."""

    entry: Entry
    times_ms: list[float] = field(default_factory=list)
    load_ms: float = 0.0
    peak_mib: float = 0.0
    same_class: float = 0.0
    max_difference: float = 0.0

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)

    @property
    def min_ms(self) -> float:
        return min(self.times_ms)


class Contestant:
    """An entry with its process. Once it has failed, it does nothing more."""

    def __init__(self, entry: Entry, setting: Setting):
        self.entry, self.setting = entry, setting
        self.result = Result(entry)
        self.child: Child | None = None
        self.failed = False

    def attempt(self, act: Callable[..., None], *arguments: object) -> None:
        """Does one of the things below; a failure is told in one line."""
        if self.failed:
            return
        try:
            act(self, *arguments)
        except EngineError as error:
            self.failed = True
            self.close()
            tqdm.write(f"failed: {self.setting}, {self.entry}: {error}", file=sys.stderr)

    def load(self) -> None:
        """Starts the process, judges its logits and finds out how fast it is."""
        setting, result = self.setting, self.result
        if reason := setting.model.failed.get(self.entry.file):
            raise EngineError(f"no graph, because {reason}")
        name = f"{self.entry.engine}-{Path(self.entry.file).stem}-{self.entry.precision}.f32".replace(" ", "-")
        output = setting.outputs / name
        self.child = Child(self.entry.command(setting.model, setting.threads, setting.program, output), output)
        result.load_ms = self.child.load_ms
        reference, logits = setting.model.reference, self.child.logits
        if logits.shape != reference.shape:
            raise EngineError(f"gives {logits.size} logits, not {reference.size}")
        result.max_difference = float(np.abs(logits - reference).max())
        result.same_class = float(((logits > 0) == (reference > 0)).mean())
        pace = min(self.child.run() for _ in range(2))
        self.warm = pace < COLD_MS
        self.runs = int(min(max(TURN_MS / pace, 1), MOST_RUNS))
        rounds = ENOUGH_MS / (pace * (self.runs + self.warm))
        self.rounds = min(setting.rounds, max(int(rounds), LEAST_ROUNDS))

    def turn(self, number: int) -> None:
        """Runs in one round, if it is one of its rounds, which are spread evenly."""
        if number * self.rounds // self.setting.rounds == (number + 1) * self.rounds // self.setting.rounds:
            return
        if self.warm:
            self.child.run()
        self.result.times_ms += [self.child.run() for _ in range(self.runs)]
        time.sleep(PAUSE_S)

    def measure_memory(self) -> None:
        self.result.peak_mib = self.child.peak_mib()

    def close(self) -> None:
        if self.child:
            self.child.close()


@dataclass(frozen=True)
class Outcome:
    """The results of the entries that did not fail, whether none did, and what share of the machine others took."""

    setting: Setting
    results: list[Result]
    all_well: bool
    others: float


def contest(entries: list[Entry], setting: Setting) -> Outcome:
    """Loads all entries, runs all rounds and ends all processes."""
    neighbours = Neighbours()
    contestants = [Contestant(entry, setting) for entry in entries]
    try:
        for contestant in tqdm(contestants, f"{setting}: loading", disable=None, leave=False):
            contestant.attempt(Contestant.load)
        shuffle = random.Random(SEED).sample
        for number in tqdm(range(setting.rounds), f"{setting}: rounds", disable=None, leave=False):
            for contestant in shuffle(contestants, len(contestants)):
                contestant.attempt(Contestant.turn, number)
        for contestant in contestants:
            contestant.attempt(Contestant.measure_memory)
    finally:
        for contestant in contestants:
            contestant.close()
    finished = [contestant.result for contestant in contestants if not contestant.failed]
    return Outcome(setting, finished, len(finished) == len(contestants), neighbours.share())
