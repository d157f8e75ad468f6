"""What stays beside an imported dataset: `import.json` says what was done and left out, `dataset.toml` the origins."""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import rasterio

from ...errors import DatasetError
from ..origin import FILE, IGNORED, Origin
from .base import PART_FOLDERS, Item, Licence, slug
from .rasters import gsd_of, write_whole

_RECORD = "import.json"


@dataclass(frozen=True)
class Record:
    """An import's folder, and what has to be the same for another run to go on in it."""

    out: Path
    identity: dict[str, Any]

    @classmethod
    def open(cls, out: Path, identity: dict[str, Any]) -> "Record":
        """Starts an import in `out`, or goes on with one of the same `identity`. Raises `DatasetError` on anything else."""
        path = out / _RECORD
        if path.is_file():
            try:
                before = json.loads(path.read_text(encoding="utf-8"))["import"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise DatasetError(f"{path}: cannot be read; import into a new folder") from error
            changed = [key for key in identity if before.get(key) != identity[key]]
            if changed:
                raise DatasetError(f"{out}: holds an import with other {', '.join(changed)}; import into a new folder")
        elif out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise DatasetError(f"{out}: holds something else; import into a new folder")
        record = cls(out, identity)
        record.make(out)
        if not path.is_file():
            record._write({"import": identity, "finished": False})
        return record

    def make(self, folder: Path) -> None:
        """Makes a folder. Raises `DatasetError`."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"{folder}: cannot be made ({error.strerror}); give another folder") from error

    def close(self, done: dict[str, Any]) -> None:
        """Writes what was done."""
        self._write({"import": self.identity, "finished": True, **done})

    def _write(self, content: dict[str, Any]) -> None:
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.out / _RECORD, text.encode())


def write_origins(record: Record, items: Iterable[Item], said: Origin, licence: Licence | None) -> None:
    """Writes `dataset.toml`: that 255 is ignored, the licence, and an entry for all images of one origin or for each site.

    Images of a site that differ, for instance by their georeference, get an entry each.

    A licence that the user has written there stays.

    `said` by the user goes before what the layout and its names tell, and that before a file's georeference.
    """
    sites: dict[str, dict[str, Origin]] = defaultdict(dict)
    for item in items:
        known = said.over(item.origin)
        relative = f"{PART_FOLDERS[item.part]}/images/{item.name}.tif"
        if known.gsd_m is None:
            with rasterio.open(record.out / relative) as file:
                known = known.over(Origin(gsd_m=gsd_of((file.crs, file.transform) if file.crs else None)))
        sites[item.site][relative] = known
    rules: list[tuple[str, Origin]] = []
    all_origins = {origin for names in sites.values() for origin in names.values()}
    if len(all_origins) == 1:
        rules.append(("*", all_origins.pop()))
    else:
        for site, names in sorted(sites.items()):
            shared = len(set(names.values())) == 1 and site
            rules += [(f"{slug(site)}_*", next(iter(names.values())))] if shared else sorted(names.items())
    text = f"# Written by `scarp-train dataset import`.\nignored = {IGNORED}\n"
    stated = asdict(licence) if licence is not None else _stated(record.out / FILE)
    if stated:
        text += _table("[licence]", stated)
    for name, origin in rules:
        known = {key: value for key, value in asdict(origin).items() if value is not None}
        if known:
            text += _table("[[image]]", {"name": name, **known})
    write_whole(record.out / FILE, text.encode())


def _stated(path: Path) -> dict[str, str]:
    """The licence in the `dataset.toml` of an import that goes on."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("licence", {})
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DatasetError(f"{path}: {error}; mend it or remove it, and run the command again") from error


def _table(header: str, values: dict[str, str | float]) -> str:
    # A JSON string or number is a TOML one.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["", header, *lines, ""])
