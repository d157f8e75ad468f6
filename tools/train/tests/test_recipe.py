"""What is said of a recipe that is wrong: the place, and what belongs there."""

import pytest

from scarp_train.errors import RecipeError
from scarp_train.recipe import parse_recipe


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"crop": [{"size": 100}]}, "crop.0.size: must be a multiple of 32"),
        ({"crop": [{"min_scale": 2.0}]}, "crop.0: max_scale is below min_scale"),
        ({"crop": [{"sise": 64}]}, "unknown key 'crop.0.sise'; see tools/train/README.md for all keys"),
        ({"crop": []}, "crop: wants one [[crop]] table at least, in double brackets"),
        ({"crop": {"size": 64}}, "crop: wants one [[crop]] table at least, in double brackets"),
        ({"source": [{}]}, "source.0.name: is missing"),
        ({"network": "mit_b0"}, "network: wants a table [network]"),
        (
            {"network": {"weights_sha256": "x"}},
            "network.weights_sha256: must be 64 hexadecimal digits, as sha256sum prints them",
        ),
        ({"precision": "f16"}, "precision: must be 'float32' or 'bfloat16'"),
        (
            {"source": [{"name": "a"}, {"name": "a", "part": "val"}]},
            "recipe: source 'a' is there twice; give each its own name, which may have the same folder",
        ),
    ],
)
def test_a_wrong_recipe_is_told_in_words_of_the_recipe_and_no_more(changes: dict, told: str):
    with pytest.raises(RecipeError) as found:
        parse_recipe({"steps": 1, "source": [{"name": "a"}]} | changes, "r.toml")
    assert str(found.value) == f"r.toml: {told}"
