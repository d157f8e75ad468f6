"""A GeoTIFF of level ground around the place where most of the photographs are taken."""

import struct

from pyproj import Transformer

# UTM 15 N, 40 cells of 30 m each way, heights over EGM96 in metres.
EPSG, EGM96, CELLS, CELL = 32615, 5773, 40, 30.0
MIDDLE = (46.84, -91.99)


def write(path, height):
    x, y = Transformer.from_crs("EPSG:4326", f"EPSG:{EPSG}", always_xy=True).transform(MIDDLE[1], MIDDLE[0])
    west, north = x - CELLS * CELL / 2, y + CELLS * CELL / 2
    keys = [1, 1, 1, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, EPSG, 4096, 0, 1, EGM96]
    data = struct.pack("<f", height) * CELLS**2
    arrays = {
        33550: (12, struct.pack("<3d", CELL, CELL, 0.0), 3),
        33922: (12, struct.pack("<6d", 0, 0, 0, west, north, 0), 6),
        34735: (3, struct.pack(f"<{len(keys)}H", *keys), len(keys)),
    }
    scalars = {256: CELLS, 257: CELLS, 258: 32, 259: 1, 262: 1, 277: 1, 278: CELLS, 279: len(data), 339: 3}
    at = 8 + 2 + 12 * (len(arrays) + len(scalars) + 1) + 4
    body, entries = b"", {}
    for tag, (kind, raw, count) in arrays.items():
        entries[tag] = struct.pack("<HHII", tag, kind, count, at + len(body))
        body += raw
    for tag, value in scalars.items():
        entries[tag] = struct.pack("<HHII", tag, 4, 1, value)
    entries[273] = struct.pack("<HHII", 273, 4, 1, at + len(body))
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + b"\0\0\0\0"
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + body + data)
