"""Damaged, missing and disagreeing files are named; nothing is half written, and the same command goes on."""

import resource
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import layouts
import numpy as np
import pytest

from scarp_train.data.importers import choose
from scarp_train.data.importers.run import Imported, Settings, run_import
from scarp_train.data.origin import Origin
from scarp_train.errors import DatasetError


def bring(source: Path, out: Path, **settings: object) -> Imported:
    """Imports what the names of `source` say it is."""
    return run_import(source, choose(source, "auto"), out, Settings(**settings))


def cut(path: Path, kept: float = 0.5) -> None:
    """Leaves the first part of a file."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return layouts.mask_beside(tmp_path / "source")


@pytest.mark.parametrize("file", ["valley/1.png", "valley/1_mask.png"])
def test_a_damaged_file_is_named_and_skipped_up_to_the_number_allowed(source: Path, tmp_path: Path, file: str):
    cut(source / file)
    with pytest.raises(DatasetError, match=rf"1 damaged: .*{file}: cannot be read \(.+\); .* --allow-damaged 1"):
        bring(source, tmp_path / "strict")
    done = bring(source, tmp_path / "out", allow_damaged=1)
    assert sum(done.images.values()) == 5 and len(done.damaged) == 1 and file in done.damaged[0]
    names = {path.name for path in (tmp_path / "out").rglob("*.tif")}
    assert names == {f"{site}_{i}.tif" for site in ("lushan-uav", "valley", "ridge") for i in range(2)} - {"valley_1.tif"}


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_a_cut_file_of_any_kind_is_damaged_and_not_filled_with_grey(source: Path, tmp_path: Path, suffix: str, kept: float):
    layouts.save(source / "valley" / f"2{suffix}", layouts.picture(5)[0])
    layouts.save(source / "valley" / "2_mask.png", layouts.picture(5)[1] * 255)
    cut(source / "valley" / f"2{suffix}", kept)
    with pytest.raises(DatasetError, match=rf"valley/2{suffix}: cannot be read"):
        bring(source, tmp_path / "out")


def test_a_jpeg_overwritten_in_its_middle_is_damaged(source: Path, tmp_path: Path):
    path = source / "valley" / "2.jpg"
    layouts.save(path, layouts.picture(5)[0])
    layouts.save(source / "valley" / "2_mask.png", layouts.picture(5)[1] * 255)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(500) + data[middle + 500 :])
    with pytest.raises(DatasetError, match=r"valley/2.jpg: cannot be read \(.*JPEG"):
        bring(source, tmp_path / "out")


def test_a_missing_mask_and_a_missing_image_are_named(source: Path, tmp_path: Path):
    (source / "valley" / "0_mask.png").unlink()
    with pytest.raises(DatasetError, match=r"valley/0.png: has no 0_mask"):
        bring(source, tmp_path / "strict")
    shutil.move(source / "ridge" / "0.png", source / "ridge" / "7.png")
    done = bring(source, tmp_path / "out", allow_damaged=3)
    assert [reason.split(": ")[1][:12] for reason in done.damaged] == ["has no 7_mas", "has no 0_mas", "has no image"]


def test_an_image_and_a_label_of_other_size_are_damaged(source: Path, tmp_path: Path):
    layouts.save(source / "valley" / "0_mask.png", np.zeros((64, 128), np.uint8))
    with pytest.raises(DatasetError, match=r"valley/0.png: is 128x128 but its label 128x64"):
        bring(source, tmp_path / "out")


def test_a_full_disk_is_one_line_and_the_same_command_goes_on_where_it_stopped(source: Path, tmp_path: Path):
    image, label = layouts.picture(3, side=300)
    layouts.save(source / "zone" / "0.png", image)
    layouts.save(source / "zone" / "0_mask.png", label * 255)
    out = tmp_path / "out"
    code = (
        "import sys; from pathlib import Path; from test_import_bad_input import bring\n"
        "try: bring(Path(sys.argv[1]), Path(sys.argv[2]), split=0.0)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    limited = subprocess.run(
        [sys.executable, "-c", code, str(source), str(out)],
        cwd=Path(__file__).parent,
        # A file that must not grow to the size of the large image: writing fails as on a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
    )
    assert limited.stdout.startswith("DatasetError") and limited.stdout.count("\n") == 1, limited
    assert "zone_0.tif: cannot be written (File too large); make room" in limited.stdout
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.tif")}
    assert len(before) == 12 and not list(out.rglob("*.part"))
    done = bring(source, out, split=0.0)
    assert (done.kept, sum(done.images.values())) == (6, 7)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_a_folder_that_holds_something_else_or_another_import_is_refused(source: Path, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(DatasetError, match="mine: holds something else"):
        bring(source, tmp_path / "mine")
    bring(source, tmp_path / "out")
    with pytest.raises(DatasetError, match="holds an import with other origin"):
        bring(source, tmp_path / "out", origin=Origin(event="Palu"))
    with pytest.raises(DatasetError, match="holds an import with other images_sha256"):
        bring(source, tmp_path / "out", seed=1, split=0.7)


def test_a_source_of_no_layout_says_which_are_known_and_archives_are_to_be_unpacked(tmp_path: Path):
    (tmp_path / "palu.zip").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"holds no known layout \(hr-gldd, cas,.*unpack its archives first.*--help"):
        choose(tmp_path, "auto")
    with pytest.raises(DatasetError, match="holds no gvlm"):
        choose(tmp_path, "gvlm")
    with pytest.raises(DatasetError, match="is a file; unpack"):
        choose(tmp_path / "palu.zip", "auto")
    with pytest.raises(DatasetError, match="is not there"):
        choose(tmp_path / "nowhere", "auto")


def test_a_source_of_two_layouts_has_to_be_told(tmp_path: Path):
    layouts.mask_beside(tmp_path / "both")
    layouts.gvlm(tmp_path / "both")
    with pytest.raises(DatasetError, match="could be gvlm and mask-beside; say which: --layout gvlm"):
        choose(tmp_path / "both", "auto")


def test_two_images_that_would_get_one_name_are_refused(tmp_path: Path):
    for name in ("a b", "a-b"):
        layouts.save(tmp_path / "s" / f"{name}.png", layouts.picture(1)[0])
        layouts.save(tmp_path / "s" / f"{name}_mask.png", layouts.picture(1)[1])
    with pytest.raises(DatasetError, match=r"a-b.png: becomes a-b, as .*a b.png does"):
        bring(tmp_path / "s", tmp_path / "out")


@pytest.mark.parametrize(("file", "reason"), [("valX.npy", "cannot be read"), ("valY.npy", "cannot be read")])
def test_a_cut_array_is_named(tmp_path: Path, file: str, reason: str):
    source = layouts.hr_gldd(tmp_path / "hr")
    cut(source / file)
    with pytest.raises(DatasetError, match=f"{file}: {reason}"):
        bring(source, tmp_path / "out")


def test_arrays_of_different_length_are_refused(tmp_path: Path):
    source = layouts.hr_gldd(tmp_path / "hr")
    np.save(source / "testY.npy", np.load(source / "testY.npy")[:1])
    with pytest.raises(DatasetError, match=r"testX.npy: is 2 x 128 x 128 x 4 but testY.npy is 1 x 128 x 128 x 1"):
        bring(source, tmp_path / "out")


def test_a_damaged_h5_is_named_and_skipped(tmp_path: Path):
    source = layouts.landslide4sense(tmp_path / "l4s")
    (source / "TrainData" / "img" / "image_3.h5").write_bytes(b"no h5")
    with pytest.raises(DatasetError, match=r"image_3.h5: cannot be read"):
        bring(source, tmp_path / "strict")
    assert sum(bring(source, tmp_path / "out", allow_damaged=1).images.values()) == 7


def test_arrays_are_never_whole_in_memory(tmp_path: Path):
    source = tmp_path / "hr"
    source.mkdir()
    image, label = layouts.picture(1, bands=4)
    np.save(source / "trainX.npy", np.repeat(image[None] / 255, 48, axis=0))
    np.save(source / "trainY.npy", np.repeat(label[None, :, :, None], 48, axis=0))
    tracemalloc.start()
    done = bring(source, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(done.images.values()) == 48
    assert peak < (source / "trainX.npy").stat().st_size / 4


def test_all_damage_is_told_at_once_and_what_is_whole_is_written_before(source: Path, tmp_path: Path):
    cut(source / "valley" / "1.png")
    (source / "ridge" / "0_mask.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"2 damaged: .*ridge/0_mask.png: .*empty.*valley/1.png: .*--allow-damaged 2"):
        bring(source, tmp_path / "out", allow_damaged=1)
    assert len(list((tmp_path / "out").rglob("images/*.tif"))) == 4
    done = bring(source, tmp_path / "out", allow_damaged=2)
    assert (done.kept, sum(done.images.values()), len(done.damaged)) == (4, 4, 2)


def test_without_any_readable_label_nothing_is_written(source: Path, tmp_path: Path):
    for path in source.rglob("*_mask.png"):
        path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"every label is damaged; the first: .*_mask.png"):
        bring(source, tmp_path / "out", allow_damaged=9)
    assert not (tmp_path / "out").exists()


def test_an_unknown_layout_is_one_short_line(tmp_path: Path):
    with pytest.raises(DatasetError) as found:
        choose(tmp_path, "auto")
    assert len(str(found.value)) - len(str(tmp_path)) < 250
