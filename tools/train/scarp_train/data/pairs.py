"""Images and their labels, wherever a dataset in GDCLD's layout keeps them: in folders, or straight in the published zip
archives.

GDCLD (Fang et al., ESSD 16, 4817, 2024) is published as `train_dataset.zip`, `val_dataset.zip` and `test_data.zip`, each
with `images/` and `labels/`. Nesting and spelling vary, so the rules are those of `scarp-forge dataset inspect`: an image is
a file below a folder named like `images`, its label the file of the same path below one named like `labels`; the nearest
folder (or archive) named after a part tells the part.
"""

import os
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DatasetError
from .origin import Origin, read_origins

IMAGE_FOLDERS = ("images", "image", "img", "imgs")
LABEL_FOLDERS = ("labels", "label", "masks", "mask")
EXTENSIONS = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
PARTS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
MAX_BYTES = 5 << 30  # of one file taken out of an archive; more is no image that can be read
NAMED = 5  # pairs that an error names


@dataclass(frozen=True)
class Entry:
    """A file in a folder, or `member` of the zip archive at `path`."""

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path if self.member is None else self.path / self.member)

    @property
    def suffix(self) -> str:
        """The extension in lower case, dot included."""
        return Path(self.member or self.path).suffix.lower()

    def checksum(self) -> int | None:
        """CRC-32 of a member's bytes, as the archive's directory states it; None for a file in a folder."""
        return None if self.member is None else _open_archive(self.path).getinfo(self.member).CRC

    def read(self) -> bytes:
        """The file's bytes. Raises DatasetError where it cannot be read or unpacked."""
        try:
            if self.member is None:
                return self.path.read_bytes()
            archive = _open_archive(self.path)
            if archive.getinfo(self.member).file_size > MAX_BYTES:
                raise DatasetError(f"{self}: unpacks to more than 5 GB, which no image that can be read does; take it out")
            return archive.read(self.member)
        except FileNotFoundError as error:
            raise DatasetError(f"{self}: is not there; look at the path") from error
        except KeyError as error:
            raise DatasetError(f"{self}: the archive has no such file; `unzip -l {self.path}` lists what it has") from error
        except OSError as error:
            raise DatasetError(f"{self}: cannot be read ({error.strerror or error})") from error
        except (zipfile.BadZipFile, zipfile.zlib.error, NotImplementedError, RuntimeError) as error:
            raise DatasetError(f"{self}: cannot be unpacked ({error}); fetch the archive again") from error


def entry_at(path: Path) -> Entry:
    """The file at `path`, which may lead into an archive: ARCHIVE.zip/images/x.tif."""
    archive = next((above for above in path.parents if above.suffix.lower() == ".zip" and above.is_file()), None)
    return Entry(path) if archive is None else Entry(archive, path.relative_to(archive).as_posix())


@dataclass(frozen=True)
class Pair:
    """An image with its label; `name` is the file name without extension, with its folders where another has the same.

    `ignored` says that the label may hold 255 for pixels that nobody judged (`ignored = 255` in the dataset's dataset.toml).
    """

    name: str
    image: Entry
    label: Entry
    origin: Origin = field(default_factory=Origin)
    ignored: bool = False


@dataclass
class _Sides:
    relative: str = ""
    image: Entry | None = None
    label: Entry | None = None


def find_pairs(root: Path, part: str = "train", events: tuple[str, ...] = (), sensors: tuple[str, ...] = ()) -> list[Pair]:
    """The pairs of a part, by name; those in no folder named after a part belong to any.

    `events` and `sensors` keep the pairs of these only. Raises DatasetError where nothing is left, a name is there twice, or
    an image has no label.
    """
    root = Path(root)
    sides = _all_sides(root)
    origins = read_origins(root if root.is_dir() else root.parent)
    parts = {key: _part(key) for key in sides}
    wanted = [key for key in sorted(sides) if parts[key] == part] or [key for key in sorted(sides) if parts[key] is None]
    if not wanted:
        raise DatasetError(
            f"{root}: no images of the part '{part}'; expected {_folder(part)}/images and {_folder(part)}/labels as in "
            "GDCLD, or images"
            " and labels, in folders or zip archives"
        )
    alone = [key for key in wanted if sides[key].image is None or sides[key].label is None]
    if alone:
        raise DatasetError(_without_partner([sides[key] for key in alone]))
    stems = [Path(key).name for key in wanted]
    twice = {stem for stem in stems if stems.count(stem) > 1} if len(set(stems)) < len(stems) else set()
    pairs = [
        Pair(
            key.replace("/", "_") if stem in twice else stem,
            sides[key].image,
            sides[key].label,
            origins.of(sides[key].relative),
            origins.ignored,
        )
        for key, stem in zip(wanted, stems)
    ]
    kept = [p for p in pairs if (not events or p.origin.event in events) and (not sensors or p.origin.sensor in sensors)]
    if not kept:
        found = sorted({f"{p.origin.event or 'unknown event'}, {p.origin.sensor or 'unknown sensor'}" for p in pairs})
        raise DatasetError(
            f"{root}: none of {len(pairs)} images is of {' '.join(events + sensors)}; there are: {'; '.join(found)}. Names "
            "or dataset.toml tell"
        )
    return kept


