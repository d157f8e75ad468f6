"""Sample i of step s is the same picture, augmented alike, whatever draws it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_recipe, tiff

from scarp_train.data import augment, loader
from scarp_train.data.loader import CACHE_MOST, batches
from scarp_train.data.memory import free_memory
from scarp_train.data.pairs import find_pairs
from scarp_train.data.samples import CACHE_BYTES, Samples
from scarp_train.errors import DatasetError
from scarp_train.recipe import Crop

CROPS = [{"size": 64, "batch": 6, "share": 0.7}, {"size": 32, "batch": 5, "share": 0.3}]


def samples(root: Path, **changes: object) -> Samples:
    recipe = make_recipe(**{"steps": 5, "crop": CROPS, **changes})
    return Samples(recipe, {"sim": find_pairs(root)}, stride=4)


def drawn(
    root: Path, first: int = 0, devices: int = 1, part: int | None = None, workers: int = 0
) -> list[tuple[int, torch.Tensor]]:
    """Every sample's image by step, in the order of the samples of a step."""
    by_step: dict[int, list[torch.Tensor]] = {}
    for rank in range(devices):
        for batch in batches(samples(root), first, rank, devices, part, workers):
            by_step.setdefault(batch.step, []).append(
                torch.cat([batch.image.flatten(1).float(), batch.truth.flatten(1)], dim=1)
            )
    return [(step, torch.cat(parts)) for step, parts in sorted(by_step.items())]


@pytest.mark.parametrize(
    "way", [{"devices": 2}, {"devices": 3, "part": 1}, {"part": 4}, {"workers": 2}, {"workers": 3, "devices": 2}]
)
def test_devices_parts_and_workers_change_no_sample(gdcld: Path, way: dict):
    for (step, whole), (other, divided) in zip(drawn(gdcld), drawn(gdcld, **way), strict=True):
        assert step == other and torch.equal(whole, divided)


def test_a_resumed_run_draws_what_an_uninterrupted_one_draws(gdcld: Path):
    for (step, whole), (other, resumed) in zip(drawn(gdcld)[3:], drawn(gdcld, first=3), strict=True):
        assert step == other and torch.equal(whole, resumed)


def test_archives_and_folders_give_the_same_samples(gdcld: Path, zipped: Path):
    for (_, one), (_, other) in zip(drawn(gdcld), drawn(zipped), strict=True):
        assert torch.equal(one, other)


def test_the_shares_of_a_devices_parts_add_up_to_its_share_of_the_batch(gdcld: Path):
    steps: dict[int, float] = {}
    for rank in range(4):
        for batch in batches(samples(gdcld), 0, rank, 4, 1):
            steps[batch.step] = steps.get(batch.step, 0.0) + batch.share
    assert list(steps) == list(range(5)) and all(share == pytest.approx(1.0) for share in steps.values())


def test_every_image_is_drawn_once_in_each_epoch(gdcld: Path):
    for tile in range(4):
        path = gdcld / "train_dataset" / "images" / f"tile_{tile}.tif"
        path.write_bytes(tiff(np.full((192, 192, 3), 10 * tile, np.uint8)))
    whole = [{"size": 64, "batch": 4, "min_scale": 1.0, "max_scale": 1.0}]
    found = samples(gdcld, steps=None, epochs=3, crop=whole, colour=0.0, source=[{"name": "sim"}])
    assert found.steps == 3
    for step in range(3):
        assert sorted(int(found[step, i].image[0, 0, 0]) for i in range(4)) == [0, 10, 20, 30]


def test_a_damaged_image_is_named_and_the_next_one_takes_its_place(gdcld: Path):
    (gdcld / "train_dataset" / "images" / "tile_2.tif").write_bytes(b"no image")
    texts = {text for batch in batches(samples(gdcld), 0) for text in batch.damaged}
    assert len(texts) == 1 and "tile_2.tif: cannot be read" in texts.pop()


