"""Camera files as other programs write them, each with a projection by that program's own published formulas."""

import json
import math

import numpy as np
from options import camera
from shots import Shot, refused
from truth import Camera, brown, fisheye

SIZE = (480, 360)
TILTED = {"pitch": -78.0, "roll": 3.0}


class OpenSfm:
    """A camera by OpenSfM's "Geometric Models": lengths are parts of the longer side, the origin is the middle."""

    def __init__(self, focal, centre, bend):
        self.size, self.focal, self.centre, self.bend = SIZE, focal, centre, bend

    def pixel(self, x, y):
        x, y = self.bend(x, y)
        u, v = self.focal[0] * x + self.centre[0], self.focal[1] * y + self.centre[1]
        w, h = self.size
        # Its pixels have whole numbers at their centres, ours at their corners.
        return np.array([max(w, h) * u + (w - 1) / 2 + 0.5, max(w, h) * v + (h - 1) / 2 + 0.5])


def radial(k1, k2, k3=0.0, p1=0.0, p2=0.0):
    def bend(x, y):
        r2 = x * x + y * y
        d = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        dx, dy = 2 * p1 * x * y + p2 * (r2 + 2 * x * x), 2 * p2 * x * y + p1 * (r2 + 2 * y * y)
        return d * x + dx, d * y + dy

    return bend


def by_angle(k1, k2):
    def bend(x, y):
        r = math.hypot(x, y)
        theta = math.atan(r)
        d = 1 + k1 * theta**2 + k2 * theta**4
        return (d * theta * x / r, d * theta * y / r) if r > 0 else (x, y)

    return bend


def opencv(matrix, distortion, more=""):
    data = ", ".join(repr(float(value)) for row in matrix for value in row)
    bent = ", ".join(repr(float(value)) for value in distortion)
    return (
        f"%YAML:1.0\n---\nimage_width: {SIZE[0]}\nimage_height: {SIZE[1]}\n{more}"
        "camera_matrix: !!opencv-matrix\n   rows: 3\n"
        f"   cols: 3\n   dt: d\n   data: [ {data} ]\ndistortion_coefficients: !!opencv-matrix\n   rows: {len(distortion)}\n"
        f"   cols: 1\n   dt: d\n   data: [ {bent} ]\n"
    )


def calibrated():
    yield from of_opencv()
    yield from of_odm()
    yield from of_pix4d()


def of_opencv():
    # Pixel (0, 0) has its centre at 0, 0.
    fx, fy, cx, cy = 400.0, 401.5, 243.0, 176.5
    matrix = [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]
    for name, distortion, lens, more in [
        ("four", (-0.15, 0.02, 0.001, -0.0015), brown((-0.15, 0.02), (0.001, -0.0015)), ""),
        ("five", (-0.15, 0.02, 0.001, -0.0015, -0.01), brown((-0.15, 0.02, -0.01), (0.001, -0.0015)), ""),
        (
            "eight",
            (0.1, -0.2, 0.002, -0.001, 0.05, 0.3, -0.1, 0.02),
            brown((0.1, -0.2, 0.05, 0.3, -0.1, 0.02), (0.002, -0.001)),
            "",
        ),
        ("fisheye", (0.02, -0.01, 0.001, 0.0), fisheye((0.02, -0.01, 0.001, 0.0)), "fisheye_model: 1\n"),
    ]:
        shot = Shot(camera=Camera(SIZE, fx, fy, (cx + 0.5, cy + 0.5), lens), **TILTED)
        file = camera(opencv(matrix, distortion, more), "calibration.yml")
        yield f"opencv_{name}", [shot.placed("a.jpg", shot.file(shot.dji(CalibratedFocalLength="405")))], file
    plain = brown((-0.15, 0.02, -0.01), (0.001, -0.0015))
    shot = Shot(camera=Camera(SIZE, fx, fy, (cx + 0.5, cy + 0.5), plain), **TILTED)
    store = {
        "image_width": SIZE[0],
        "image_height": SIZE[1],
        "camera_matrix": {
            "type_id": "opencv-matrix",
            "rows": 3,
            "cols": 3,
            "dt": "d",
            "data": [v for row in matrix for v in row],
        },
        "distortion_coefficients": [-0.15, 0.02, 0.001, -0.0015, -0.01],
    }
    told = shot.file(shot.dji(CalibratedFocalLength="405"))
    yield "opencv_json", [shot.placed("a.jpg", told)], camera(json.dumps(store), "calibration.json")


def of_odm():
    focal, centre = (0.83, 0.832), (0.006, -0.004)
    bent = {"k1": -0.15, "k2": 0.02}
    full = bent | {"k3": -0.01, "p1": 0.001, "p2": -0.0015}
    xy = {"focal_x": focal[0], "focal_y": focal[1], "c_x": centre[0], "c_y": centre[1]}
    one = {"focal": focal[0]}
    for name, keys, model in [
        ("perspective", one | bent, OpenSfm((0.83, 0.83), (0, 0), radial(-0.15, 0.02))),
        ("brown", xy | full, OpenSfm(focal, centre, radial(-0.15, 0.02, -0.01, 0.001, -0.0015))),
        ("fisheye", one | {"k1": 0.02, "k2": -0.01}, OpenSfm((0.83, 0.83), (0, 0), by_angle(0.02, -0.01))),
    ]:
        model.fx = 0.83 * max(SIZE)
        shot = Shot(camera=model, **TILTED)
        file = {f"v2 test 480 360 {name} 0.83": {"projection_type": name, "width": SIZE[0], "height": SIZE[1]} | keys}
        yield f"odm_{name}", [shot.placed("a.jpg", shot.file())], camera(json.dumps(file), "cameras.json")


def of_pix4d():
    # 480 pixels of 12.8 mm.
    per_mm = SIZE[0] / 12.8
    lens = brown((-0.15, 0.02, -0.01), (0.001, -0.0015))
    model = Camera(SIZE, 10.6 * per_mm, None, (6.5 * per_mm, 4.7 * per_mm), lens)
    shot = Shot(camera=model, **TILTED)
    text = (
        "Pix4D camera calibration file 0\n#Focal Length mm assuming a sensor width of 12.8x9.6mm\nF 10.6\n"
        "#Principal Point mm\nPx 6.5\nPy 4.7\n#Symmetrical Lens Distortion Coeffs\nK1 -0.15\nK2 0.02\nK3 -0.01\n"
        "#Tangential Lens Distortion Coeffs\nT1 0.001\nT2 -0.0015\n"
    )
    yield (
        "pix4d_file",
        [shot.placed("a.jpg", shot.file())],
        camera(text, "a_pix4d_calibrated_internal_camera_parameters.cam"),
    )
    upright = Shot(camera=Camera((360, 480), 400.0))
    says = "stands the other way"
    yield "pix4d_file_upright", [refused("a.jpg", upright.file(), "untagged", says)], camera(text, "a.cam")
