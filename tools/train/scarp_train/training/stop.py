"""When a run ends before its last step: Ctrl-C, the request of a scheduler, or the clock."""

import signal
import time
from types import FrameType

import torch
from lightning_fabric import Fabric


class Stop:
    """Watches for SIGINT, SIGTERM and the end of `minutes`; the devices of a run agree on it after each step.

    A second Ctrl-C ends the program at once.
    """

    def __init__(self, minutes: float | None):
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        self.signal: int | None = None
        self.before: dict[int, object] = {}

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number

    def reason(self, fabric: Fabric) -> str | None:
        """ "interrupted" or "out of time" if any device's process is, else None."""
        code = 2 if self.signal is not None else int(self.end is not None and time.monotonic() >= self.end)
        if fabric.world_size > 1:
            code = int(fabric.all_reduce(torch.tensor(code, device=fabric.device), reduce_op="max"))
        return (None, "out of time", "interrupted")[code]
