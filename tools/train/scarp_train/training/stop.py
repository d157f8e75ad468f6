"""When a run ends before its last step: Ctrl-C, the request of a scheduler, or the clock."""

import signal
import time
from types import FrameType

REASONS = (None, "out of time", "interrupted")
SAME_S = 1.0  # seconds within which a second Ctrl-C is the first one, handed on by torchrun or another launcher


class Stop:
    """Watches for SIGINT, SIGTERM and the end of `minutes`.

    A second Ctrl-C, a while after the first, ends the program at once.
    """

    def __init__(self, minutes: float | None):
        self.end = None if minutes is None else time.monotonic() + 60 * minutes
        self.asked: float | None = None
        self.before: dict[int, object] = {}

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked is None:
            self.asked = now
        elif number == signal.SIGINT and now - self.asked > SAME_S:
            raise KeyboardInterrupt

    @property
    def code(self) -> int:
        """Which of REASONS holds for this process."""
        return 2 if self.asked is not None else int(self.end is not None and time.monotonic() >= self.end)
