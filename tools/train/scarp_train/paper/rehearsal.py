"""Recipes of a rehearsal: the papers' networks with small encoders and a few steps, to go the whole way in minutes."""

import dataclasses

from ..networks import ARCHITECTURES
from ..recipe import Recipe
from .plan import Plan, Row, Training
from .published import HR_GLDD_NETWORKS, NETWORKS

STEPS = 6
SIDE = 64
PUBLISHED_NAMES = (*NETWORKS.values(), *HR_GLDD_NETWORKS.values())
WARNING = f"Rehearsal: simulated tiles, {STEPS} steps, small encoders: these figures say nothing about the paper."


def rehearsed(plan: Plan) -> Plan:
    """The same tables by networks that are quickly trained, whose rows are named by what is trained."""
    trainings = tuple(Training(t.key, t.network, small(t.recipe)) for t in plan.trainings)
    specs = {training.key: training.recipe.network for training in trainings}

    def named(row: Row) -> Row:
        spec = specs[row.training]
        if row.label not in PUBLISHED_NAMES:
            return row
        return dataclasses.replace(row, label=f"{spec.architecture} {spec.encoder}")

    tables = tuple(dataclasses.replace(table, rows=tuple(map(named, table.rows))) for table in plan.tables)
    return Plan(tables, trainings)


def small(recipe: Recipe) -> Recipe:
    """A recipe with its losses, sources and architecture, cut down in everything that costs time."""
    encoder = ARCHITECTURES[recipe.network.architecture].small
    network = recipe.network.model_copy(update={"encoder": encoder, "weights": "none", "weights_sha256": None})
    (crop,) = recipe.crop
    changes: dict = {
        "steps": STEPS,
        "epochs": None,
        "precision": "float32",
        "network": network,
        "optimiser": recipe.optimiser.model_copy(update={"warmup": 1}),
        "crop": (crop.model_copy(update={"size": SIDE, "batch": 2}),),
        "release": recipe.release.model_copy(update={"side": SIDE}),
    }
    if recipe.validation:
        once = {"every": STEPS, "limit": 1, "pictures": 1, "tile": SIDE}
        changes["validation"] = recipe.validation.model_copy(update=once)
    return recipe.model_copy(update=changes)
