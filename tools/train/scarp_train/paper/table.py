"""A table as it is shown and written: ours beside the published figures, with the spread over seeds."""

import json
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev

from .plan import Row, Table
from .published import GDCLD_PAPER, HR_GLDD_PAPER
from .scores import FIGURES, Scores

HEAD = (
    "",
    "",
    "precision",
    "recall",
    "F1",
    "mIoU as published",
    "landslide IoU",
    "two-class mean IoU",
    "per-image mean IoU",
)
TERMINAL = 120  # columns of running text
ABOUT = (
    "Percent. Ours: all pixels of all images together, at threshold 0.5; the per-image mean is of the images' landslide IoU."
    " The published mIoU is lower than the two-class mean that its own precision and recall imply, so none of ours stands"
    " beside it; the published landslide IoU is what its F1 implies."
)


@dataclass(frozen=True)
class Result:
    """A row with what was measured for each seed; None where there are no such images."""

    row: Row
    scores: tuple[Scores | None, ...]

    def percents(self, figure: str) -> list[float]:
        """The figure of every seed that has it, in percent."""
        values = [getattr(scores, figure) for scores in self.scores if scores is not None]
        return [100 * value for value in values if value is not None]

    @property
    def images(self) -> int:
        """Images that the row is scored on."""
        return max((scores.images for scores in self.scores if scores), default=0)

    def as_dict(self) -> dict:
        """The row for JSON, in percent."""
        ours = {}
        for figure in FIGURES:
            values = self.percents(figure)
            ours[figure] = {"seeds": values, "mean": mean(values) if values else None, "sd": _deviation(values)}
        row = self.row
        return {
            "label": row.label,
            "network": row.training,
            "dataset": row.scoring.dataset,
            "part": row.scoring.part,
            "event": row.event,
            "sensor": row.sensor,
            "images": self.images,
            "ours": ours,
            "published": {**asdict(row.published), "landslide_iou_of_f1": row.published.landslide_iou},
        }


def _deviation(values: list[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def notes(table: Table, results: list[Result]) -> list[str]:
    """What stands below a table."""
    paper = HR_GLDD_PAPER if table.name == "hr-gldd" else GDCLD_PAPER
    said = [f"Published: {paper}.", ABOUT, *(f"{note}." for note in table.notes)]
    seeds = max(len(result.scores) for result in results)
    if seeds > 1:
        said.append(f"Ours: mean of {seeds} seeds ± standard deviation (lowest to highest).")
    missing = [result.row.label for result in results if result.images == 0]
    if missing:
        said.append(f"No images at hand for: {'; '.join(missing)}.")
    return said


def cells(results: list[Result]) -> list[list[str]]:
    """Two lines for each row, ours and the published one, in the order of `HEAD`."""
    lines = []
    for result in results:
        precision, recall, f1, landslide, two_class, per_image = (_ours(result.percents(figure)) for figure in FIGURES)
        lines.append([result.row.label, "ours", precision, recall, f1, "-", landslide, two_class, per_image])
        p = result.row.published
        figures = [_theirs(value) for value in (p.precision, p.recall, p.f1, p.miou, p.landslide_iou)]
        lines.append(["", "published", *figures, "-", "-"])
    return lines


def _ours(values: list[float]) -> str:
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{mean(values):.2f} ± {stdev(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _theirs(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def as_text(table: Table, results: list[Result], warning: str | None) -> str:
    """The table for a terminal, a rehearsal's warning first."""
    rows = aligned([list(HEAD), *cells(results)], left=2)
    below = [textwrap.fill(note, TERMINAL) for note in notes(table, results)]
    above = [f"Table {table.name}: {table.title}", *([warning] if warning else [])]
    return "\n".join([*above, *rows, *below])


def aligned(lines: list[list[str]], left: int) -> list[str]:
    """Cells in columns as wide as their widest; the first `left` columns flush left, the others right."""
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    padded = [[c.ljust(w) if at < left else c.rjust(w) for at, (c, w) in enumerate(zip(line, widths))] for line in lines]
    return ["  ".join(line).rstrip() for line in padded]


def as_markdown(table: Table, results: list[Result], warning: str | None) -> str:
    """The table as Markdown."""
    rule = ["---", "---", *["---:"] * (len(HEAD) - 2)]
    rows = ["| " + " | ".join(line) + " |" for line in [list(HEAD), rule, *cells(results)]]
    above = [f"# Table {table.name}: {table.title}", *([f"**{warning}**"] if warning else [])]
    return "\n\n".join([*above, "\n".join(rows), *notes(table, results)]) + "\n"


def write(table: Table, results: list[Result], warning: str | None, out: Path) -> None:
    """Writes `table-NAME.md` and `table-NAME.json`."""
    document = {
        "table": table.name,
        "title": table.title,
        "rehearsal": warning,
        "notes": notes(table, results),
        "rows": [result.as_dict() for result in results],
    }
    (out / f"table-{table.name}.md").write_text(as_markdown(table, results, warning), encoding="utf-8")
    (out / f"table-{table.name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
