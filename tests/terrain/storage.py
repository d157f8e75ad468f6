"""Ways to store a band, files beside it, and the README's advice for what is not read."""

import shlex
import subprocess
from pathlib import Path

import numpy as np
from hill import INSIDE, NORTH, WEST, hill, raster, turned, write
from osgeo import gdal


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
