"""A summary of a cross-validation for people, in Markdown."""

SHOWN = ("precision", "recall", "f1", "landslide_iou", "object_f1")
SCORES = ("precision", "recall", "pixel F1", "landslide IoU", "objects' F1", "false alarms")


def as_markdown(summary: dict) -> str:
    """The summary's tables."""
    chosen = "chosen on the other folds" if summary["chosen_on_others"] else "chosen on this fold, for want of others"
    rows = [("0.5", summary["at_0.5"]), (chosen, summary["at_chosen"])]
    rows += [(f"{name}: {values['threshold']:.2f}", values) for name, values in summary["folds"].items()]
    before, after = (summary["reliability"][when] for when in ("before", "after"))
    mended = summary["calibration"]
    text = [
        f"{summary['images']} labelled images, each judged by a network that saw neither it nor its neighbours. A missed "
        f"pixel costs as much as {summary['miss_cost']:g} falsely found ones.",
        table(("threshold", *SCORES), [(name, *scores(values)) for name, values in rows]),
    ]
    if summary["places"]:
        named = [
            (place, values["fold"], str(values["images"]), percent(values["false_alarm_share"]))
            for place, values in summary["places"].items()
        ]
        named.append(("all", "", "", percent(summary["at_chosen"]["false_alarm_share"])))
        text.append(table(("place without landslides", "held out by", "images", "called landslide"), named))
    text.append(
        table(
            ("threshold", "calibrated", "cost", *SCORES),
            [
                (f"{row['threshold']:.3f}", f"{row['calibrated']:.3f}", f"{row['cost']:.4f}", *scores(row))
                for row in summary["thresholds"]
            ],
        )
    )
    text.append(
        f"Of pixels with a probability of 0.05 to 0.95, in {len(before['bins'])} bins of equally many, the probability is "
        f"{_gap(before)} off the share of landslide, and {_gap(after)} with scale and bias "
        f"{'fitted on the other folds' if summary['chosen_on_others'] else 'fitted on the same'}. For a release: logits "
        f"times {mended['scale']:.3f} plus {mended['bias']:.3f}, then threshold {summary['threshold']:.2f}."
    )
    text.append(
        table(
            ("before: probability", "landslide", "after: probability", "landslide"),
            [(*_bin(a), *_bin(b)) for a, b in zip(before["bins"], after["bins"])],
        )
    )
    return "\n\n".join(text) + "\n"


def scores(values: dict) -> tuple[str, ...]:
    """The cells of SCORES."""
    return (*(f"{values[key]:.3f}" for key in SHOWN), percent(values["false_alarm_share"]))


def percent(share: float | None) -> str:
    """A share in percent, a dash where there is none."""
    return "-" if share is None else f"{100 * share:.2f} %"


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _gap(curve: dict) -> str:
    return "-" if curve["mean_gap"] is None else f"{curve['mean_gap']:.3f}"


def _bin(values: dict) -> tuple[str, str]:
    return f"{values['mean_probability']:.3f}", f"{values['landslide_share']:.3f}"
