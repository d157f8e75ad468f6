"""What images and labels hold, as one hash: other names or other content make another run."""

import functools
import hashlib
import json
import zlib
from pathlib import Path
from typing import NamedTuple

from .pairs import Entry, Pair

CHUNK = 1 << 20


class Content(NamedTuple):
    """What a pair is known by; `image` and `label` are the CRC-32 of their files, -1 for one that cannot be read, which is
    told when its turn comes."""

    name: str
    ignored: bool
    gsd_m: float | None
    image: int
    label: int


def fingerprint(pairs: dict[str, list[Pair]]) -> str:
    """A hash of the names, content and GSD of all images and labels, by source.

    An archive's directory holds its members' checksums; files in folders are read for theirs, about a second for 1000 tiles
    of 1024 pixels. So a dataset may be copied, touched or unpacked, but not changed.
    """
    text = json.dumps({source: [content(pair) for pair in found] for source, found in pairs.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def content(pair: Pair) -> Content:
    """What a pair is known by."""
    return Content(pair.name, pair.ignored, pair.origin.gsd_m, _checksum(pair.image), _checksum(pair.label))


def _checksum(entry: Entry) -> int:
    if (stated := entry.checksum()) is not None:
        return stated
    try:
        state = entry.path.stat()
        return _file_checksum(entry.path, state.st_size, state.st_mtime_ns)
    except OSError:
        return -1


@functools.cache
def _file_checksum(path: Path, size: int, changed_ns: int) -> int:
    """Read once in a process, which may train on the same images again and again."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
