"""Scoring by `scarp-forge validate`: the engine that flies judges an exported network on whole images."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..errors import DatasetError, TrainError
from .scores import Counts

BUILT = Path(__file__).parents[4] / "target" / "release" / "scarp-forge"
MAX_OVERLAP = 128  # of neighbouring tiles in pixels; the firmware's


class ForgeError(TrainError):
    """scarp-forge is missing or failed."""


def find_forge() -> Path:
    """The program, on PATH or where cargo builds it in this repository."""
    found = shutil.which("scarp-forge") or (BUILT if BUILT.is_file() else None)
    if found is None:
        raise ForgeError(
            "scarp-forge, which scores the networks, is neither on PATH nor in target/release; build it by"
            " `cargo build --release -p scarp-forge`"
        )
    return Path(found)


@dataclass(frozen=True)
class Task:
    """A validation: `model` is a folder or .onnx with inputs of `side` pixels; images are enlarged `scale` times before."""

    model: Path
    side: int
    data: Path
    part: str
    scale: float
    out: Path

    @property
    def words(self) -> list[str]:
        """The command line after the program."""
        overlap = min(MAX_OVERLAP, self.side // 4)
        images = ["--data", self.data, "--part", self.part, "--scale", self.scale, "--overlap", overlap]
        return [str(word) for word in ("validate", self.model, *images, "--out", self.out)]


def validate(forge: Path, task: Task, quiet: bool) -> list[Counts]:
    """Counts of every image. Without `quiet` the program's own progress is shown.

    Images already scored below `out` are not scored again. Raises DatasetError where an image was refused: a table over the
    others would not be the paper's.
    """
    task.out.mkdir(parents=True, exist_ok=True)
    result = task.out / "report.json"
    result.unlink(missing_ok=True)
    stderr = subprocess.PIPE if quiet else None
    done = subprocess.run([str(forge), *task.words], stdout=subprocess.DEVNULL, stderr=stderr, text=True)
    if not result.is_file():
        reason = (done.stderr or "").strip().splitlines() or [f"it ended with status {done.returncode}"]
        raise ForgeError(f"scarp-forge could not validate {task.model} on {task.data}, {task.part}: {reason[-1]}")
    report = json.loads(result.read_text())
    if report["refused"]:
        reasons = [entry["reason"] for entry in report["refused"]]
        raise DatasetError(f"{task.data}: scarp-forge refused {len(reasons)} images; the first: {reasons[0]}")
    return [counts_of(image) for image in report["images"]]


def counts_of(image: dict) -> Counts:
    """An image's counts in forge's JSON."""
    names = ("true_positive", "false_positive", "false_negative", "true_negative")
    return Counts(image["event"], image["sensor"], *(image[name] for name in names))
