"""Every command has the options that its code asks for."""

import argparse
import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from scarp_train import cli
from scarp_train.cli import COMMANDS


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    found = set()
    for action in parser._actions:
        found.add(action.dest)
        if isinstance(action, argparse._SubParsersAction):
            found |= set().union(*(options_of(sub) for sub in action.choices.values()))
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=lambda module: module.__name__.rsplit(".", 1)[-1])
def test_what_a_command_reads_can_be_given(command):
    commands = argparse.ArgumentParser().add_subparsers()
    command.add_arguments(commands)
    given = set().union(*(options_of(parser) for parser in commands.choices.values()))
    tree = ast.parse(Path(importlib.import_module(command.__name__).__file__).read_text())
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "options"
    }
    assert read <= given | {"run"}


def test_no_command_waits_for_libraries_before_it_knows_what_to_do():
    # They load while the command runs, where Ctrl-C is one line.
    code = "import sys; from scarp_train import cli; cli._parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "rasterio", "h5py", "pydantic"} & set(loaded)


def test_help_names_every_command_and_the_exit_status(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    assert all(command.__name__.rsplit(".", 1)[-1] in text for command in COMMANDS)
    assert "exit status" in text


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (["sim=a", "sim=b"], "--source sim: is given twice"),
        (["sim=a", "smi=b"], "--source smi: is none of the recipe's sources, gdcld, sim"),
        (["sim"], "--source sim: wants NAME=DIR"),
    ],
)
def test_a_source_that_is_given_twice_or_for_nothing_is_refused(tmp_path: Path, capsys, sources: list[str], told: str):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('steps = 1\n[[source]]\nname = "sim"\n[validation]\nsource = "gdcld"\n')
    command = ["train", "--recipe", str(recipe), "--out", str(tmp_path / "out")]
    assert cli.main([*command, *[word for source in sources for word in ("--source", source)]]) == 1
    assert told in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"set -o pipefail; {sys.executable} -m scarp_train networks | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stdout.startswith("architecture") and done.stderr == "" and done.returncode in (0, 141)
    gone = subprocess.run(["bash", "-c", command.replace("head -1", "true")], capture_output=True, text=True)
    assert (gone.stderr, gone.returncode) == ("", 141)
