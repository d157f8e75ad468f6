"""Writes elevation models of every kind that the world delivers, and what each must give.

Usage: /usr/bin/python3 kinds.py FOLDER README    (Debian's Python, which has GDAL, PROJ and numpy)

All show one hill, whose height is a formula of easting and northing in UTM zone 15 north. `kinds.json` in FOLDER has for
each kind the file, what is stated of it, and either heights at places (by the formula; PROJ turns the places into degrees)
and places in gaps, or the words of the refusal. What GDAL writes is never read back here: a kind and its truth share the
formula alone.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()

CELLS = 200
STEP_M = 30.0
WEST, NORTH = 530_000.0, 5_180_000.0
# Rows and columns without a height, where a kind has such.
GAP = (slice(60, 80), slice(80, 100))
EGM96 = "EPSG:32615+5773"
FOOT, US_FOOT = 0.3048, 1200 / 3937


def hill(easting, northing, west=WEST, north=NORTH):
    """Metres over the geoid; bends so gently that what lies between four cells is theirs to 0.03 m."""
    x, y = easting - west, northing - north
    return 400 + 120 * np.sin(2 * np.pi * x / 7000) + 90 * np.cos(2 * np.pi * y / 8000) + 0.01 * x


def system(name):
    crs = osr.SpatialReference()
    crs.SetFromUserInput(name)
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return crs


def turned(points, source, target):
    """Points (x, y) of one system in another, by PROJ."""
    turn = osr.CoordinateTransformation(system(source), system(target))
    return [turn.TransformPoint(x, y)[:2] for x, y in points]


def centres(columns, rows):
    return [(WEST + (c + 0.5) * STEP_M, NORTH - (r + 0.5) * STEP_M) for c in columns for r in rows]


def truth(points):
    """Latitude, longitude and height of points of the zone."""
    places = turned(points, "EPSG:32615", "EPSG:4326")
    return [(lat, lon, float(hill(*point))) for point, (lon, lat) in zip(points, places)]


# Between cell centres, away from the gap; and inside the gap.
INSIDE = truth(centres((3.3, 40.5, 110.8, 150.1, 196.6), (2.9, 30.25, 100.5, 141.7, 196.2)))
IN_GAP = [place[:2] for place in truth(centres((82.5, 90, 97.3), (63.1, 70, 76.4)))]


def raster():
    columns, rows = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS) + 0.5)
    return hill(WEST + columns * STEP_M, NORTH - rows * STEP_M)


def write(
    path, heights, crs=EGM96, kind=gdal.GDT_Float32, options=(), place=None, nodata=None, unit=None, scale=None, offset=None
):
    """A GeoTIFF, as an open dataset; it is whole once that is gone."""
    height, width = heights.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), width, height, 1, kind, list(options))
    dataset.SetGeoTransform(place or (WEST, STEP_M, 0, NORTH, 0, -STEP_M))
    dataset.SetProjection(system(crs).ExportToWkt())
    band = dataset.GetRasterBand(1)
    if nodata is not None:
        band.SetNoDataValue(nodata)
    if unit:
        band.SetUnitType(unit)
    if scale:
        band.SetScale(scale)
        band.SetOffset(offset)
    band.WriteArray(heights)
    return dataset


class Kinds:
    """The kinds written so far."""

    def __init__(self, folder):
        self.folder = folder
        self.all = []

    def path(self, name):
        return self.folder / f"{name}.tif"

    def placed(self, name, gaps=(), tolerance_m=0.1, heights=None, remark=None, file=None, **stated):
        heights = INSIDE if heights is None else heights
        self.add(name, stated, file, heights=heights, gaps=list(gaps), tolerance_m=tolerance_m, remark=remark)

    def refused(self, name, *words, file=None, **stated):
        self.add(name, stated, file, refused=list(words))

    def add(self, name, stated, file=None, **wanted):
        self.all.append({"name": name, "file": str(file or self.path(name)), "stated": stated, **wanted})


def units(kinds):
    metres = raster()
    write(kinds.path("plain"), metres)
    kinds.placed("plain")
    for name, unit, metre in (("feet", "ft", FOOT), ("survey feet", "US survey foot", US_FOOT)):
        write(kinds.path(name), metres / metre, unit=unit)
        kinds.placed(name)
    write(kinds.path("feet stated"), metres / FOOT, crs="EPSG:32615")
    kinds.placed("feet stated", datum="egm96", unit="foot")
    write(kinds.path("furlongs"), metres, unit="furlong")
    kinds.refused("furlongs", "furlong", "--dem-unit")
    write(kinds.path("feet in metres"), metres, unit="ft")
    kinds.refused("feet in metres", "its band", "foot", "metre", unit="metre")
    # The band's unit is wrong, and the user knows.
    write(kinds.path("feet overridden"), metres, unit="ft")
    kinds.placed("feet overridden", datum="egm96", unit="metre", overrides=True)


def scales(kinds):
    def scaled(name, scale, offset, unit=None, gap=None, crs=EGM96):
        raw = np.round((raster() / (FOOT if unit else 1) - offset) / scale)
        if gap is not None:
            raw[GAP] = gap
        write(kinds.path(name), raw, kind=gdal.GDT_Int16, crs=crs, unit=unit, scale=scale, offset=offset)

    scaled("scale and offset", 0.1, 100)
    # GDAL keeps them in the height of the model's place, since the file names a vertical reference system.
    kinds.placed("scale and offset")
    scaled("scale and offset in feet", 0.1, -100, unit="ft")
    kinds.placed("scale and offset in feet")
    scaled("scale in the metadata", 0.1, 100, crs="EPSG:32615")
    kinds.placed("scale in the metadata", datum="egm96")
    scaled("scale with a gap", 0.05, 0, gap=-9999)
    kinds.placed("scale with a gap", IN_GAP, remark="-9999")
    scaled("offset over unwritten cells", 0.1, 100, gap=0)
    kinds.placed("offset over unwritten cells", IN_GAP, remark="hold 0")


def masks(kinds):
    tiled = ("TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64")
    variants = {
        "mask": (),
        "mask in tiles": (*tiled, "COMPRESS=DEFLATE", "PREDICTOR=3"),
        "mask of a BigTIFF": ("BIGTIFF=YES", "COMPRESS=LZW"),
        "mask, most significant byte first": ("ENDIANNESS=BIG", "COMPRESS=PACKBITS"),
    }
    for name, options in variants.items():
        heights = raster()
        heights[GAP] = 0
        dataset = write(kinds.path(name), heights, options=options)
        dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
        mask = np.full(heights.shape, 255, np.uint8)
        mask[GAP] = 0
        dataset.GetRasterBand(1).GetMaskBand().WriteArray(mask)
        del dataset
        kinds.placed(name, IN_GAP)
    # Cells under a mask may hold anything, heights too.
    dataset = write(kinds.path("mask over heights"), raster(), options=tiled)
    dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
    dataset.GetRasterBand(1).GetMaskBand().WriteArray(mask)
    del dataset
    kinds.placed("mask over heights", IN_GAP)
    os.environ["GDAL_TIFF_INTERNAL_MASK"] = "NO"
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "NO")
    dataset = write(kinds.path("mask beside it"), raster())
    dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
    dataset.GetRasterBand(1).GetMaskBand().WriteArray(mask)
    del dataset
    kinds.refused("mask beside it", ".msk", "gdal_translate")


def sparse(kinds):
    metres = raster()
    for name, options, row, column in (
        ("sparse tiles", ("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "SPARSE_OK=TRUE"), 64, 80),
        ("sparse strips", ("BLOCKYSIZE=20", "SPARSE_OK=TRUE", "COMPRESS=LZW"), 60, 0),
    ):
        dataset = gdal.GetDriverByName("GTiff").Create(
            str(kinds.path(name)), CELLS, CELLS, 1, gdal.GDT_Float32, list(options)
        )
        dataset.SetGeoTransform((WEST, STEP_M, 0, NORTH, 0, -STEP_M))
        dataset.SetProjection(system(EGM96).ExportToWkt())
        height, width = (16, 16) if column else (20, CELLS)
        for r in range(0, CELLS, height):
            for c in range(0, CELLS, width):
                if (r, c) != (row, column):
                    block = metres[r : r + height, c : c + width]
                    dataset.GetRasterBand(1).WriteArray(block, c, r)
        del dataset
        gap = truth(centres((82, 88, 94) if column else (5, 90, 190), (66, 70, 78)))
        kinds.placed(name, [place[:2] for place in gap])


def gaps(kinds):
    undeclared = {
        "gap of -32767": (gdal.GDT_Int16, -32767),
        "gap of -32768": (gdal.GDT_Int16, -32768),
        "gap of -9999": (gdal.GDT_Float32, -9999),
        "gap of the least number": (gdal.GDT_Float32, float(np.finfo(np.float32).min)),
        "gap of the greatest number": (gdal.GDT_Float32, float(np.finfo(np.float32).max)),
        "gap of 65535": (gdal.GDT_UInt16, 65535),
        "gap of 0": (gdal.GDT_Float32, 0),
        "gap of 0 in whole metres": (gdal.GDT_Int16, 0),
    }
    for name, (kind, number) in undeclared.items():
        heights = raster()
        heights[GAP] = number
        whole = kind != gdal.GDT_Float32
        write(kinds.path(name), np.round(heights) if whole else heights, kind=kind)
        remark = "hold 0" if number == 0 else "gaps"
        # Whole metres are half a metre off at most.
        kinds.placed(name, IN_GAP, tolerance_m=0.6 if whole else 0.1, remark=remark)
    for name, nodata in (("declared -9999", -9999), ("declared NaN", float("nan"))):
        heights = raster()
        heights[GAP] = nodata
        write(kinds.path(name), heights, nodata=nodata)
        kinds.placed(name, IN_GAP)
    # What a warp leaves around a model that lies askew in its frame.
    write(kinds.path("upright"), raster())
    gdal.Warp(str(kinds.path("askew")), str(kinds.path("upright")), options="-novshift -et 0 -r cubic -t_srs EPSG:4326+5773")
    corner = truth([(WEST - 60, NORTH - 3000), (WEST + 3000, NORTH + 40)])
    kinds.placed("askew", [place[:2] for place in corner], heights=INSIDE[6:19], remark="hold 0")


def seaside(kinds):
    """The sea holds zeros that are heights: the land comes down to it."""
    columns, _ = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS))
    land = np.maximum(0, (WEST + columns * STEP_M - WEST - 2000) * 0.05)
    write(kinds.path("seaside"), land)
    points = centres((10, 30.5, 100.5, 180.25), (20, 120.5))
    places = turned(points, "EPSG:32615", "EPSG:4326")
    heights = [(lat, lon, max(0, (x - WEST - 2000) * 0.05)) for (x, _), (lon, lat) in zip(points, places)]
    kinds.placed("seaside", heights=heights)


def storage(kinds):
    metres = raster()
    for method in ("ZSTD", "LERC", "LZMA"):
        name = f"compressed by {method}"
        write(kinds.path(name), metres, options=(f"COMPRESS={method}",))
        kinds.refused(name, method, "gdal_translate -co COMPRESS=DEFLATE")
    write(kinds.path("one band"), metres)
    alpha = "-dstalpha -novshift -t_srs EPSG:32615+5773"
    gdal.Warp(str(kinds.path("with alpha")), str(kinds.path("one band")), options=alpha)
    kinds.refused("with alpha", "2 bands", "gdal_translate -b 1")
    write(kinds.path("complex"), metres, kind=gdal.GDT_CFloat32)
    kinds.refused("complex", "samples", "gdal_translate -ot Float32")
    # GDAL writes beside a file that it may not write into.
    write(kinds.path("scale beside it"), metres)
    Path(f"{kinds.path('scale beside it')}.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><Scale>0.3048</Scale></PAMRasterBand></PAMDataset>"
    )
    kinds.refused("scale beside it", ".aux.xml", "scale", "gdal_translate")
    write(kinds.path("statistics beside it"), metres)
    Path(f"{kinds.path('statistics beside it')}.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'>"
        "<Metadata><MDI key='STATISTICS_MEAN'>1</MDI></Metadata></PAMRasterBand></PAMDataset>"
    )
    kinds.placed("statistics beside it")


def datums(kinds):
    metres = raster()
    write(kinds.path("NAVD88"), metres, crs="EPSG:32615+5703")
    kinds.refused("NAVD88", "NAVD88 (EPSG:5703)", "--dem-override")
    kinds.placed("NAVD88", datum="egm2008", overrides=True)
    write(kinds.path("NAVD88 in survey feet"), metres / US_FOOT, crs="EPSG:32615+6360")
    kinds.refused("NAVD88 in survey feet", "NAVD88 (EPSG:6360)", datum="egm2008")
    kinds.placed("NAVD88 in survey feet", datum="egm2008", overrides=True)
    write(kinds.path("NAVD88 in feet"), metres / FOOT, crs="EPSG:32615+8228")
    kinds.placed("NAVD88 in feet", datum="egm2008", overrides=True)
    write(kinds.path("of Genoa"), metres, crs="EPSG:32615+5214")
    kinds.refused("of Genoa", "unit of EPSG:5214", datum="egm96", overrides=True)
    write(kinds.path("nothing"), np.zeros((CELLS, CELLS)))
    kinds.refused("nothing", "no height at all")


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
        kinds.placed(name, heights=truths, datum="egm96", **unit_of_heights)
    kinds.refused("Minnesota North in survey feet", "does not say what its heights are in", "--dem-unit", datum="egm96")
    small = np.full((4, 4), 500.0)
    for name, code, *words in (
        ("NAD27", 26715, "NAD27", "grids", "gdalwarp -novshift"),
        ("NZGD49 by a grid", 27205, "EPSG:27205", "nzgd2kgrid0005.gsb"),
        ("a datum nobody describes", 2327, "EPSG:2327", "nothing says"),
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


def tiles(kinds):
    metres = raster()
    folder = kinds.folder / "tiles"
    folder.mkdir(exist_ok=True)
    for row in (0, 100):
        for column in (0, 100):
            place = (WEST + column * STEP_M, STEP_M, 0, NORTH - row * STEP_M, 0, -STEP_M)
            part = metres[row : row + 100, column : column + 100]
            write(folder / f"{row}-{column}.tif", part, place=place)
    (folder / "README.txt").write_text("not a tile")
    seams = truth(centres((50.2, 99.2, 99.5, 99.9, 150), (30, 99.1, 99.5, 99.8, 160.6)))
    outside = truth([(WEST - 20, NORTH - 300), (WEST + 6100, NORTH - 300)])
    kinds.placed("tiles", [p[:2] for p in outside], heights=INSIDE + seams, file=folder)

    # A finer model of a part counts there, whatever the order of names.
    finer = kinds.folder / "finer"
    finer.mkdir(exist_ok=True)
    write(finer / "a.tif", metres + 7)
    columns, rows = np.meshgrid(np.arange(150) + 0.5, np.arange(150) + 0.5)
    place = (WEST + 900, 10, 0, NORTH - 900, 0, -10)
    write(finer / "b.tif", hill(WEST + 900 + columns * 10, NORTH - 900 - rows * 10), place=place)
    kinds.placed("finer", heights=truth([(WEST + 1500, NORTH - 1500), (WEST + 2300, NORTH - 1111)]), file=finer)

    mixed = kinds.folder / "mixed"
    mixed.mkdir(exist_ok=True)
    write(mixed / "a.tif", metres)
    write(mixed / "b.tif", metres, crs="EPSG:32615+3855")
    kinds.refused("mixed", "EGM2008", "EGM96", "over one datum", "b.tif", file=mixed)
    empty = kinds.folder / "empty"
    empty.mkdir(exist_ok=True)
    kinds.refused("empty", "no .tif, .tiff or .hgt", file=empty)


def srtm(kinds):
    """A tile of three arc seconds, with a void of its own and one that is not."""
    for name, south, west in (("N46W093", 46, -93), ("S47W074", -47, -74)):
        side = 1201
        columns, rows = np.meshgrid(np.arange(side) / (side - 1), np.arange(side) / (side - 1))
        heights = np.round(700 + 400 * np.sin(4 * columns) + 200 * np.cos(5 * rows)).astype(">i2")
        heights[200:210, 300:310] = -32768
        heights[200:210, 400:410] = 0
        path = kinds.folder / f"{name}.hgt"
        path.write_bytes(heights.tobytes())
        places = [(u, v) for u in (0.0, 0.11, 0.5123, 0.9999, 1.0) for v in (0.0, 0.2, 0.7531, 1.0)]
        truths = [(south + 1 - v, west + u, 700 + 400 * np.sin(4 * u) + 200 * np.cos(5 * v)) for u, v in places]
        gaps = [(south + 1 - 205 / 1200, west + c / 1200) for c in (305, 405)]
        # Whole metres are half a metre off at most.
        kinds.placed(name, gaps, tolerance_m=0.6, heights=truths, remark="hold 0", file=path)
        kinds.refused(name, "EGM96", "not over EGM2008", file=path, datum="egm2008")
    cut = kinds.folder / "N47W093.hgt"
    cut.write_bytes(heights.tobytes()[:-2])
    kinds.refused("cut", "length", file=cut)
    nameless = kinds.folder / "duluth.hgt"
    nameless.write_bytes(heights.tobytes())
    kinds.refused("nameless", "N46W092.hgt", file=nameless)


def advice(kinds, readme):
    """The line of the README that converts a model, on one in degrees over EGM96: its heights stay what they are."""
    line = next(line.strip() for line in readme.read_text().splitlines() if line.strip().startswith("gdalwarp "))
    step = 0.0003
    (west, north), (east, south) = turned(
        [(WEST - 600, NORTH + 600), (WEST + 6600, NORTH - 6600)], "EPSG:32615", "EPSG:4326"
    )
    columns, rows = np.meshgrid(
        west + (np.arange(int((east - west) / step)) + 0.5) * step,
        north - (np.arange(int((north - south) / step)) + 0.5) * step,
    )
    points = turned(list(zip(columns.flat, rows.flat)), "EPSG:4326", "EPSG:32615")
    eastings, northings = np.array(points).T.reshape(2, *columns.shape)
    heights = hill(eastings, northings)
    place = (west, step, 0, north, 0, -step)
    write(kinds.folder / "in.tif", heights, crs="EPSG:4326+5773", place=place)
    subprocess.run(shlex.split(line), cwd=kinds.folder, check=True, stdout=subprocess.DEVNULL)
    kinds.add("dem", {}, heights=INSIDE, gaps=[], tolerance_m=0.1, remark="hold 0")


# Steps of PROJ's own way from degrees and metres over a geoid to metres over the ellipsoid.
UNDULATION = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=vgridshift +grids={} +multiplier=1 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)
PROJ_EGM96 = "/usr/share/proj/egm96_15.gtx"


def undulations(grid, places):
    """Latitude, longitude and undulation by PROJ, bilinear in a grid of its own."""
    options = osr.CoordinateTransformationOptions()
    options.SetOperation(UNDULATION.format(grid))
    turn = osr.CoordinateTransformation(system("EPSG:4326"), system("EPSG:4326"), options)
    # With an operation of its own, GDAL takes the coordinates in the order of EPSG:4326.
    return [(float(lat), float(lon), turn.TransformPoint(float(lat), float(lon), 0.0)[2]) for lat, lon in places]


def geoids(kinds):
    """EGM96 at nodes of PROJ's grid of it, and grids that stand for EGM2008, with what PROJ or numpy finds in them."""
    nodes = [(lat, lon) for lat in np.arange(-90, 90.1, 7.5) for lon in np.arange(-180, 180, 22.5)]
    everywhere = undulations(PROJ_EGM96, nodes)

    def other(lat, lon):
        """A metre or so beside EGM96, as EGM2008 is."""
        egm96 = np.array([n for _, _, n in undulations(PROJ_EGM96, list(zip(lat.flat, lon.flat)))]).reshape(lat.shape)
        return egm96 + 0.8 * np.sin(np.radians(11 * lat)) + 0.5 * np.cos(np.radians(7 * lon))

    grids = []
    step, south, west, rows, columns = 2.5 / 60, 45.0, -94.0, 73, 97
    lat, lon = np.mgrid[0:rows, 0:columns] * step
    here = other(lat + south, lon + west).astype(np.float32)
    gtx, tif = kinds.folder / "egm2008.gtx", kinds.folder / "egm2008.tif"
    header = np.array([south, west, step, step], ">f8").tobytes() + np.array([rows, columns], ">i4").tobytes()
    gtx.write_bytes(header + here.astype(">f4").tobytes())
    place = (west - step / 2, step, 0, south + (rows - 0.5) * step, 0, -step)
    dataset = write(tif, here[::-1], crs="EPSG:4326", options=("TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16",
                    "COMPRESS=DEFLATE", "PREDICTOR=3"), place=place)
    dataset.SetMetadataItem("AREA_OR_POINT", "Point")
    del dataset
    between = [(45.51, -92.01), (46.777, -92.1), (47.99, -90.011), (45.0, -94.0), (46.1, -93.987)]
    for path in (gtx, tif):
        outside = [[44.9, -92], [46, -89.9]]
        grids.append({"file": str(path), "undulations": undulations(path, between), "outside": outside})

    step = 0.5
    lat, lon = np.mgrid[0:361, 0:720] * step
    raw = np.round((other(90 - lat, lon) + 108) / 0.003).astype(">u2")
    pgm = kinds.folder / "egm2008.pgm"
    comments = b"# Geoid file in PGM format\n# Description WGS84 EGM2008, 30-minute grid\n# Offset -108\n# Scale 0.003\n"
    pgm.write_bytes(b"P5\n" + comments + b"720 361\n65535\n" + raw.tobytes())
    whole = raw * 0.003 - 108
    places = [(46.777, -92.1), (-33.3, -70.2), (-17.1, 179.9), (-17.1, -179.9), (0.1, 0.1), (89.9, 33), (-89.9, -33)]
    found = []
    for latitude, longitude in places:
        y, x = (90 - latitude) / step, longitude % 360 / step
        r, c = int(y), int(x)
        a, b = whole[r : r + 2, c], whole[r : r + 2, (c + 1) % 720]
        upper, lower = a + (b - a) * (x - c)
        found.append((latitude, longitude, upper + (lower - upper) * (y - r)))
    grids.append({"file": str(pgm), "undulations": found})

    gtx.with_name("negative.gtx").write_bytes(header + (-here).astype(">f4").tobytes())
    gtx.with_name("cut.gtx").write_bytes(header + here.tobytes()[:-4])
    grids += [
        {"file": PROJ_EGM96, "refused": "holds EGM96"},
        {"file": str(gtx.with_name("negative.gtx")), "refused": "every geoid has about"},
        {"file": str(gtx.with_name("cut.gtx")), "refused": "damaged"},
        {"file": str(kinds.path("plain")), "refused": "no grid of degrees"},
    ]
    (kinds.folder / "geoids.json").write_text(json.dumps({"egm96": everywhere, "egm2008": grids}))


def main():
    folder, readme = Path(sys.argv[1]), Path(sys.argv[2])
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    kinds = Kinds(folder)
    for make in (units, scales, sparse, gaps, seaside, storage, datums, systems, tiles, srtm):
        make(kinds)
    advice(kinds, readme)
    masks(kinds)
    geoids(kinds)
    (folder / "kinds.json").write_text(json.dumps(kinds.all))


main()
