"""The README says what is there."""

from pathlib import Path

from pydantic import BaseModel

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
