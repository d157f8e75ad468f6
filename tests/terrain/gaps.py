"""Cells without a height: masks, blocks that are not there, numbers that mean a gap, declared or not; and the sea."""

import os

import numpy as np
from hill import (
    CELLS,
    EGM96,
    GAP,
    IN_GAP,
    INSIDE,
    NORTH,
    STEP_M,
    WEST,
    centres,
    raster,
    system,
    truth,
    turned,
    write,
)
from osgeo import gdal


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
