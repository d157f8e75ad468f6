"""Cross-validation: no image is judged by a network that saw it, or at a threshold that it helped to choose."""

from pathlib import Path

import numpy as np
import pytest

from scarp_train.crossval.folds import held_out_places, make_folds, read_groups, recipe_of_fold
from scarp_train.crossval.histogram import THRESHOLDS, Histogram, count, look_at
from scarp_train.crossval.summary import Fold, best_threshold, false_alarms, scores, summarise
from scarp_train.crossval.table import as_markdown
from scarp_train.data.pairs import find_pairs
from scarp_train.errors import DatasetError, RecipeError
from scarp_train.networks import build
from scarp_train.recipe import NetworkSpec, parse_recipe


def test_overlapping_images_stay_on_one_side_of_every_split(tmp_path: Path):
    path = tmp_path / "groups.txt"
    path.write_text("# overlap\na b c\nd e # two\n")
    groups = read_groups(path, list("abcdefgh"))
    folds = make_folds(groups, 3)
    assert sorted(name for fold in folds for name in fold) == list("abcdefgh")
    for group in groups:
        assert sum(set(group) <= set(fold) for fold in folds) == 1


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_would_hold_nothing_out_are_refused(folds: int):
    with pytest.raises(DatasetError, match="there are 3 groups of images; give a number from 2 to that"):
        make_folds([["a"], ["b"], ["c"]], folds)


def seen(probabilities: list[float], label: list[int]) -> Histogram:
    """One row of pixels."""
    return count(np.array([probabilities], np.float32), np.array([label], np.uint8), mapping_unit=1)


def fold(labelled: dict[str, Histogram], places: dict[str, dict[str, Histogram]] | None = None) -> Fold:
    return Fold(labelled, places or {}, "hash")


def at(probability: float) -> int:
    """The index of the first threshold from this probability up."""
    return next(i for i, logit in enumerate(THRESHOLDS) if 1 / (1 + np.exp(-logit)) >= probability)


def test_every_place_is_held_out_once():
    assert [held_out_places("abcde", fold, 3) for fold in range(3)] == [["a", "d"], ["b", "e"], ["c"]]
    assert [held_out_places("a", fold, 2) for fold in range(2)] == [["a"], []]


def test_a_fold_does_not_train_on_the_place_that_it_holds_out():
    sources = [{"name": name} for name in ("real", "town", "field")]
    recipe = parse_recipe({"steps": 1, "seed": 5, "source": sources, "crop": [{"size": 64}]}, "recipe")
    kept = recipe_of_fold(recipe, 2, ["town"])
    assert [source.name for source in kept.source] == ["real", "field"] and kept.seed == 7
    with pytest.raises(RecipeError, match="all of the recipe's sources are held out"):
        recipe_of_fold(recipe, 0, ["real", "town", "field"])


def test_no_fold_takes_part_in_the_choice_of_its_own_threshold():
    low = seen([0.3, 0.3, 0.1], [1, 1, 0])
    high = seen([0.8, 0.6, 0.6], [1, 0, 0])
    folds = {"one": fold({"a": low}), "two": fold({"b": high}), "three": fold({"c": high})}
    report = summarise(folds, 1.5)
    assert report["chosen_on_others"] and report["folds"]["one"]["threshold"] > 0.6
    assert report["folds"]["one"]["landslide_iou"] == 0, "its own best threshold would have given 1"
    assert report["folds"]["two"]["landslide_iou"] == pytest.approx(1 / 3), "the low threshold of the first counts, too"


def test_one_fold_alone_says_that_it_chose_its_own_threshold():
    report = summarise({"one": fold({"a": seen([0.3, 0.3, 0.1], [1, 1, 0])})}, 1.5)
    assert not report["chosen_on_others"] and report["at_chosen"]["landslide_iou"] == 1
    assert "chosen on this fold, for want of others" in as_markdown(report)


