"""What names and `dataset.toml` tell of an image's origin, by the same cases as in scarp-forge."""

import re
from pathlib import Path

import pytest

from scarp_train.data import origin
from scarp_train.data.origin import Origin, Origins, read_origins
from scarp_train.data.wildcard import Wildcard, WildcardError
from scarp_train.errors import DatasetError

FORGE = (Path(__file__).parents[2] / "forge" / "src" / "dataset" / "origin.rs").read_text(encoding="utf-8")
TEXT = r'"((?:[^"\\]|\\.)*)"'


def cases(test: str) -> list[tuple[str, ...]]:
    """The texts of each `#[case(...)]` of one of forge's tests, empty for None."""
    block = re.search(rf"((?:\s*#\[(?:[^\[\]]|\[[^\]]*\])*\])+)\s*fn {test}\(", FORGE, re.DOTALL)[1]
    found = []
    for case in re.findall(rf"#\[case\(((?:{TEXT}|[^\"])*?)\)\]", block, re.DOTALL):
        texts = re.findall(rf"{TEXT}|(None)", case[0])
        found.append(tuple("" if none else text.encode().decode("unicode_escape") for text, none in texts))
    assert found, f"forge has no cases of {test} any more"
    return found


def table(name: str) -> list[tuple[str, str]]:
    """A constant list of word and meaning in forge."""
    return re.findall(rf"\({TEXT}, {TEXT}\)", re.search(rf"const {name}: .*?= \[(.*?)\];", FORGE, re.DOTALL)[1])


def test_words_are_those_of_forge():
    assert list(origin.EVENTS) == table("EVENTS") and list(origin.SENSORS) == table("SENSORS")


@pytest.mark.parametrize(
    ("path", "event", "sensor"), cases("a_name_tells_event_and_sensor_where_it_speaks_of_them"), ids=lambda text: text or "-"
)
def test_a_name_tells_event_and_sensor_where_it_speaks_of_them(path: str, event: str, sensor: str):
    assert Origins().of(path) == Origin(event or None, sensor or None)


@pytest.mark.parametrize(("text", "reason"), cases("a_wrong_file_is_one_line_that_says_where"))
def test_a_wrong_file_is_one_line_that_says_where(tmp_path: Path, text: str, reason: str):
    (tmp_path / "dataset.toml").write_text(text)
    with pytest.raises(DatasetError) as caught:
        read_origins(tmp_path)
    said = str(caught.value)
    assert reason in said and "dataset.toml" in said and "\n" not in said


def test_the_users_file_wins_over_names_and_its_later_entries_over_earlier_ones(tmp_path: Path):
    wanted = re.search(r"fs::write\(\s*folder\.path\(\)\.join\(FILE\),\s*" + TEXT, FORGE)[1]
    (tmp_path / "dataset.toml").write_text(wanted.encode().decode("unicode_escape"))
    origins = read_origins(tmp_path)
    assert origins.of("val_dataset/images/lushan_uav.tif") == Origin("Lushan", "Balloon", 0.2)
    assert origins.of("images/other.png").gsd_m == 0.5


def test_the_files_name_wins_over_the_folders(tmp_path: Path):
    assert Origins().of("Palu/planet/images/lushan_uav.tif") == Origin("Lushan", "UAV")


def test_a_folder_without_the_file_tells_by_names_alone(tmp_path: Path):
    assert read_origins(tmp_path) == Origins()


def test_the_file_tells_whether_255_is_ignored(tmp_path: Path):
    assert not read_origins(tmp_path).ignored
    (tmp_path / "dataset.toml").write_text("ignored = 255\n")
    assert read_origins(tmp_path).ignored


def test_a_licence_in_the_file_is_no_concern_of_origins(tmp_path: Path):
    (tmp_path / "dataset.toml").write_text('[licence]\ndata = "d"\n[[image]]\nname = "*"\ngsd_m = 3\n')
    assert read_origins(tmp_path).of("a.tif") == Origin(gsd_m=3.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[image]]\nname = "*"\n[[image]]\nname = "a"\nevent = 3\n', "line 5: event is not a text"),
        ("[other]\n", "line 1: unknown field `other`"),
        ('[[image]]\nname = "*"\ngsd_m = true\n', "line 3: gsd_m is not a length"),
        ("image = 3\n", "line 1: image is not a list"),
    ],
)
def test_other_wrong_entries_are_told_with_their_line(tmp_path: Path, text: str, reason: str):
    (tmp_path / "dataset.toml").write_text(text)
    with pytest.raises(DatasetError, match=reason):
        read_origins(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*", "a/b.tif", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[]]x", "]x", True),
        ("a.tif", "abtif", False),
        ("**/images/*", "images/1.tif", True),
        ("**/images/*", "x/y/images/1.tif", True),
        ("**/images/*", "ximages/1.tif", False),
        ("A*", "abc", False),
    ],
)
def test_wildcards_match_as_in_the_crate_glob(pattern: str, name: str, matches: bool):
    assert Wildcard(pattern).matches(name) is matches


@pytest.mark.parametrize("pattern", ["a[", "[]", "***", "a**", "**a"])
def test_wildcards_that_the_crate_refuses_are_refused(pattern: str):
    with pytest.raises(WildcardError):
        Wildcard(pattern)
