"""MODEL_CARD.md: what a released model is, what it was trained on and by, and what was measured; nothing else."""

import json
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from ..calibration import Fitted
from ..data.licences import TrainingData
from ..networks import Network
from ..recipe import Recipe
from .manifest import TOLERANCE, Naming, architecture
from .reports import SCORES, Figures, doubts

CARD = "MODEL_CARD.md"


@dataclass(frozen=True)
class Facts:
    """What the card is written from.

    `difference` is the largest of a logit between graph and PyTorch, `golden_share` the golden output's share of landslide.
    `fitted` is the calibration that the weights carry.
    """

    naming: Naming
    network: Network
    recipe: Recipe
    training: list[TrainingData]
    figures: list[Figures]
    difference: float
    golden_share: float
    fitted: Fitted | None = None


def write_card(folder: Path, facts: Facts) -> None:
    """Writes the card into a model's folder."""
    (folder / CARD).write_text(
        "\n\n".join([_contract(facts), _training(facts), _scores(facts), _proof(facts), _recipe(facts)]) + "\n"
    )


def _contract(facts: Facts) -> str:
    naming, recipe, network = facts.naming, facts.recipe, facts.network
    gsd, side = recipe.release.gsd_m, recipe.release.side
    parameters = sum(p.numel() for p in network.parameters())
    rows = [
        ("version", naming.version),
        ("architecture", f"{architecture(network)}, {parameters / 1e6:.2f} M parameters"),
        ("licence", naming.licence),
        ("input", f"{side} x {side} pixels of {gsd:g} m, {recipe.network.bands} bands (RGB, 8 bits)"),
        ("output", f"one probability of landslide per {network.stride * gsd:g} m"),
        ("threshold", f"{naming.threshold:g}"),
        ("graph", "float"),
        ("weights for fine-tuning", "weights.safetensors, matrices and kernels in half precision"),
    ]
    if facts.fitted is not None:
        rows.insert(6, ("probability", _calibration(facts.fitted)))
    if recipe.network.reduction > 1:
        rows.insert(
            4, ("reduction", f"averages {recipe.network.reduction} x {recipe.network.reduction} pixels before the encoder")
        )
    return f"# {naming.name}\n\n" + _table(("", ""), rows) + "\n\nContract in `manifest.toml`."


def _calibration(fitted: Fitted) -> str:
    return (
        f"calibrated: logits times {fitted.scale:.3f} plus {fitted.bias:.3f}, in the last layer, fitted on {fitted.images} "
        f"pictures held out in cross-validation; where a missed pixel costs as much as {fitted.miss_cost:g} falsely found "
        f"ones, a threshold of {fitted.threshold:g} cost least there"
    )


def _training(facts: Facts) -> str:
    lines = [f"- {entry.data} ({entry.licence}). {entry.attribution}" for entry in facts.training]
    return "## Trained on\n" + "\n".join(lines)


def _scores(facts: Facts) -> str:
    head = "## Scores\n"
    warnings = "".join(f"**Warning: {doubt}**\n\n" for doubt in doubts(facts.figures))
    if not facts.figures:
        return head + warnings.strip()
    rows = [
        (
            f.what,
            "-" if f.images is None else str(f.images),
            f"{f.threshold:g}",
            *(_percent(f.scores[key]) for key in SCORES),
        )
        for f in facts.figures
    ]
    columns = ("set", "images", "threshold", "precision", "recall", "F1", "landslide IoU")
    head += warnings + "Landslide class, percent, pixels pooled over all images of a set."
    return f"{head}\n\n{_table(columns, rows)}\n\nNothing else was measured."


def _proof(facts: Facts) -> str:
    return (
        "## Export\n"
        f"Largest difference of a logit between graph and PyTorch: {facts.difference:.2g}. Golden output, by ONNX "
        "Runtime: landslide on "
        f"{facts.golden_share:.1%} of its cells; {TOLERANCE:g} in mean absolute probability is allowed between engines."
    )


def _recipe(facts: Facts) -> str:
    values = json.loads(facts.recipe.model_dump_json(exclude_none=True))
    return f"## Recipe\n```toml\n{tomli_w.dumps(values).strip()}\n```"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _percent(score: float | None) -> str:
    return "-" if score is None else f"{100 * score:.2f}"
