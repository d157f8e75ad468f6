"""The table of a comparison, in Markdown: what each variant gave and cost, and what was not run."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..crossval.folds import held_out_places
from ..crossval.table import percent, table
from .plan import Comparison, Variant
from .run import DONE, minutes_of


class Run(NamedTuple):
    """A variant by one seed that was judged; shares in 0..1, by place and of all of them."""

    iou: float
    object_f1: float
    alarms: dict[str, float | None]
    minutes: float


ALL = "all places"


def read_run(folder: Path) -> Run | None:
    """The result in the folder of a variant and seed, None where there is none."""
    path = folder / DONE
    if not path.is_file():
        return None
    summary = json.loads(path.read_text())
    pooled = summary["at_chosen"]
    alarms = {place: values["false_alarm_share"] for place, values in summary["places"].items()}
    alarms[ALL] = pooled["false_alarm_share"]
    return Run(pooled["landslide_iou"], pooled["object_f1"], alarms, minutes_of(folder))


def as_markdown(comparison: Comparison, out: Path) -> str:
    """The table, with a row for every variant."""
    first, chosen = comparison.variant[0], comparison.only or range(comparison.folds)
    places = [place for fold in chosen for place in held_out_places(comparison.places, fold, comparison.folds)]
    places += [ALL] if places else []
    base = _runs(comparison, first, out)
    rows = []
    for variant in comparison.variant:
        runs = _runs(comparison, variant, out)
        if not runs:
            rows.append((variant.name, _why_not(comparison, variant, out), *("-",) * (len(places) + 4)))
            continue
        gained = [runs[seed].iou - base[seed].iou for seed in runs if seed in base] if variant is not first else []
        of_places = ([run.alarms[place] for run in runs.values()] for place in places)
        rows.append(
            (
                variant.name,
                f"{len(runs)} of {len(comparison.seeds)}",
                _spread([run.iou for run in runs.values()]),
                _spread(gained, "+") if gained else "-",
                _spread([run.object_f1 for run in runs.values()]),
                *(percent(None if None in shares else float(np.mean(shares))) for shares in of_places),
                f"{np.mean([run.minutes for run in runs.values()]):.1f}",
            )
        )
    columns = ("variant", "seeds", "landslide IoU", f"to {first.name}", "objects' F1", *places, "minutes a seed")
    on = "the other folds" if len(chosen) > 1 else "the same fold"
    return (
        f"{comparison.steps} steps; folds {', '.join(map(str, chosen))} of {comparison.folds}. Percent, the mean over "
        "seeds, in brackets the greatest less the least; differences are of the same seeds. Places show what share of "
        f"ground without landslides is called one. Thresholds were chosen on {on}.\n\n{table(columns, rows)}"
    )


def _runs(comparison: Comparison, variant: Variant, out: Path) -> dict[int, Run]:
    found = {seed: read_run(out / variant.folder / f"seed-{seed}") for seed in comparison.seeds}
    return {seed: run for seed, run in found.items() if run is not None}


def _why_not(comparison: Comparison, variant: Variant, out: Path) -> str:
    begun = any((out / variant.folder / f"seed-{seed}").is_dir() for seed in comparison.seeds)
    return "not finished" if begun else "not run"


def _spread(shares: list[float], sign: str = "") -> str:
    spread = f" ({100 * (max(shares) - min(shares)):.1f})" if len(shares) > 1 else ""
    return f"{100 * np.mean(shares):{sign}.1f}{spread}"
