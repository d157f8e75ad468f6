"""Variants are trained alike, judged alike, and those that were not run say so."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import make_recipe

from scarp_train.cli import main
from scarp_train.compare.plan import read_comparison
from scarp_train.compare.table import as_markdown
from scarp_train.compose import material
from scarp_train.errors import RecipeError

LEVERS = Path(__file__).parents[1] / "bench" / "levers.toml"
RECIPE = '[[source]]\nname = "real"\npaste = 0.5\n[[crop]]\nsize = 64\nbatch = 2\n[release]\nside = 64\n'


@pytest.fixture
def plan(gdcld: Path, tmp_path: Path) -> Path:
    """Two variants and two seeds of seconds, on one fold, with a place and simulated tiles."""
    (tmp_path / "recipe.toml").write_text("epochs = 3\n" + RECIPE)
    for name in ("town", "sim"):
        shutil.copytree(gdcld / "val_dataset", tmp_path / name)
    image = next((tmp_path / "town" / "images").iterdir())
    image.write_bytes(image.read_bytes() + b"0")  # another file than sim's, for no place may be a source of its fold
    values = {
        "recipe": str(tmp_path / "recipe.toml"),
        "data": str(gdcld),
        "steps": 2,
        "seeds": [0, 100],
        "folds": 2,
        "only": [0],
        "places": {"town": str(tmp_path / "town")},
        "sources": {"sim": str(tmp_path / "sim")},
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if not isinstance(value, dict)]
    lines += [f'[{key}]\n{n} = "{v}"' for key, value in values.items() if isinstance(value, dict) for n, v in value.items()]
    lines += [f'[[variant]]\nname = "{n}"\nshares = {s}' for n, s in (("base", "{real = 1.0}"), ("+ sim", SIM))]
    path = tmp_path / "levers.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


SIM = "{real = 0.5, sim = 0.5}"


def compare(plan: Path, *more: str) -> int:
    words = ["compare", plan, "--out", plan.parent / "out", "--accelerator", "cpu", "--workers", "0", "--quiet", *more]
    return main(list(map(str, words)))


def rows(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]


def write_result(folder: Path, iou: float, alarms: float, minutes: float) -> None:
    folder.mkdir(parents=True)
    pooled = {"landslide_iou": iou, "object_f1": 0.5, "false_alarm_share": alarms}
    (folder / "crossval.json").write_text(json.dumps({"at_chosen": pooled, "places": {"town": pooled}}))
    (folder / "minutes.json").write_text(json.dumps(minutes))


def test_a_slice_runs_what_it_has_time_for_and_the_table_tells_what_was_not_run(plan: Path, capsys):
    assert compare(plan, "--minutes", "0") == 3
    told = capsys.readouterr()
    assert [row[1] for row in rows(told.out)] == ["not run", "not run"] and "the same command goes on" in told.err
    assert compare(plan) == 0
    base, sim = rows(capsys.readouterr().out)
    assert (base[0], base[1], base[3]) == ("base", "2 of 2", "-") and sim[:2] == ["+ sim", "2 of 2"]
    assert all(cell.endswith("%") for row in (base, sim) for cell in row[5:7])
    first = json.loads((plan.parent / "out/sim/seed-100/plan.json").read_text())["recipe"]
    assert (first["steps"], first["seed"], first["source"][0]["paste"]) == (2, 100, 0.5)
    assert (plan.parent / "out" / "compare.md").read_text().startswith("2 steps; folds 0 of 2.")


def test_differences_are_of_the_same_seeds_and_their_spread_is_told(plan: Path):
    out, comparison = plan.parent / "out", read_comparison(plan)
    for name, seed, iou in (("base", 0, 0.5), ("base", 100, 0.54), ("sim", 0, 0.55), ("sim", 100, 0.57)):
        write_result(out / name / f"seed-{seed}", iou, alarms=0.01, minutes=7.0)
    base, sim = rows(as_markdown(comparison, out))
    assert base == ["base", "2 of 2", "52.0 (4.0)", "-", "50.0 (0.0)", "1.00 %", "1.00 %", "7.0"]
    assert sim[2:4] == ["56.0 (2.0)", "+4.0 (2.0)"]
    shutil.rmtree(out / "base" / "seed-100")
    (out / "sim" / "seed-100" / "crossval.json").unlink()
    assert [row[1:4] for row in rows(as_markdown(comparison, out))] == [["1 of 2", "50.0", "-"], ["1 of 2", "55.0", "+5.0"]]


def test_a_variant_that_was_begun_is_not_finished(plan: Path):
    (plan.parent / "out" / "sim" / "seed-0").mkdir(parents=True)
    assert [row[1] for row in rows(as_markdown(read_comparison(plan), plan.parent / "out"))] == ["not run", "not finished"]


def test_results_of_other_settings_are_not_set_beside_each_other(plan: Path, capsys):
    assert compare(plan, "--seed", "7") == 1 and "--seed 7: is none of the comparison's, 0, 100" in capsys.readouterr().err
    assert compare(plan, "--seed", "0") == 0
    assert [row[1] for row in rows(capsys.readouterr().out)] == ["1 of 2", "1 of 2"]
    plan.write_text(plan.read_text().replace("steps = 2", "steps = 3"))
    assert compare(plan) == 1
    assert "base/seed-0: was run with other settings; change them back" in capsys.readouterr().err


def test_composites_are_made_of_what_the_fold_trains_on(plan: Path, monkeypatch):
    monkeypatch.setattr(material, "LEAST_SLIDE", 1000)
    sim = plan.parent / "sim"
    text = plan.read_text().replace(f"shares = {SIM}", "shares = {real = 0.5, composites = 0.5}").replace("[0, 100]", "[0]")
    plan.write_text(text.replace("[[variant]]", f'[composites]\nshapes = "{sim}"\ncount = 2\n[[variant]]', 1))
    assert compare(plan) == 0
    folder = plan.parent / "out" / "composites" / "seed-0" / "fold-0" / "train_dataset"
    used = {json.loads(path.read_text())["background"] for path in (folder / "provenance").iterdir()}
    inside = {f"inside/{path.stem}" for path in (plan.parent / "out/base/seed-0/fold-0/inside/images").iterdir()}
    assert used and used <= inside, "town is held out by this fold"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("sim = 0.5}", "hills = 0.5}", r"variant '\+ sim': nothing says where 'hills' is; add it to \[sources\]"),
        ("steps = 2", "stops = 2", "unknown key 'stops'"),
        ('"+ sim"', '"base"', "variant 'base' is there twice"),
        ("[[variant]]", "[[variant]]\nrecipe = { colours = 2 }", "unknown key 'colours'"),
    ],
)
def test_a_comparison_that_cannot_be_run_is_refused(plan: Path, old: str, new: str, reason: str):
    plan.write_text(plan.read_text().replace(old, new))
    with pytest.raises(RecipeError, match=reason):
        comparison = read_comparison(plan)
        [comparison.plan(variant, 0, plan.parent / "out") for variant in comparison.variant]


def test_the_levers_can_be_run(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[3])
    comparison = read_comparison(LEVERS)
    plans = {variant.name: comparison.plan(variant, 100, Path("out")) for variant in comparison.variant}
    assert {plan.recipe.steps for plan in plans.values()} == {comparison.steps}
    assert all(abs(sum(v.shares.values()) - 1) < 1e-9 for v in comparison.variant)
    changed = comparison.variant[0].model_copy(update={"recipe": {"loss": {"dice": 0.5}, "colour": 1.0}})
    recipe = comparison.plan(changed, 0, Path("out")).recipe
    assert (recipe.loss.dice, recipe.loss.bce, recipe.colour) == (0.5, make_recipe().loss.bce, 1.0)