def parts_there(root: Path) -> list[str]:
    """The parts that a dataset is divided into; where it is not, it stands for "train"."""
    found = {_part(key) for key in _all_sides(Path(root))}
    return [part for part in ("train", "val", "test") if part in found] or ["train"]


def _folder(part: str) -> str:
    return "test_data" if part == "test" else f"{part}_dataset"


def _without_partner(alone: list[_Sides]) -> str:
    has, lacks = ("label", "image") if alone[0].image is None else ("image", "label")
    names = ", ".join(Path(str(sides.label or sides.image)).name for sides in alone[1:NAMED])
    more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
    others = f" (nor are these whole: {names}{more})" if names else ""
    return f"{alone[0].label or alone[0].image}: this {has} has no {lacks}{others}; add it or remove the {has}"


def _all_sides(root: Path) -> dict[str, _Sides]:
    sides: dict[str, _Sides] = {}
    for relative, entry in _files(root):
        _put(sides, relative, entry)
    return sides


def _files(root: Path) -> Iterator[tuple[str, Entry]]:
    """Every file below a folder or in an archive, with its path relative to the dataset."""
    if root.is_file() and root.suffix.lower() == ".zip":
        yield from _members(root, "")
    elif root.is_dir():
        for folder, folders, names in os.walk(root, followlinks=True):
            folders.sort()
            above = Path(folder).relative_to(root)
            for name in sorted(names):
                path = Path(folder) / name
                if path.suffix.lower() != ".zip":
                    yield str(above / name), Entry(path)
                elif path.stem not in folders:  # an archive beside its unpacked folder holds the same
                    yield from _members(path, f"{above / path.stem}/")
    else:
        raise DatasetError(f"{root}: is neither a folder nor a zip archive; give the dataset's folder")


def _members(path: Path, above: str) -> Iterator[tuple[str, Entry]]:
    try:
        members = _open_archive(path).infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path}: cannot be unpacked ({error}); fetch the archive again") from error
    for member in sorted(members, key=lambda info: info.filename):
        if not member.is_dir():
            # Windows' own packer wrote backslashes for years.
            yield above + member.filename.replace("\\", "/"), Entry(path, member.filename)


def _put(sides: dict[str, _Sides], relative: str, entry: Entry) -> None:
    names = relative.split("/")
    if entry.suffix not in EXTENSIONS or any(name.startswith(".") or name == "__MACOSX" for name in names):
        return
    roles = [
        (at, name.lower() in IMAGE_FOLDERS)
        for at, name in enumerate(names[:-1])
        if name.lower() in IMAGE_FOLDERS or name.lower() in LABEL_FOLDERS
    ]
    if not roles:
        return
    at, is_image = roles[-1]
    key = "/".join([*names[:at], *names[at + 1 : -1], Path(names[-1]).stem])
    pair = sides.setdefault(key, _Sides())
    taken = pair.image if is_image else pair.label
    if taken is not None:
        raise DatasetError(f"{entry}: has the name of {taken}; remove one of them")
    if is_image:
        pair.image, pair.relative = entry, relative
    else:
        pair.label = entry


def _part(key: str) -> str | None:
    """The part that the nearest folder above a file is named after: "train", "val_dataset", "test_data" and their like."""
    for name in reversed(key.split("/")[:-1]):
        words = [word for word in re.split(r"[^0-9a-z]+", name.lower()) if word]
        if words and words[0] in PARTS and all(w in ("data", "dataset", "set") or w.isdigit() for w in words[1:]):
            return PARTS[words[0]]
    return None


_archives = threading.local()


def _open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, opened once in each process and thread: a file position must not be shared by workers."""
    if getattr(_archives, "process", None) != os.getpid():
        _archives.process, _archives.opened = os.getpid(), {}
    if path not in _archives.opened:
        _archives.opened[path] = zipfile.ZipFile(path)
    return _archives.opened[path]
