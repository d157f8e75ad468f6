"""What a band's numbers mean: unit, scale and offset, vertical datum."""

import numpy as np
from hill import CELLS, EGM96, FOOT, GAP, IN_GAP, US_FOOT, raster, write
from osgeo import gdal


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
