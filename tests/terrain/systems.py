"""Horizontal reference systems: the same hill where people use them."""

import numpy as np
from hill import US_FOOT, hill, turned, write
from osgeo import osr

# EPSG code, metres that a unit of its coordinates is (None for degrees), and a place in its area.
SYSTEMS = {
    "NAD83 UTM": (26915, 1, 46.7, -92.1),
    "NAD83 in degrees": (4269, None, 46.7, -92.1),
    "Albers of the United States": (5070, 1, 38.9, -106.4),
    "Minnesota North in survey feet": (26849, US_FOOT, 47.2, -93.5),
    "web mercator": (3857, 1, -13.1, -72.5),
    "web mercator far north": (3857, 1, 69.6, 18.9),
    "Lambert of France": (2154, 1, 44.9, 6.4),
    "LV95 of Switzerland": (2056, 1, 46.5, 8.0),
    "British grid": (27700, 1, 56.8, -5.0),
    "ETRS89 UTM": (25832, 1, 47.4, 11.0),
    "Europe's equal area": (3035, 1, 61.6, 8.3),
    "SIRGAS UTM": (31983, 1, -22.9, -43.2),
    "plane of Japan": (6677, 1, 35.4, 138.7),
    "New Zealand": (2193, 1, -43.6, 170.1),
    "GDA2020 UTM": (7855, 1, -36.5, 148.3),
    "Antarctica": (3031, 1, -77.5, 167.2),
    "the Arctic": (3413, 1, 78.2, 15.6),
    "Greenland beside the pole": (3413, 1, 83.2, -32.0),
    "mercator of the Pacific over the antimeridian": (3832, 1, -16.8, 179.999),
    "degrees over the antimeridian": (4326, None, -16.8, 179.999),
}
# What is told of those whose datum is known to more than a metre (accuracies of EPSG's register).
SHIFTED = {"LV95 of Switzerland": "1.5 m (one sigma)", "British grid": "2 m (one sigma)"}


def systems(kinds):
    """The same hill at other places, in the systems that people there use."""
    for name, (code, unit, latitude, longitude) in SYSTEMS.items():
        zone = (32600 if latitude > 0 else 32700) + int((longitude + 180) // 6) + 1
        utm, other = f"EPSG:{zone}", f"EPSG:{code}"
        # The zone's own metres, on from its middle meridian.
        [(x, y)] = turned([(longitude, latitude)], "EPSG:4326", utm)
        west, north = x - 3000, y + 3000
        [(middle_x, middle_y)] = turned([(longitude, latitude)], "EPSG:4326", other)
        # Cells of 30 m; web mercator's are smaller there.
        step = 30 / 111_000 if unit is None else 30 / unit
        step_x = step / np.cos(np.radians(latitude)) if unit is None else step
        columns, rows = np.meshgrid(np.arange(220) - 109.5, np.arange(220) - 109.5)
        points = list(zip((middle_x + columns * step_x).flat, (middle_y - rows * step).flat))
        eastings, northings = np.array(turned(points, other, utm)).T.reshape(2, *columns.shape)
        place = (middle_x - 110 * step_x, step_x, 0, middle_y + 110 * step, 0, -step)
        heights = hill(eastings, northings, west, north)
        write(kinds.path(name), heights, crs=other, place=place).SetMetadataItem("AREA_OR_POINT", "Area")
        points = [(x + dx, y + dy) for dx in (-900.3, 3.1, 777.7) for dy in (-888.8, 11.1, 901.9)]
        places = turned(points, utm, "EPSG:4326")
        truths = [(lat, lon, float(hill(*point, west, north))) for point, (lon, lat) in zip(points, places)]
        unit_of_heights = {"unit": "metre"} if unit == US_FOOT else {}
        kinds.placed(name, heights=truths, remark=SHIFTED.get(name), datum="egm96", **unit_of_heights)
    kinds.refused("Minnesota North in survey feet", "does not say what its heights are in", "--dem-unit", datum="egm96")
    small = np.full((4, 4), 500.0)
    for name, code, *words in (
        ("NAD27", 26715, "NAD27", "grids", "gdalwarp -novshift"),
        ("NZGD49 by a grid", 27205, "EPSG:27205", "nzgd2kgrid0005.gsb"),
        ("a datum nobody describes", 2327, "EPSG:2327", "nothing says"),
        ("a shift nobody vouches for", 2933, "EPSG:2933", "nobody states how well"),
        ("south-west axes", 2053, "EPSG:2053", "axes"),
    ):
        write(kinds.path(name), small, crs=f"EPSG:{code}")
        kinds.refused(name, *words, datum="egm96")
    dataset = write(kinds.path("of no register"), small)
    custom = osr.SpatialReference()
    custom.ImportFromProj4("+proj=tmerc +lat_0=1 +lon_0=-92 +k=1 +x_0=7 +y_0=8 +datum=WGS84")
    dataset.SetProjection(custom.ExportToWkt())
    del dataset
    kinds.refused("of no register", "no EPSG code", "gdalwarp -novshift", datum="egm96")
