"""Where a pixel is on the ground, by a way that shares nothing with Scarp's: PROJ (pyproj) for positions, vectors
turned one after the other by Rodrigues' formula, the lens by OpenCV's published formulas; and the other way about:
the ground point is found whose picture is the pixel, by Newton's method on the projection.
"""

import numpy as np
from pyproj import Transformer

TO_ECEF = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


def ecef(lon, lat, h):
    return np.array(TO_ECEF.transform(lon, lat, h))


def rodrigues(v, axis, angle):
    axis = axis / np.linalg.norm(axis)
    return v * np.cos(angle) + np.cross(axis, v) * np.sin(angle) + axis * np.dot(axis, v) * (1 - np.cos(angle))


def local_axes(lon, lat, h):
    """North, east, down as unit vectors, by differences of PROJ positions."""
    down = ecef(lon, lat, h) - ecef(lon, lat, h + 1000.0)
    down /= np.linalg.norm(down)
    north = ecef(lon, lat + 1e-4, h) - ecef(lon, lat - 1e-4, h)
    north -= down * np.dot(north, down)
    north /= np.linalg.norm(north)
    return north, np.cross(down, north), down


class Camera:
    """A camera of `size` pixels; `fx`, `fy` in pixels, the principal point from the top left corner of the picture."""

    def __init__(self, size, fx, fy=None, centre=None, distort=lambda x, y: (x, y)):
        self.size, self.fx, self.fy = size, fx, fx if fy is None else fy
        self.centre = (size[0] / 2, size[1] / 2) if centre is None else centre
        self.distort = distort

    def pixel(self, x, y):
        """The pixel of a ray, whose tangents to the right and down are x and y."""
        x, y = self.distort(x, y)
        return np.array([self.centre[0] + self.fx * x, self.centre[1] + self.fy * y])


class View:
    """A camera at a place, turned by yaw, pitch and roll in degrees (intrinsic, as DJI's gimbal), over level ground."""

    def __init__(self, camera, lat, lon, height, ground, yaw, pitch=-90.0, roll=0.0):
        self.camera, self.lat, self.lon, self.ground = camera, lat, lon, ground
        self.height = height
        self.origin = ecef(lon, lat, height)
        forward, right, below = local_axes(lon, lat, height)
        yaw, pitch, roll = np.radians([yaw, pitch, roll])
        forward, right = (rodrigues(v, below, yaw) for v in (forward, right))
        forward, below = (rodrigues(v, right, pitch) for v in (forward, below))
        right, below = (rodrigues(v, forward, roll) for v in (right, below))
        self.axes = forward, right, below

    def project(self, lon, lat):
        forward, right, below = self.axes
        d = ecef(lon, lat, self.ground) - self.origin
        depth = np.dot(d, forward)
        return self.camera.pixel(np.dot(d, right) / depth, np.dot(d, below) / depth)

    def ground_point(self, u, v):
        """Longitude and latitude of the ground that pixel (u, v) shows."""
        at, step = np.array([self.lon, self.lat]), 1e-7
        for _ in range(60):
            here = self.project(*at)
            off = here - (u, v)
            slope = np.stack(
                [(self.project(at[0] + step, at[1]) - here) / step, (self.project(at[0], at[1] + step) - here) / step],
                axis=1,
            )
            change = np.linalg.solve(slope, off)
            # Short steps: far from the answer a lens of polynomials has no slope worth following.
            at = at - change * min(1.0, 2e-4 / np.abs(change).max())
            if np.abs(off).max() < 1e-7:
                return at
        raise SystemExit(f"pixel {u}, {v} is not found on the ground: {off}")

    def corners(self):
        w, h = self.camera.size
        return [self.ground_point(u, v).tolist() for u, v in [(0, 0), (w, 0), (w, h), (0, h)]]

    def centroid(self, left, top, right, bottom):
        """The centroid on the ground of a rectangle of pixels."""
        steps = np.linspace(0, 1, 9)[:-1]
        edge = [(left + s * (right - left), top) for s in steps] + [(right, top + s * (bottom - top)) for s in steps]
        edge += [(right - s * (right - left), bottom) for s in steps] + [(left, bottom - s * (bottom - top)) for s in steps]
        x, y = np.array([self.ground_point(u, v) for u, v in edge]).T
        x0, y0 = x[0], y[0]
        x, y = x - x0, y - y0
        cross = x * np.roll(y, -1) - np.roll(x, -1) * y
        centre = [((along + np.roll(along, -1)) * cross).sum() / (3 * cross.sum()) for along in (x, y)]
        return [float(centre[0] + x0), float(centre[1] + y0)]


def brown(k=(), p=(0.0, 0.0)):
    """OpenCV's rational lens: k1 to k6 and p1, p2 (calib3d, "Detailed description")."""
    k1, k2, k3, k4, k5, k6 = (*k, *[0.0] * (6 - len(k)))
    p1, p2 = p

    def distort(x, y):
        r = x * x + y * y
        radial = (1 + k1 * r + k2 * r**2 + k3 * r**3) / (1 + k4 * r + k5 * r**2 + k6 * r**3)
        return (x * radial + 2 * p1 * x * y + p2 * (r + 2 * x * x), y * radial + p1 * (r + 2 * y * y) + 2 * p2 * x * y)

    return distort


def fisheye(k):
    """OpenCV's fisheye lens: k1 to k4."""

    def distort(x, y):
        r = np.hypot(x, y)
        t = np.arctan(r)
        bent = t * (1 + k[0] * t**2 + k[1] * t**4 + k[2] * t**6 + k[3] * t**8)
        return (x * bent / r, y * bent / r) if r > 0 else (x, y)

    return distort
