"""Checks what a flight in the virtual machine left, and prints its line of figures; or the first thing that was not so.

    python3 tests/vm/check.py WORK ARCH BOOT_SECONDS SECONDS

WORK is the folder of tools/vm-test: what the firmware told before it was killed and at its end, what the simulated sensors
flew, and the ground station's store. Needs nothing but Python.
"""

import datetime
import json
import math
import sqlite3
import struct
import sys
from pathlib import Path

# WGS 84: equatorial radius in metres, square of the eccentricity.
RADIUS, ECCENTRICITY = 6378137.0, 0.00669437999014

SPEED = 15.0
# The model finds one of the camera's bars of colour: from the line that the aircraft flies to 16 m on its right.
BAR = 16.0


def check(holds, complaint):
    if not holds:
        sys.exit(f"tools/vm-test: {complaint}; see {work}")


def utc(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def metres(longitude, latitude):
    """Along the line the aircraft flew, which goes east, and to its right."""
    from_latitude, from_longitude = flown["from_deg"]
    w2 = 1 - ECCENTRICITY * math.sin(math.radians(from_latitude)) ** 2
    north = math.radians(latitude - from_latitude) * RADIUS * (1 - ECCENTRICITY) / w2**1.5
    parallel = RADIUS / w2**0.5 * math.cos(math.radians(latitude))
    return math.radians(longitude - from_longitude) * parallel, -north


def corners(blob):
    """Of the outer ring of a GeoPackage multipolygon's first part, which ends where it begins."""
    at = 8 + [0, 32, 48, 48, 64][blob[3] >> 1 & 7] + 9
    (count,) = struct.unpack_from("<I", blob, at + 9)
    ring = struct.unpack_from(f"<{2 * count}d", blob, at + 13)
    return [metres(*ring[i : i + 2]) for i in range(0, 2 * count - 2, 2)]


def covered(rings):
    """Metres of the line that the footprints show."""
    length, end = 0.0, -math.inf
    for first, last in sorted((min(ring)[0], max(ring)[0]) for ring in rings):
        length += max(0.0, last - max(first, end))
        end = max(end, last)
    return length


work, arch, boot_seconds, seconds = sys.argv[1:]
killed = json.loads(Path(work, "share/killed.json").read_text())
ended = json.loads(Path(work, "share/fly.json").read_text())
flown = json.loads(Path(work, "flown.json").read_text())
slides = json.loads(Path(work, "landslides.geojson").read_text())["features"]
used, still_used = (Path(work, "share", name).read_text().split() for name in ("before", "after"))
store = sqlite3.connect(Path(work, "store.gpkg"))

# Of the flight that was killed the last look is known, up to a quarter of a second older than its end.
camera, frames, link = killed["captured"], killed["frames"], killed["link"]
check(frames["tagged"] >= 20, f"only {frames['tagged']} frames were tagged before the firmware was killed")
check(ended["tagged"] >= 5, f"only {ended['tagged']} frames were tagged after the firmware was killed")
check(camera["damaged"] == ended["corrupt"] == 0, "frames were corrupt")
check(camera["dropped"] > 0, "no dropped frame was counted")
check(camera["opened"] >= 3, f"the camera was opened {camera['opened']} times, not three")
check(link["waiting"] > 0, "no message waited when the firmware was killed, so nothing of it was at risk")
check(ended["undelivered"] == 0, f"{ended['undelivered']} messages did not reach the ground station")
check(not ended["interrupted"], "the flight did not end by landing")

threads, files = used
check(used == still_used, f"{threads} threads and {files} open files became {' and '.join(still_used)}")

rows = store.execute("SELECT survey, geom, time FROM footprints WHERE geom IS NOT NULL").fetchall()
placed = [(corners(geom), utc(time)) for _, geom, time in rows]
after = sum(survey == ended["survey"] for survey, _, _ in rows)
before = len(rows) - after
check(after == ended["tagged"], f"{after} footprints arrived of {ended['tagged']}")
# The last frame that was counted may not have been kept yet.
check(before >= frames["tagged"] - 1, f"{before} footprints arrived of {frames['tagged']} before the firmware was killed")

length = metres(*reversed(flown["to_deg"]))[0]
errors = []
for ring, time in placed:
    along, right = (sum(axis) / len(ring) for axis in zip(*ring, strict=True))
    truth = min(max(SPEED * (time - utc(flown["from_utc"])), 0.0), length)
    errors.append(max(abs(right), abs(along - truth)))
check(max(errors) < 2.0, f"a footprint lies {max(errors):.1f} m from where the camera looked")

check(len({slide["properties"]["survey"] for slide in slides}) == 2, "not both flights found a landslide")
right = [metres(*point)[1] for slide in slides for point in slide["geometry"]["coordinates"][0]]
check(min(right) > -3 and max(right) < BAR + 3, f"landslides lie {min(right):.1f} to {max(right):.1f} m right of the line")
area, truth = sum(slide["properties"]["area_m2"] for slide in slides), BAR * covered(ring for ring, _ in placed)
check(0.8 < area / truth < 1.25, f"landslides of {area:.0f} m2 arrived, and the footprints show {truth:.0f}")

scarp = flown["scarp"]
check(scarp["heartbeats"] > 30, f"only {scarp['heartbeats']} heartbeats of Scarp came")
check(scarp["statustexts"], "Scarp told the pilot nothing")
captured, dropped = (camera[key] + ended["camera"][key] for key in ("frames", "dropped"))
unused = frames["rejected"] + frames["dropped"] + ended["untagged"] + ended["unplaced"] + ended["dropped"]
kept = link["waiting"]
print(
    f"{arch}: {captured} frames captured, {len(placed)} tagged, {dropped} dropped by the camera, {unused} not placed or"
    f" searched; {len(slides)} landslides and {len(placed)} footprints received, {kept} messages kept over a kill;"
    f" {threads} threads and {files} open files before and after the camera's faults;"
    f" {max(errors):.1f} m largest error; {boot_seconds} s to the program, {seconds} s in all"
)
