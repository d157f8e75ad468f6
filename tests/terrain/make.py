"""Writes elevation models of every kind that the world delivers, and what each must give.

Usage: /usr/bin/python3 make.py FOLDER README    (Debian's Python, which has GDAL, PROJ and numpy)

All show one hill (`hill.py`). `kinds.json` in FOLDER has for each kind the file, what is stated of it, and either heights at
places (by the formula; PROJ turns the places into degrees) and places in gaps, or the words of the refusal. What GDAL writes
is never read back here: a kind and its truth share the formula alone. `geoids.json` has undulations at places.
"""

import json
import sys
from pathlib import Path

from gaps import gaps, masks, seaside, sparse
from geoids import geoids
from hill import INSIDE
from numbers_of_bands import datums, scales, units
from osgeo import gdal
from storage import advice, storage
from systems import systems
from tiles import srtm, tiles


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
