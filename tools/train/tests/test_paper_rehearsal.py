"""The whole way of `scarp-train paper`, on simulated tiles: trained, exported, judged, printed; and its errors."""

import json
import os
import stat
from pathlib import Path

import pytest

from scarp_train.cli import main
from scarp_train.errors import DatasetError
from scarp_train.paper import rehearsal, simulated
from scarp_train.paper.forge import ForgeError, Task, find_forge, validate


def forge_is_built() -> bool:
    """Whether the engine that judges is there."""
    try:
        find_forge()
    except ForgeError:
        return False
    return True


needs_forge = pytest.mark.skipif(not forge_is_built(), reason="scarp-forge is not built")


@needs_forge
def test_a_rehearsal_goes_the_whole_way_and_does_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    command = ["paper", "--rehearse", "--table", "5", "hr-gldd", "--networks", "unet", "hr-gldd-unet", "--out", str(out)]
    assert main(command) == 0
    shown = capsys.readouterr()
    assert "training 2 of 2: hr-gldd-unet, seed 0" in shown.err
    assert "Table 5: GDCLD, test set" in shown.out
    assert "Table hr-gldd: HR-GLDD, test set, four bands" in shown.out
    assert shown.out.count(rehearsal.WARNING) == 2
    for table in ("table-5", "table-hr-gldd"):
        assert rehearsal.WARNING in (out / f"{table}.md").read_text()
        (row,) = json.loads((out / f"{table}.json").read_text())["rows"]
        assert "encoders start from: " in (out / f"{table}.md").read_text()
        assert 0 <= row["ours"]["recall"]["mean"] <= 100
    assert row["images"] == 2

    # Judged figures are forge's own.
    report = json.loads((out / "networks" / "unet-seed-0" / "proof-gdcld-test" / "report.json").read_text())
    ours = json.loads((out / "table-5.json").read_text())["rows"][0]["ours"]
    assert ours["landslide_iou"]["mean"] == pytest.approx(100 * report["overall"]["landslide_iou"], abs=1e-9)
    assert ours["per_image_mean_iou"]["mean"] == pytest.approx(100 * report["per_image_mean_iou"], abs=1e-9)

    assert main(command) == 0
    again = capsys.readouterr()
    assert "2 of 2 networks are trained already" in again.err
    assert "training " not in again.err and "scoring" not in again.err
    assert again.out == shown.out

    monkeypatch.setattr(rehearsal, "STEPS", 7)
    assert main(command) == 1
    assert "the run began with another recipe (steps was 6, is 7" in capsys.readouterr().err


def test_an_estimate_says_hours_memory_and_disk_and_trains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "out"
    command = ["paper", "--rehearse", "--table", "4", "--networks", "unet", "--seeds", "2", "--out", str(out)]
    assert main([*command, "--estimate-only"]) == 0
    shown = capsys.readouterr().err
    assert all(word in shown for word in ("unet, seed 0", "unet, seed 1", "in all", "hours", "GiB memory", "GiB disk"))
    assert not (out / "networks").exists()


def test_without_anybody_to_ask_nothing_starts(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch) -> None:
    simulated.publish_gdcld(tmp_path)
    monkeypatch.setattr("scarp_train.paper.run.train", lambda *_: pytest.fail("it started"))
    monkeypatch.setattr("scarp_train.paper.costs.estimate_all", lambda *_: "much")
    monkeypatch.setattr("scarp_train.paper.forge.find_forge", lambda: tmp_path)
    command = ["paper", "--data", str(tmp_path), "--table", "4", "--networks", "unet", "--out", str(tmp_path / "out")]
    assert main(command) == 1
    assert "add --yes" in capsys.readouterr().err


def test_weights_that_cannot_be_had_are_told_before_the_estimate(tmp_path: Path, capsys, monkeypatch) -> None:
    simulated.publish_gdcld(tmp_path)
    monkeypatch.setattr("scarp_train.paper.costs.estimate_all", lambda *_: "estimated")
    monkeypatch.setattr("scarp_train.paper.forge.find_forge", lambda: tmp_path)
    (tmp_path / "weights").mkdir()
    command = ["paper", "--data", str(tmp_path), "--table", "4", "--networks", "segformer", "--out", str(tmp_path / "out")]
    command += ["--weights-folder", str(tmp_path / "weights")]
    assert main([*command, "--yes"]) == 1
    shown = capsys.readouterr().err
    assert "mit_b4.nvidia.safetensors: is not there; fetch" in shown and "--random-encoders" in shown
    assert "estimated" not in shown
    assert main([*command, "--estimate-only"]) == 0
    assert "warning: " in (shown := capsys.readouterr().err) and "estimated" in shown


def test_neither_data_nor_rehearsal_is_an_error_that_says_both(capsys: pytest.CaptureFixture) -> None:
    assert main(["paper", "--table", "4"]) == 1
    assert "--data: say where the datasets are, or --rehearse" in capsys.readouterr().err


def test_a_missing_forge_is_said_with_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("scarp_train.paper.forge.BUILT", tmp_path / "nothing")
    with pytest.raises(ForgeError, match="cargo build --release -p scarp-forge"):
        find_forge()


def program(path: Path, text: str) -> Path:
    """A program that stands for scarp-forge where it fails."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    os.chmod(path, stat.S_IRWXU)
    return path


def test_an_image_that_forge_refuses_ends_the_table_and_is_named(tmp_path: Path) -> None:
    report = {"refused": [{"image": "a.tif", "reason": "a.tif: its label holds the value 7"}], "images": []}
    (tmp_path / "refused.json").write_text(json.dumps(report))
    out = tmp_path / "out"
    forge = program(tmp_path / "forge", f"cp {tmp_path}/refused.json {out}/report.json; exit 2")
    task = Task(tmp_path / "x.onnx", 64, tmp_path, "val", 1.0, out)
    with pytest.raises(DatasetError, match=r"refused 1 images; the first: a.tif"):
        validate(forge, task, quiet=True)


def test_a_forge_that_fails_says_why(tmp_path: Path) -> None:
    forge = program(tmp_path / "forge", "echo 'scarp-forge: x.onnx: no graph' >&2; exit 1")
    task = Task(tmp_path / "x.onnx", 64, tmp_path, "val", 1.0, tmp_path / "out")
    with pytest.raises(ForgeError, match=r"could not validate .*x.onnx on .*, val: scarp-forge: x.onnx: no graph"):
        validate(forge, task, quiet=True)
