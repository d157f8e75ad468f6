"""One hill, by formula of easting and northing in UTM zone 15 north, and what writes it as a GeoTIFF."""

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
