"""A child process that runs one engine; see `worker.py` for what it is asked and answers."""

import contextlib
import json
import subprocess
from pathlib import Path

import numpy as np


class EngineError(Exception):
    """An engine cannot run a graph; the text is the last thing that it said."""


class Child:
    """A loaded model that has run once, and runs when it is told to."""

    def __init__(self, command: list[str], output: Path):
        self.output, self.log = output, output.with_suffix(".log")
        with open(self.log, "w") as log:
            try:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
                )
            except OSError as error:
                raise EngineError(f"{command[0]}: {error.strerror}") from error
        answer = self._line()
        try:
            self.load_ms = float(json.loads(answer.removeprefix("ready "))["load_ms"])
        except (ValueError, KeyError) as error:
            self.close()
            raise EngineError(f"said '{answer}' instead of ready") from error

    @property
    def logits(self) -> np.ndarray:
        """What the first run computed."""
        return np.fromfile(self.output, "<f4")

    def run(self) -> float:
        """Runs once; milliseconds."""
        return int(self._ask("run")) / 1e6

    def peak_mib(self) -> float:
        return float(self._ask("memory"))

    def close(self) -> None:
        """Ends it; an engine that does not heed the end of its input is killed."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _ask(self, question: str) -> str:
        with contextlib.suppress(BrokenPipeError):  # one that has died gives no answer, which tells more
            print(question, file=self.process.stdin)
        return self._line()

    def _line(self) -> str:
        line = self.process.stdout.readline().strip()
        if not line:
            status = self.process.wait()
            said = self.log.read_text(errors="replace").strip().splitlines()
            raise EngineError(said[-1] if said else f"ended with status {status} and no word")
        return line