def test_the_cost_of_a_miss_moves_the_threshold():
    doubtful = seen([0.9, 0.4, 0.4, 0.4, 0.1], [1, 1, 0, 0, 0])
    dear, cheap = (scores([(doubtful, best_threshold(doubtful, miss_cost=cost))]) for cost in (3.0, 1.0))
    assert (dear["recall"], dear["precision"]) == (1.0, 0.5)
    assert (cheap["recall"], cheap["precision"]) == (0.5, 1.0)


def test_the_threshold_is_where_the_curve_of_the_cost_is_lowest():
    report = summarise({"one": fold({"a": seen([0.9, 0.4, 0.4, 0.4, 0.1], [1, 1, 0, 0, 0])})}, 3.0)
    curve = {row["threshold"]: row["cost"] for row in report["thresholds"]}
    assert report["best_threshold"] == min(curve, key=curve.get)
    assert min(curve.values()) == pytest.approx(2 / 5) and max(curve.values()) == pytest.approx(2 * 3 / 5)


def test_places_without_landslides_are_judged_by_the_fold_that_held_them_out():
    labelled = seen([0.9, 0.1], [1, 0])
    town, field = seen([0.95, 0.1, 0.1, 0.1], [0] * 4), seen([0.1, 0.1], [0] * 2)
    folds = {"one": fold({"a": labelled}, {"town": {"t": town}}), "two": fold({"b": labelled}, {"field": {"f": field}})}
    report = summarise(folds, 1.5)
    assert report["places"]["town"] == {"fold": "one", "images": 1, "false_alarm_share": 0.25}
    assert report["places"]["field"]["false_alarm_share"] == 0
    assert report["at_chosen"]["false_alarm_share"] == pytest.approx(1 / 6)
    assert "| town | one | 1 | 25.00 % |" in as_markdown(report)


def test_pixels_are_counted_at_every_threshold_and_ignored_ones_nowhere():
    found = seen([0.9, 0.6, 0.4, 0.2, 0.9], [1, 0, 1, 0, 255])
    assert found.background.sum() == found.landslide.sum() == 2
    at_half, at_low = (scores([(found, at(threshold))]) for threshold in (0.5, 0.3))
    assert (at_half["precision"], at_half["recall"], at_half["landslide_iou"]) == (0.5, 0.5, pytest.approx(1 / 3))
    assert (at_low["precision"], at_low["recall"]) == (pytest.approx(2 / 3), 1.0)
    assert false_alarms([(found, at(0.5))]) == 0.5


def test_a_landslide_found_in_pieces_is_found_and_specks_do_not_count():
    label = np.zeros((20, 40), np.uint8)
    label[5:15, 2:14] = 1
    label[5:15, 25:35] = 1
    found = np.full(label.shape, 0.1)
    found[5:15, 2:6] = found[5:15, 8:12] = 0.9  # two pieces of the first; nothing of the second
    found[0, 20:22] = 0.9  # a speck
    row = count(found, label, mapping_unit=10).objects[at(0.5)]
    assert row.tolist() == [2, 1, 2, 2]


def test_folds_are_read_as_they_were_written(tmp_path: Path):
    written = fold({"a": seen([0.9, 0.2], [1, 0])}, {"town": {"t": seen([0.3], [0])}})
    (tmp_path / "fold-0.json").write_text(written.as_json())
    read = Fold.read(tmp_path / "fold-0.json")
    assert summarise({"f": read}, 1.5) == summarise({"f": written}, 1.5) and read.weights == "hash"


def test_pictures_known_to_be_finer_are_judged_at_the_networks_resolution(gdcld: Path):
    values = {"steps": 1, "source": [{"name": "real"}], "release": {"side": 64, "gsd_m": 0.2}}
    network, recipe = build(NetworkSpec()).eval(), parse_recipe(values, "recipe")
    assert look_at(network, find_pairs(gdcld)[0], recipe).pixels == 192**2
    (gdcld / "dataset.toml").write_text('[[image]]\nname = "*"\ngsd_m = 0.05\n')
    assert look_at(network, find_pairs(gdcld)[0], recipe).pixels == 48**2
