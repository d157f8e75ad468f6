"""What the papers' tables need: recipes as published, networks shared between tables, datasets where they lie."""

from pathlib import Path

import pytest

from scarp_train.errors import DatasetError, RecipeError
from scarp_train.paper import published, rehearsal, simulated
from scarp_train.paper.data import as_rgb, locate, parts_of, scale_for, scored_pairs, size, tiles
from scarp_train.paper.plan import RECIPES, TABLES, make_plan
from scarp_train.recipe import read_recipe


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four simulated datasets."""
    root = tmp_path_factory.mktemp("data")
    simulated.publish(root, {"gdcld", "hr-gldd", "gvlm", "cas"})
    return root


@pytest.mark.parametrize("network", published.NETWORKS)
def test_a_recipe_of_gdcld_has_the_published_split_optimiser_loss_and_epochs(network: str) -> None:
    recipe = read_recipe(RECIPES / f"{network}.toml")
    optimiser, loss = recipe.optimiser, recipe.loss
    assert (optimiser.name, optimiser.learning_rate, optimiser.weight_decay) == ("adamw", 6e-4, 0.01)
    assert (loss.bce, loss.dice, loss.tversky, loss.focal_tversky, loss.features) == (1.0, 0.0, 0.0, 0.0, 0.0)
    assert recipe.epochs == 100
    assert [(source.name, source.part, source.paste) for source in recipe.source] == [("gdcld", "train", 0.0)]
    assert (recipe.validation.source, recipe.validation.part) == ("gdcld", "val")
    assert [(crop.size, crop.min_scale, crop.max_scale) for crop in recipe.crop] == [(1024, 1.0, 1.0)]


@pytest.mark.parametrize("network", published.HR_GLDD_NETWORKS)
def test_a_recipe_of_hr_gldd_has_four_bands_128_pixels_adam_and_its_loss(network: str) -> None:
    recipe = read_recipe(RECIPES / f"{network}.toml")
    assert (recipe.network.bands, recipe.crop[0].size) == (4, 128)
    assert (recipe.optimiser.name, recipe.optimiser.learning_rate) == ("adam", 5e-4)
    loss = recipe.loss
    if "adsms" in network:
        assert (loss.bce, loss.dice, loss.tversky, loss.levels) == (0.0, 0.0, 1.0, 1.0)
    else:
        assert (loss.bce, loss.dice, loss.tversky, loss.levels) == (0.0, 1.0, 0.0, 0.0)


def test_a_network_that_several_tables_need_is_trained_once() -> None:
    plan = make_plan(list(TABLES))
    keys = [training.key for training in plan.trainings]
    assert len(keys) == len(set(keys)) == 19
    segformer = next(training for training in plan.trainings if training.key == "segformer")
    scored = {(scoring.dataset, scoring.part) for scoring in plan.scorings(segformer)}
    assert scored == {("gdcld", "val"), ("gdcld", "test"), ("hr-gldd", "all"), ("gvlm", "all"), ("cas", "all")}


def test_table_7_trains_one_segformer_on_each_source_and_one_on_all() -> None:
    plan = make_plan(["7"])
    trained = {training.key: training.recipe.source[0].sensors for training in plan.trainings}
    assert trained == {
        "segformer-on-uav": ("UAV",),
        "segformer-on-planetscope": ("PlanetScope",),
        "segformer-on-map-world": ("Map World",),
        "segformer-on-gaofen": ("Gaofen",),
        "segformer": (),
    }
    assert "segformer-on-gaofen" not in [training.key for training in make_plan(["8"]).trainings]


def test_table_10_trains_deeplab_on_cas_and_segformer_on_three_sets_and_scores_lushan_by_sensor() -> None:
    plan = make_plan(["10"])
    trained = {
        training.key: (training.recipe.source[0].name, training.recipe.validation.source) for training in plan.trainings
    }
    assert trained == {
        "deeplabv3-on-cas": ("cas", "cas"),
        "segformer-on-gvlm": ("gvlm", "gvlm"),
        "segformer-on-cas": ("cas", "cas"),
        "segformer": ("gdcld", "gdcld"),
    }
    assert {(row.event, row.scoring.dataset) for row in plan.tables[0].rows} == {("Lushan", "gdcld")}
    assert plan.datasets == {"cas": {"train", "val"}, "gvlm": {"train", "val"}, "gdcld": {"train", "val", "test"}}


def test_networks_that_no_paper_has_and_tables_that_none_is_in_are_refused() -> None:
    with pytest.raises(RecipeError, match="mask2former is none of the papers'; they are deeplabv3"):
        make_plan(["5"], ["mask2former"])
    with pytest.raises(RecipeError, match="table 6 has none of the networks unet"):
        make_plan(["5", "6"], ["unet"])
    assert [training.key for training in make_plan(["4", "5"], ["unet"]).trainings] == ["unet"]


def test_a_rehearsed_recipe_keeps_losses_and_sources_and_changes_what_costs_time() -> None:
    plan = make_plan(["10", "hr-gldd"])
    for whole, small in zip(plan.trainings, rehearsal.rehearsed(plan).trainings):
        assert (small.key, small.recipe.loss, small.recipe.source) == (whole.key, whole.recipe.loss, whole.recipe.source)
        assert small.recipe.network.architecture == whole.recipe.network.architecture
        assert (small.recipe.steps, small.recipe.network.weights) == (rehearsal.STEPS, "none")


def test_a_rehearsed_row_is_named_by_what_is_trained() -> None:
    plan = rehearsal.rehearsed(make_plan(["5", "6", "hr-gldd"]))
    labels = {row.training: row.label for table in plan.tables for row in table.rows if table.name != "6"}
    assert labels["segformer"] == "segformer mit_b0" and labels["upernet"] == "upernet vit_nano"
    assert labels["hr-gldd-unet"] == "unet plain_8"
    assert plan.tables[1].rows[0].label == make_plan(["6"]).tables[0].rows[0].label


def test_simulated_archives_are_in_the_published_layout_and_the_same_each_time(data: Path, tmp_path: Path) -> None:
    simulated.publish_gdcld(tmp_path)
    names = ["test_data.zip", "train_dataset.zip", "val_dataset.zip"]
    assert sorted(path.name for path in (data / "gdcld").iterdir()) == names
    assert all((tmp_path / name).read_bytes() == (data / "gdcld" / name).read_bytes() for name in names)
    origins = {(pair.origin.event, pair.origin.sensor) for pair in scored_pairs(tmp_path, "test")}
    assert origins == set(published.EVENTS)
    assert {pair.origin.sensor for pair in scored_pairs(tmp_path, "val")} == set(published.SOURCES_VALIDATION)


def test_datasets_are_found_below_the_folder_and_gdcld_alone_in_it(data: Path) -> None:
    found = locate(data, {"gdcld": {"train", "test"}, "hr-gldd": {"test"}, "cas": {"all"}})
    assert found == {"gdcld": data / "gdcld", "hr-gldd": data / "hr-gldd", "cas": data / "cas"}
    assert locate(data / "gdcld", {"gdcld": {"val"}}) == {"gdcld": data / "gdcld"}


def test_a_dataset_that_is_missing_or_mixed_up_with_another_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder gvlm; make it of GVLM by `scarp-train dataset import`"):
        locate(data / "gdcld", {"gvlm": {"train"}})
    with pytest.raises(DatasetError, match="is no folder"):
        locate(tmp_path / "nowhere", {"gdcld": {"train"}})
    (tmp_path / "CAS").mkdir()
    with pytest.raises(DatasetError, match="holds CAS but no folder gdcld; move GDCLD's archives"):
        locate(tmp_path, {"gdcld": {"train"}})


def test_other_datasets_are_scored_whole_and_brought_to_the_networks_side(data: Path) -> None:
    assert parts_of(data / "cas", "all") == ["train", "val"]
    pairs = scored_pairs(data / "cas", "all")
    assert len(pairs) == 4
    assert size(pairs[0].image) == (32, 32)
    assert (scale_for("cas", pairs, 1024), scale_for("gdcld", pairs, 1024), scale_for("cas", pairs, 16)) == (32.0, 1.0, 1.0)


def test_tiles_are_counted_with_their_overlap(data: Path) -> None:
    pairs = [pair for pair in scored_pairs(data / "gdcld", "test") if pair.name == "Lushan_UAV_1"]
    assert size(pairs[0].image) == (128, 96)
    assert tiles(pairs, side=128, scale=1.0) == 1
    assert tiles(pairs, side=64, scale=1.0) == 3 * 2  # 16 pixels of overlap
    assert tiles(pairs, side=64, scale=2.0) == 5 * 4


def test_float_images_become_8_bit_rgb_for_the_engine_that_flies(data: Path, tmp_path: Path) -> None:
    rgb = as_rgb(data / "hr-gldd", "test", tmp_path)
    (pair, *_) = scored_pairs(rgb, "test")
    image, label = simulated.scene(40, 128, 128, bands=4)
    from scarp_train.data.read import read_pair

    pixels, truth = read_pair(pair)
    assert (pixels == image[:, :, :3]).all()
    assert (truth == label).all()
    assert as_rgb(data / "cas", "val", tmp_path) == data / "cas"
