"""Casts rays onto an elevation model, by nothing but the definition of its surface, and writes where they meet it.

Usage: /usr/bin/python3 rays.py MODEL OUT.json    (Debian's Python, which has GDAL, PROJ and numpy)

The surface is bilinear between the centres of four cells, in the model's own reference system. Each ray is walked along in
small steps, each point of which PROJ turns into degrees, height, and metres of the grid; between the first point below the
surface and the one before, the meeting is bisected. Nothing is assumed of the surface, so nothing is skipped: it takes a
thousand times as long as `src/geo/cast.rs`, which it shares no step with. A ray that passes the surface by less than
`GRAZE_M` is left out, since it is a matter of rounding whether it passes.
"""

import json
import sys

import numpy as np
from hill import system
from osgeo import gdal, osr

gdal.UseExceptions()

STEP_M = 0.5
STEPS = 1000
RANGE_M = 20_000.0
GRAZE_M = 0.05
WIDTH, HEIGHT, FOCAL_PX = 4000, 3000, 2800.0
POSES = 40


class Surface:
    def __init__(self, path):
        dataset = gdal.Open(path)
        self.west, self.step, _, self.north, _, down = dataset.GetGeoTransform()
        assert self.step == -down
        self.cells = dataset.ReadAsArray().astype(float)
        nodata = dataset.GetRasterBand(1).GetNoDataValue()
        if nodata is not None:
            self.cells[self.cells == nodata] = np.nan
        own = osr.SpatialReference(dataset.GetProjection())
        if own.IsCompound():
            own.StripVertical()
        own.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        self.to_grid = osr.CoordinateTransformation(system("EPSG:4326"), own)
        self.from_grid = osr.CoordinateTransformation(own, system("EPSG:4326"))
        self.to_degrees = osr.CoordinateTransformation(system("EPSG:4978"), system("EPSG:4979"))
        self.to_ecef = osr.CoordinateTransformation(system("EPSG:4979"), system("EPSG:4978"))

    def at(self, longitudes, latitudes):
        """Heights; NaN beyond the outermost centres and in gaps."""
        points = np.array(self.to_grid.TransformPoints(np.column_stack([longitudes, latitudes])))
        x = (points[:, 0] - self.west) / self.step - 0.5
        y = (self.north - points[:, 1]) / self.step - 0.5
        rows, columns = self.cells.shape
        inside = (x >= 0) & (y >= 0) & (x <= columns - 1) & (y <= rows - 1)
        c = np.clip(np.floor(x), 0, columns - 2).astype(int)
        r = np.clip(np.floor(y), 0, rows - 2).astype(int)
        east, south = x - c, y - r
        upper = self.cells[r, c] * (1 - east) + self.cells[r, c + 1] * east
        lower = self.cells[r + 1, c] * (1 - east) + self.cells[r + 1, c + 1] * east
        return np.where(inside, upper * (1 - south) + lower * south, np.nan)

    def above(self, origin, direction, ranges):
        """How far points of a ray lie above the surface, and their longitudes, latitudes and heights."""
        ecef = origin + ranges[:, None] * direction
        places = np.array(self.to_degrees.TransformPoints(ecef))
        return places[:, 2] - self.at(places[:, 0], places[:, 1]), places

    def meet(self, origin, direction):
        """Where a ray first meets the surface: longitude, latitude, height; why not: `outside` or `graze`."""
        for start in np.arange(0, RANGE_M, STEP_M * STEPS):
            ranges = start + STEP_M * np.arange(STEPS + 1)
            above, _ = self.above(origin, direction, ranges)
            ends = np.flatnonzero(~(above > 0))
            before = above[: ends[0]] if len(ends) else above
            lowest = (before[1:-1] < GRAZE_M) & (before[1:-1] < before[:-2]) & (before[1:-1] < before[2:])
            if lowest.any():
                return "graze"
            if not len(ends):
                continue
            if np.isnan(above[ends[0]]) or ends[0] == 0:
                return "outside"
            low, high = ranges[ends[0] - 1], ranges[ends[0]]
            for _ in range(40):
                middle = (low + high) / 2
                gap, place = self.above(origin, direction, np.array([middle]))
                low, high = (middle, high) if gap[0] > 0 else (low, middle)
            return [float(number) for number in place[0]]
        return "outside"


def axes(longitude, latitude):
    """North, east and down in ECEF."""
    lon, lat = np.radians([longitude, latitude])
    down = -np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    return np.cross(east, down), east, down


def turn(vector, axis, degrees):
    """Rodrigues' formula: about an axis of length 1, as a right-handed screw."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return vector * cosine + np.cross(axis, vector) * sine + axis * np.dot(axis, vector) * (1 - cosine)


def direction(pose, u, v):
    """A pixel's in ECEF: north and level at first, then yaw about down, pitch about the right, roll about the view."""
    forward, right, below = axes(pose["longitude"], pose["latitude"])
    forward, right = (turn(w, below, pose["yaw"]) for w in (forward, right))
    forward, below = (turn(w, right, pose["pitch"]) for w in (forward, below))
    right, below = (turn(w, forward, pose["roll"]) for w in (right, below))
    ray = forward * FOCAL_PX + right * (u - WIDTH / 2) + below * (v - HEIGHT / 2)
    return ray / np.linalg.norm(ray)


def main():
    surface = Surface(sys.argv[1])
    random = np.random.default_rng(20)
    rows, columns = surface.cells.shape
    corners = [(0, HEIGHT), (WIDTH, HEIGHT), (WIDTH, 0), (0, 0)]
    poses = []
    while len(poses) < POSES:
        x = surface.west + random.uniform(0.15, 0.85) * columns * surface.step
        y = surface.north - random.uniform(0.15, 0.85) * rows * surface.step
        longitude, latitude, _ = surface.from_grid.TransformPoint(x, y)
        [ground] = surface.at(np.array([longitude]), np.array([latitude]))
        if np.isnan(ground):
            continue
        # From straight down to almost level, as far up as the model is wide.
        most = min(900.0, 0.4 * rows * surface.step)
        pose = {
            "longitude": longitude,
            "latitude": latitude,
            "height": ground + random.uniform(0.1, 1) * most,
            "yaw": random.uniform(0, 360),
            "pitch": random.choice([-90, -75, -50, -25, random.uniform(-90, -10)]),
            "roll": random.uniform(-5, 5),
        }
        origin = np.array(surface.to_ecef.TransformPoint(longitude, latitude, pose["height"]))
        inside = zip(random.uniform(0, WIDTH, 8), random.uniform(0, HEIGHT, 8))
        pixels = [(float(u), float(v)) for u, v in [*corners, (WIDTH / 2, HEIGHT / 2), *inside]]
        pose["rays"] = [{"pixel": p, "meets": surface.meet(origin, direction(pose, *p))} for p in pixels]
        poses.append(pose)
    camera = {"width": WIDTH, "height": HEIGHT, "focal_px": FOCAL_PX}
    with open(sys.argv[2], "w") as out:
        json.dump({"camera": camera, "poses": poses}, out)


main()