def test_images_of_other_bands_or_types_than_the_recipe_says_are_refused(gdcld: Path):
    for tile in range(4):
        (gdcld / "train_dataset" / "images" / f"tile_{tile}.tif").write_bytes(tiff(np.zeros((192, 192, 3), np.uint16)))
    with pytest.raises(DatasetError, match=r"pixels are uint16; say their scale, mean and std in the recipe's \[pixels\]"):
        samples(gdcld)[0, 0]
    scaled = {"scale": 10_000.0, "mean": [0.1] * 3, "std": [0.1] * 3}
    for tile in range(4):
        (gdcld / "train_dataset" / "images" / f"tile_{tile}.tif").write_bytes(
            tiff(np.full((192, 192, 3), 20_000, np.uint16))
        )
    with pytest.raises(DatasetError, match=r"100 % of its values are above the recipe's pixels.scale of 10000"):
        samples(gdcld, pixels=scaled)[0, 0]
    for tile in range(4):
        (gdcld / "train_dataset" / "images" / f"tile_{tile}.tif").write_bytes(tiff(np.zeros((192, 192, 1), np.uint8)))
    with pytest.raises(DatasetError, match=r"has 1 bands but the recipe's network.bands is 3"):
        samples(gdcld)[0, 0]


def test_a_cell_with_an_ignored_pixel_is_ignored_and_others_give_the_share_of_landslide(gdcld: Path):
    whole = [{"size": 64, "batch": 1, "min_scale": 1.0, "max_scale": 1.0}]
    (gdcld / "dataset.toml").write_text("ignored = 255\n")
    for tile in range(4):
        label = np.zeros((64, 64), np.uint8)
        label[:16] = 1
        label[-2:] = 255
        (gdcld / "train_dataset" / "labels" / f"tile_{tile}.tif").write_bytes(tiff(label))
        (gdcld / "train_dataset" / "images" / f"tile_{tile}.tif").write_bytes(tiff(np.zeros((64, 64, 3), np.uint8)))
    truth = samples(gdcld, crop=whole, source=[{"name": "sim"}])[0, 0].truth[0]
    assert truth.shape == (16, 16)
    assert ((truth == 1).sum(), (truth == 0).sum(), (truth == -1).sum()) == (64, 176, 16)


@pytest.mark.parametrize(("gsd_m", "scale"), [(None, 0.5), (0.2, 0.5), (0.6, 0.5), (0.05, 0.125)])
def test_an_image_finer_than_the_network_is_brought_to_its_gsd_and_a_coarser_one_kept(
    gdcld: Path, monkeypatch: pytest.MonkeyPatch, gsd_m: float | None, scale: float
):
    if gsd_m is not None:
        (gdcld / "dataset.toml").write_text(f'[[image]]\nname = "*"\ngsd_m = {gsd_m}\n')
    drawn_at: list[tuple[float, float]] = []

    def cut(image: np.ndarray, label: np.ndarray, side: int, scales: tuple[float, float], rng: np.random.Generator) -> tuple:
        drawn_at.append(scales)
        return image[:side, :side], label[:side, :side].astype(np.float32)

    monkeypatch.setattr(augment, "cut", cut)
    crops = [{"size": 32, "batch": 1, "min_scale": 0.5, "max_scale": 0.5}]
    samples(gdcld, crop=crops, source=[{"name": "sim"}])[(0, 0)]
    assert drawn_at == [(pytest.approx(scale), pytest.approx(scale))]


def test_crops_on_the_pixel_grid_stay_there_whatever_the_gsd():
    assert Crop(min_scale=1.0, max_scale=1.0).scales(0.3) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("free", "workers", "kept"),
    [(0, 1, CACHE_BYTES), (16 << 30, 0, 4 << 30), (16 << 30, 4, 1 << 30), (1 << 40, 1, CACHE_MOST)],
)
def test_processes_keep_a_quarter_of_the_free_memory_between_them(
    gdcld: Path, monkeypatch: pytest.MonkeyPatch, free: int, workers: int, kept: int
):
    monkeypatch.setattr(loader, "free_memory", lambda: free)
    drawing = samples(gdcld)
    next(batches(drawing, 0, workers=workers))
    assert drawing.cache_bytes == kept


def test_free_memory_is_what_the_kernel_calls_so_or_what_a_containers_limit_leaves(tmp_path: Path):
    said = tmp_path / "meminfo"
    said.write_text("MemTotal:       24000000 kB\nMemFree:          100000 kB\nMemAvailable:   20000000 kB\n")
    assert free_memory(said, tmp_path) == 20_000_000 * 1024
    (tmp_path / "memory.current").write_text("3000\n")
    for limit, left in (("max", 20_000_000 * 1024), ("5000", 2000), ("2000", 0)):
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        assert free_memory(said, tmp_path) == left
    assert free_memory(tmp_path / "elsewhere", tmp_path / "elsewhere") > 0
