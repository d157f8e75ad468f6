"""The tables that people read and the JSON that programs read."""

from collections.abc import Callable
from dataclasses import dataclass

from contest import Outcome, Result
from entries import NAMES, Entry
from tiles import SIDE

GSD_M = 0.2
QUIET = 0.03  # of the machine; a desktop at rest
KM2 = (SIDE * GSD_M / 1000) ** 2
WORDS = ("engine", "graph", "precision")
NUMBERS = ("median ms", "min ms", "/ ours", "peak MiB", "largest diff", "same class", "km2/h")
RIVALS: dict[str, Callable[[Entry], bool]] = {
    "best ONNX Runtime on the standard export / ours": lambda entry: (entry.engine, entry.graph) == ("ort", "standard"),
    "best ONNX Runtime on the folded graph / ours": lambda entry: (entry.engine, entry.graph) == ("ort", "folded"),
    "best OpenVINO on the folded graph / ours": lambda entry: (entry.engine, entry.graph) == ("openvino", "folded"),
    "best ncnn on the folded graph / ours": lambda entry: (entry.engine, entry.graph) == ("ncnn", "folded"),
    "stock tract int8 / ours": lambda entry: entry.engine == "tract" and entry.precision.startswith("int8"),
}


@dataclass(frozen=True)
class Table:
    """The results of one contest beside ours; without ours there are times, but no ratios."""

    outcome: Outcome

    @property
    def _ours_ms(self) -> float | None:
        return next((result.median_ms for result in self.outcome.results if result.entry.ours), None)

    def _ratio(self, result: Result) -> float | None:
        return result.median_ms / self._ours_ms if self._ours_ms else None

    def text(self) -> str:
        """A table in columns, and below it what it comes to."""
        rows = [WORDS + NUMBERS, *(self._row(result) for result in self.outcome.results)]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = [f"{self.outcome.setting}, 1 x 3 x {SIDE} x {SIDE}"]
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths)]
            cells[: len(WORDS)] = [cell.ljust(width) for cell, width in zip(row, widths[: len(WORDS)])]
            lines.append("  ".join(cells))
        lines += [f"{line['name']}: {line['ratio']:.2f} ({line['by']})" for line in self.summary()]
        if self.outcome.others > QUIET:
            lines.append(f"other programs took {self.outcome.others:.0%} of the machine meanwhile; measure when it is quiet")
        return "\n".join(lines)

    def _row(self, result: Result) -> tuple[str, ...]:
        entry, ratio = result.entry, self._ratio(result)
        return (
            NAMES[entry.engine],
            entry.graph,
            entry.precision,
            f"{result.median_ms:.1f}",
            f"{result.min_ms:.1f}",
            "-" if ratio is None else f"{ratio:.2f}",
            f"{result.peak_mib:.0f}",
            f"{result.max_difference:.2g}",
            f"{result.same_class:.2%}",
            f"{_km2_per_hour(result):.0f}",
        )

    def summary(self) -> list[dict[str, object]]:
        """By how much the best of each kind of rival is slower than ours."""
        lines = []
        for name, belongs in RIVALS.items():
            rivals = [result for result in self.outcome.results if belongs(result.entry)]
            if rivals and self._ours_ms:
                best = min(rivals, key=lambda result: result.median_ms)
                where = {"model": self.outcome.setting.model.name, "threads": self.outcome.setting.threads}
                lines.append({**where, "name": name, "ratio": round(self._ratio(best), 3), "by": best.entry.precision})
        return lines

    def entries(self) -> list[dict[str, object]]:
        """Every row for the JSON file."""
        return [
            {
                "engine": result.entry.engine,
                "graph": result.entry.graph,
                "precision": result.entry.precision,
                "model": self.outcome.setting.model.name,
                "threads": self.outcome.setting.threads,
                "median_ms": round(result.median_ms, 3),
                "min_ms": round(result.min_ms, 3),
                "runs": len(result.times_ms),
                "ratio": self._ratio(result),
                "load_ms": result.load_ms,
                "peak_mib": result.peak_mib,
                "max_logit_difference": result.max_difference,
                "same_class": result.same_class,
                "others": round(self.outcome.others, 3),
                "km2_per_hour": round(_km2_per_hour(result), 1),
            }
            for result in self.outcome.results
        ]


def _km2_per_hour(result: Result) -> float:
    """Tiles of 0.2 m side by side, one after the other."""
    return KM2 / (result.median_ms / 3.6e6)
