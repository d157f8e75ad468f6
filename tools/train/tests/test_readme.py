"""The README says what is there."""

import shlex
from pathlib import Path

import pytest
from pydantic import BaseModel

from scarp_train import cli
from scarp_train.recipe import Recipe

README = (Path(__file__).parents[1] / "README.md").read_text()
RECIPES = Path(__file__).parents[1] / "recipes"


def keys(model: type[BaseModel]) -> set[str]:
    """Every key of a recipe's table and of the tables in it."""
    found = set()
    for name, field in model.model_fields.items():
        kinds = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if isinstance(kind, type)]
        tables = [kind for kind in kinds if issubclass(kind, BaseModel)]
        found |= {name}.union(*(keys(table) for table in tables))
    return found


def test_every_key_of_a_recipe_is_explained():
    table = README[README.index("| key | default |") : README.index("A run leaves in")]
    assert keys(Recipe) >= {"min_scale", "weights_sha256", "every"}
    missing = [key for key in keys(Recipe) if f"`{key}`" not in table and f"[{key}]" not in table]
    assert not missing


def test_every_recipe_is_named():
    named = [path.name for path in RECIPES.glob("*.toml")]
    assert all(f"`{name}`" in README for name in named)
    assert "paper/*.toml" in README and len(list((RECIPES / "paper").glob("*.toml"))) == 12


LINES = [line.strip() for line in README.splitlines() if line.startswith("    scarp-train ") and "--help" not in line]


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str):
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    options = cli._parser().parse_args(words)
    recipe = getattr(options, "recipe", None)
    assert recipe is None or (Path(__file__).parents[3] / recipe).is_file()


def test_the_cost_is_that_of_the_recipe_that_is_trained_next():
    estimated = next(line for line in LINES if line.endswith("--estimate-only"))
    assert estimated.removesuffix(" --estimate-only") in LINES
