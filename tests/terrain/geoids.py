"""EGM96 as PROJ has it, and grids that stand for EGM2008."""

import json

import numpy as np
from hill import system, write
from osgeo import osr

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
    dataset = write(
        tif,
        here[::-1],
        crs="EPSG:4326",
        options=("TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16", "COMPRESS=DEFLATE", "PREDICTOR=3"),
        place=place,
    )
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
