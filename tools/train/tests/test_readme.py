"""The documents say what is there."""

import argparse
import os
import re
import shlex
from pathlib import Path

import pytest
from pydantic import BaseModel

from scarp_train import cli
from scarp_train.recipe import Recipe

ROOT = Path(__file__).parents[3]
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


def documents() -> list[Path]:
    """Every document of the repository; released models' cards and the changelog tell of their time."""
    skipped = {"target", "models", "node_modules"}
    found = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if name not in skipped and not name.startswith(".")]
        found += [Path(folder, name) for name in files if name.endswith(".md") and name != "CHANGELOG.md"]
    return sorted(found)


def lines_to_type(text: str) -> list[list[str]]:
    """The words after `scarp-train` of every line that is there to be typed, its variables filled in."""
    code = "\n".join(line.strip() for line in text.splitlines() if line.startswith("    ")).replace("\\\n", " ")
    variables = dict(re.findall(r"\b([A-Z_]+)=(\S+)", code))
    found = []
    for line in code.splitlines():
        if line.startswith("scarp-train "):
            words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
            words = [re.sub(r"\$([A-Z_]+)", lambda name: variables[name[1]], word) for word in words]
            # A word of its own that a loop fills in, with an option or with nothing.
            found.append([word for word in words if not word.startswith("$")])
    return found


def mentions(text: str) -> list[list[str]]:
    """The words after `scarp-train` of every command in a sentence, which may leave out what it needs."""
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    return [found.split() for found in re.findall(r"`scarp-train\s+([^`]+)`", prose)]


TYPED = [pytest.param(path, words, id=" ".join(words)) for path in documents() for words in lines_to_type(path.read_text())]
MENTIONED = [pytest.param(words, id=" ".join(words)) for path in documents() for words in mentions(path.read_text())]


def test_the_lines_are_found():
    assert len(TYPED) > 10 and len(MENTIONED) > 5
    text = "    R=r.toml\n\n    scarp-train train --recipe $R \\\n        --out o > log  # why\n"
    assert lines_to_type(text) == [["train", "--recipe", "r.toml", "--out", "o"]]


@pytest.mark.parametrize(("document", "words"), TYPED)
def test_every_line_can_be_typed(document: Path, words: list[str]):
    try:
        options = cli._parser().parse_args(words)
    except SystemExit as ended:
        assert ended.code == 0 and "--help" in words, document
        return
    recipe = getattr(options, "recipe", None)
    assert recipe is None or (ROOT / recipe).is_file(), document


def parser_of(parser: argparse.ArgumentParser, words: list[str]) -> tuple[argparse.ArgumentParser, list[str]]:
    """The parser of the command that the words begin with, and the words after its name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and words and not words[0].startswith("-"):
            assert words[0] in action.choices, f"there is no command {words[0]}"
            return parser_of(action.choices[words[0]], words[1:])
    return parser, words


@pytest.mark.parametrize("words", MENTIONED)
def test_every_command_in_a_sentence_is_one(words: list[str]):
    parser, rest = parser_of(cli._parser(), words)
    unknown = [word for word in rest if word.startswith("-") and word.split("=")[0] not in parser._option_string_actions]
    assert not unknown


def test_a_command_or_an_option_that_is_none_is_told():
    with pytest.raises(AssertionError):
        test_every_command_in_a_sentence_is_one(["trian"])
    with pytest.raises(AssertionError):
        test_every_command_in_a_sentence_is_one(["train", "--recipes", "r.toml"])
    with pytest.raises(AssertionError):
        test_every_line_can_be_typed(ROOT, ["train", "--recipes", "r.toml"])


def test_the_cost_is_that_of_the_recipe_that_is_trained_next():
    lines = lines_to_type(README)
    estimated = next(words for words in lines if words[-1] == "--estimate-only")
    assert estimated[:-1] in lines
