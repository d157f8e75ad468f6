"""Writes elevation models and areas for `scarp-forge terrain`, and what each prepared model must hold.

Usage: /usr/bin/python3 prepare.py FOLDER    (Debian's Python, which has GDAL, PROJ and numpy)

`prepare.json` in FOLDER has for each case the arguments, and either heights at places, by the formula of the hill and PROJ's
grid of EGM96, with the share of the area that has none; or the words of the refusal.
"""

import json
import sys
from pathlib import Path

import numpy as np
from geoids import PROJ_EGM96, undulations
from hill import CELLS, FOOT, GAP, IN_GAP, INSIDE, NORTH, STEP_M, WEST, hill, raster, turned, write

# In degrees: about 4 km by 4 km in the middle of the hill.
AREA = (-92.594, 46.734, -92.546, 46.762)
# Undulations of the grid that stands for EGM2008, over EGM96's.
BESIDE_EGM96_M = 0.75


def in_area(places):
    west, south, east, north = AREA
    return [place for place in places if south < place[0] < north and west < place[1] < east]


def over(places, sign, grid=PROJ_EGM96):
    """Places with the undulation added to their heights, or taken away."""
    found = undulations(grid, [place[:2] for place in places])
    return [(lat, lon, height + sign * n) for (lat, lon, height), (_, _, n) in zip(places, found)]


def egm2008(path):
    """A small grid, a little beside EGM96."""
    step, south, west, rows, columns = 2.5 / 60, 46.0, -94.0, 37, 73
    lat, lon = np.mgrid[0:rows, 0:columns] * step
    lat, lon = lat + south, lon + west
    egm96 = [n for _, _, n in undulations(PROJ_EGM96, list(zip(lat.flat, lon.flat)))]
    here = np.array(egm96).reshape(lat.shape) + BESIDE_EGM96_M
    header = np.array([south, west, step, step], ">f8").tobytes() + np.array([rows, columns], ">i4").tobytes()
    path.write_bytes(header + here.astype(">f4").tobytes())


def in_degrees():
    """The hill in cells of a thousandth of a degree and less, with where they lie."""
    (west, north), (east, south) = turned(
        [(WEST - 600, NORTH + 600), (WEST + 6600, NORTH - 6600)], "EPSG:32615", "EPSG:4326"
    )
    step = 0.0003
    columns, rows = np.meshgrid(
        west + (np.arange(int((east - west) / step)) + 0.5) * step,
        north - (np.arange(int((north - south) / step)) + 0.5) * step,
    )
    points = turned(list(zip(columns.flat, rows.flat)), "EPSG:4326", "EPSG:32615")
    eastings, northings = np.array(points).T.reshape(2, *columns.shape)
    return hill(eastings, northings), (west, step, 0, north, 0, -step)


def areas(folder):
    west, south, east, north = AREA
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    kml = " ".join(f"{x},{y},0" for x, y in corners)
    (folder / "area.kml").write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs><LinearRing>'
        f"<coordinates>{kml}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
    )
    geometry = {"type": "Polygon", "coordinates": [corners]}
    (folder / "area.geojson").write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}))
    survey = {"type": "ComplexItem", "complexItemType": "survey", "polygon": [(y, x) for x, y in corners[:4]]}
    mission = {"plannedHomePosition": [(south + north) / 2, (west + east) / 2, 400], "items": [survey]}
    (folder / "area.plan").write_text(json.dumps({"fileType": "Plan", "mission": mission}))


