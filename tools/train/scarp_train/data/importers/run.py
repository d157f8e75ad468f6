"""The import itself: lists a source, learns what its label values mean, and writes GDCLD's layout one image at a time."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ...errors import DatasetError
from ..origin import IGNORED, UNKNOWN, Origin
from .base import PART_FOLDERS, Damaged, Importer, Item, LeftOut
from .labels import Coding, LabelError, count, decide, values_of
from .rasters import Raster, gdal, write_tif
from .record import Record, write_origins
from .split import split

_NAMED = 5  # damaged images that an error names


@dataclass(frozen=True)
class Settings:
    """What the user says: an origin that goes before what names tell, the landslide's value, the split, and patience.

    `leave_out` are images that are not imported, by their file name without extension, and why.
    """

    origin: Origin = UNKNOWN
    landslide: int | None = None
    split: float = 0.25
    seed: int = 0
    allow_damaged: int = 0
    leave_out: dict[str, str] = field(default_factory=dict)


def read_leave_out(path: Path) -> dict[str, str]:
    """The images to leave out and why, from lines NAME REASON (# starts a comment). Raises `DatasetError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
    entries = [(number, *line.split("#")[0].strip().partition(" ")) for number, line in enumerate(lines, start=1)]
    if bare := [(number, name) for number, name, _, reason in entries if name and not reason]:
        raise DatasetError(f"{path}: line {bare[0][0]}: {bare[0][1]} is left out without a reason; write it behind the name")
    return {name: reason.strip() for _, name, _, reason in entries if name}


@dataclass
class Imported:
    """What an import did: images by part, those that were there before, and all that is not in the result, with why."""

    images: dict[str, int] = field(default_factory=lambda: {part: 0 for part in PART_FOLDERS})
    kept: int = 0
    landslide_pixels: int = 0
    label_pixels: int = 0
    ignored_images: int = 0
    split: str = ""
    left_out: list[LeftOut] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def run_import(source: Path, importer: Importer, out: Path, settings: Settings) -> Imported:
    """Brings `source` into `out`; run again after an interruption, it goes on where it stopped.

    Everything that can be read is written before too much damage is an error, which names it. Raises `DatasetError` where
    nothing can be imported, more is damaged than allowed, or `out` holds something else or is full.
    """
    listed = _without(list(importer.items(source)), settings.leave_out)
    done = Imported(left_out=[entry for entry in listed if isinstance(entry, LeftOut)])
    items, done.split = split([entry for entry in listed if isinstance(entry, Item)], settings.split, settings.seed)
    if not items:
        raise DatasetError(f"{source}: no image with a label; {_reasons(done.left_out)}")
    _refuse_namesakes(items)
    with gdal():
        good, total = _survey(items, done)
        if not good:
            raise DatasetError(f"{source}: every label is damaged; the first: {done.damaged[0]}")
        coding = decide(total, settings.landslide, importer.ignores_255)
        done.landslide_pixels, done.label_pixels = coding.landslide_pixels(total), sum(total.values())
        record = Record.open(out, _identity(source, importer, items, coding, settings))
        _write(good, coding, out, record, done)
        _check_damaged(done, settings.allow_damaged, out)
        kept = [item for item in good if _target(out, item, "labels").is_file()]
        write_origins(record, kept, settings.origin, importer.licence)
    record.close(asdict(done))
    return done


def _without(listed: list[Item | LeftOut], leave_out: dict[str, str]) -> list[Item | LeftOut]:
    """`listed` with the images that the user leaves out. Raises `DatasetError` for a name that no image has."""
    stems = {entry.stem for entry in listed if isinstance(entry, Item)}
    if strange := sorted(leave_out.keys() - stems):
        raise DatasetError(f"no image is named {strange[0]}, which is to be left out; look at the list")
    return [
        LeftOut(entry.where, 1, leave_out[entry.stem]) if isinstance(entry, Item) and entry.stem in leave_out else entry
        for entry in listed
    ]


def _survey(items: Sequence[Item], done: Imported) -> tuple[list[Item], Counter[int]]:
    """The items whose labels can be read, and how many pixels of all of them hold each value."""
    good: list[Item] = []
    total: Counter[int] = Counter()
    for item in tqdm(items, desc="labels", unit="image", disable=None):
        try:
            if item.label is not None:
                total += count(_label(item))
            good.append(item)
        except Damaged as error:
            done.damaged.append(str(error))
    return good, total


def _write(items: Iterable[Item], coding: Coding, out: Path, record: Record, done: Imported) -> None:
    for part in {item.part for item in items}:
        for side in ("images", "labels"):
            record.make(out / PART_FOLDERS[part] / side)
    for item in tqdm(items, desc="images", unit="image", disable=None):
        image_file, label_file = _target(out, item, "images"), _target(out, item, "labels")
        # The label is written last, and each file is whole or not there.
        if label_file.is_file() and image_file.is_file():
            done.kept += 1
            done.images[item.part] += 1
            continue
        try:
            image, label = _pair(item, coding)
        except Damaged as error:
            done.damaged.append(str(error))
            continue
        done.ignored_images += bool((label == IGNORED).any())
        write_tif(image_file, image.pixels, image.place)
        write_tif(label_file, label[:, :, None], image.place, compress="deflate", nodata=IGNORED)
        done.images[item.part] += 1


def _pair(item: Item, coding: Coding) -> tuple[Raster, np.ndarray]:
    """Image as it is written, and its label as 0, 1 and 255."""
    image = item.image()
    height, width = image.pixels.shape[:2]
    if item.label is None:
        label = np.zeros((height, width), np.uint8)
    else:
        values = _label(item)
        if values.shape != (height, width):
            size = f"{values.shape[1]}x{values.shape[0]}"
            raise Damaged(f"{item.where}: is {width}x{height} but its label {size}; make them show the same pixels")
        label = _or_damaged(item, lambda: coding.encode(values))
    pixels = image.pixels
    valid = np.ones((height, width), bool) if image.valid is None else image.valid
    if pixels.dtype.kind == "f":
        finite = np.isfinite(pixels)
        valid = valid & finite.all(axis=2)
        pixels = np.where(finite, pixels, 0)
    if pixels.dtype not in (np.uint8, np.uint16):
        pixels = pixels.astype(np.float32)
    label[~valid] = IGNORED
    return Raster(pixels, place=image.place), label


def _label(item: Item) -> np.ndarray:
    return _or_damaged(item, lambda: values_of(item.label()))


def _or_damaged(item: Item, read: Callable[[], np.ndarray]) -> np.ndarray:
    try:
        return read()
    except LabelError as error:
        raise Damaged(f"{item.where}: its label {error}; convert it") from error


def _check_damaged(done: Imported, allowed: int, out: Path) -> None:
    """Raises where more images are damaged than the user allows; all others are written by then."""
    count = len(done.damaged)
    if count > allowed:
        more = f" and {count - _NAMED} more" if count > _NAMED else ""
        raise DatasetError(
            f"{count} damaged: {'; '.join(done.damaged[:_NAMED])}{more}; the others are in {out}, which is finished by the "
            f"same command once they are mended, or with --allow-damaged {count}"
        )


def _target(out: Path, item: Item, side: str) -> Path:
    return out / PART_FOLDERS[item.part] / side / f"{item.name}.tif"


def _refuse_namesakes(items: Iterable[Item]) -> None:
    seen: dict[tuple[str | None, str], Item] = {}
    for item in items:
        other = seen.setdefault((item.part, item.name), item)
        if other is not item:
            raise DatasetError(f"{item.where}: becomes {item.name}, as {other.where} does; rename one of them")


def _identity(
    source: Path, importer: Importer, items: Iterable[Item], coding: Coding, settings: Settings
) -> dict[str, object]:
    """What has to be the same for a run to go on with another's files."""
    names = "\n".join(sorted(f"{item.part}/{item.name}" for item in items))
    return {
        "source": source.resolve().name,
        "layout": importer.name,
        "landslide_value": coding.landslide,
        "ignored_values": sorted(coding.ignored),
        "images_sha256": hashlib.sha256(names.encode()).hexdigest(),
        "origin": asdict(settings.origin),
    }


def _reasons(left_out: Iterable[LeftOut]) -> str:
    return "; ".join(f"{entry.what}: {entry.why}" for entry in left_out if entry.count) or "the folders are empty"
