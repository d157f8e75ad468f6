"""Models of several files, and SRTM's tiles."""

import numpy as np
from hill import INSIDE, NORTH, STEP_M, WEST, centres, hill, raster, truth, write


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