def main():
    folder = Path(sys.argv[1])
    cases = []

    def case(name, area, sources, *options, **wanted):
        cases.append({"name": name, "arguments": [str(area), "--from", *map(str, sources), *map(str, options)], **wanted})

    areas(folder)
    box = ",".join(map(str, AREA))
    here = in_area(INSIDE)
    assert len(here) > 5, here

    def path(name):
        return folder / f"{name}.tif"

    heights, place = in_degrees()
    write(path("degrees"), heights, crs="EPSG:4326+5773", place=place)
    for area in (box, folder / "area.kml", folder / "area.geojson", folder / "area.plan"):
        case(f"area {area}", area, [path("degrees")], heights=here, datum="egm96")
    case("to the ellipsoid", box, [path("degrees")], "--datum", "ellipsoid", heights=over(here, 1), datum="ellipsoid")

    write(path("feet"), raster() / FOOT, unit="ft")
    # Where the source lies in the area's zone, its own cells stay.
    case("feet", box, [path("feet")], heights=here, datum="egm96", cell_m=30, apart_m=0)
    case("cells of 10 m", box, [path("feet")], "--cell", 10, heights=here, datum="egm96", cell_m=10)

    tiles = folder / "tiles"
    tiles.mkdir()
    metres = raster()
    for n, (row, column) in enumerate([(0, 0), (0, 100), (100, 0), (100, 100)]):
        corner = (WEST + column * STEP_M, STEP_M, 0, NORTH - row * STEP_M, 0, -STEP_M)
        part = metres[row : row + 100, column : column + 100]
        write(tiles / f"{n}.tif", part, crs="EPSG:32615+3855", place=corner)
    geoid = folder / "egm2008.gtx"
    egm2008(geoid)
    raised = [(lat, lon, height + BESIDE_EGM96_M) for lat, lon, height in here]
    case("EGM2008 in tiles", box, [tiles], "--geoid", geoid, heights=raised, datum="egm96")
    ellipsoid = over(raised, 1)
    case(
        "EGM2008 to the ellipsoid",
        box,
        [tiles],
        "--geoid",
        geoid,
        "--datum",
        "ellipsoid",
        heights=ellipsoid,
        datum="ellipsoid",
    )
    case("EGM2008 kept", box, [tiles], "--datum", "egm2008", heights=here, datum="egm2008")
    case("EGM2008 without a grid", box, [tiles], refused=["EGM2008", "--geoid", "us_nga_egm08_25.tif", "--datum egm2008"])

    with_gap = raster()
    with_gap[GAP] = -32767
    write(path("gap"), with_gap, nodata=-32767)
    gap = [place for place in IN_GAP if in_area([(*place, 0)])]
    west, south, east, north = AREA
    size_m2 = (east - west) * (north - south) * 111_195**2 * np.cos(np.radians((south + north) / 2))
    # The surface ends at the last centres before a gap; whether those themselves count is a matter of rounding.
    share = 21 * 21 * STEP_M**2 / size_m2
    case("a gap", box, [path("gap")], heights=here, datum="egm96", gaps=gap, missing=share, status=3)
    case("half of it", box, [tiles / "0.tif", tiles / "2.tif"], "--datum", "egm2008", datum="egm2008", status=3)

    columns, rows = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS) + 0.5)
    # A shore in the south, and nothing but the sea in the area and its margin.
    write(path("sea"), np.maximum(0, (rows - 180) * 0.1))
    sea = [(46.75, -92.58, 0), (46.7581, -92.5511, 0)]
    case("the sea", "-92.594,46.748,-92.546,46.762", [path("sea")], "--margin", 0, heights=sea, datum="egm96")
    [(x, y)] = turned([(-5.0, 56.8)], "EPSG:4326", "EPSG:27700")
    place = (x - 3000, STEP_M, 0, y + 3000, 0, -STEP_M)
    british = 400 + 0.05 * (columns - 100) * STEP_M - 0.02 * (rows - 100) * STEP_M
    write(path("british"), british, crs="EPSG:27700", place=place)
    case(
        "a datum known to 2 m",
        "-5.02,56.79,-4.98,56.81",
        [path("british")],
        "--dem-datum",
        "egm96",
        datum="egm96",
        horizontal_sigma_m=2,
    )

    case("nothing there", "8,46,8.1,46.1", [path("degrees")], refused=["latitude 46.00000", "degrees.tif", "--from"])
    case("too large", box, [path("degrees")], "--cell", 0.2, refused=["--cell", "cells of 0.2 m"])
    case("no area", "nowhere.kml", [path("degrees")], refused=["nowhere.kml", "cannot be read"])
    (folder / "prepare.json").write_text(json.dumps(cases))


main()
