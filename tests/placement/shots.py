"""A photograph of a test with what is to become of it."""

from dataclasses import dataclass, field

from photograph import ASCII, RATIONAL, SHORT, drawn, exif_block, jpeg, packet, tiff
from truth import Camera, View

DJI = "http://www.dji.com/drone-dji/1.0/"
# The height of the ground over the ellipsoid; beside a height above take-off it only sets the length of a degree.
GROUND = 160.0
SIZE, FOCAL = (480, 360), 400.0
# Left of and above the middle, so that a picture turned or mirrored shows.
SLIDE = (0.25, 0.2, 0.45, 0.35)


@dataclass
class Shot:
    """What was flown (place, height above take-off, angles, camera), and what the photograph says of it."""

    lat: float = 46.84
    lon: float = -91.99
    agl: float = 80.0
    yaw: float = 30.0
    pitch: float = -90.0
    roll: float = 0.0
    camera: Camera = field(default_factory=lambda: Camera(SIZE, FOCAL))
    turn: object = None

    def view(self):
        return View(self.camera, self.lat, self.lon, GROUND + self.agl, GROUND, self.yaw, self.pitch, self.roll)

    def dji(self, **changed):
        """DJI's properties of the shot; those set to None are left out."""
        told = {
            "RelativeAltitude": f"{self.agl:+.2f}",
            "AbsoluteAltitude": f"{GROUND + self.agl:+.2f}",
            "GpsLatitude": f"{self.lat:.9f}",
            "GpsLongitude": f"{self.lon:.9f}",
            "GimbalYawDegree": f"{self.yaw:+.2f}",
            "GimbalPitchDegree": f"{self.pitch:+.2f}",
            "GimbalRollDegree": f"{self.roll:+.2f}",
            "CalibratedFocalLength": f"{self.camera.fx:.6f}",
        } | changed
        return {name: value for name, value in told.items() if value is not None}

    def gps(self, **changed):
        """EXIF's position to a millionth of a second; a change names the tag by its number: `x12="TOKYO"`."""
        fields = {
            0x01: (ASCII, "N" if self.lat >= 0 else "S"),
            0x02: (RATIONAL, dms(self.lat)),
            0x03: (ASCII, "E" if self.lon >= 0 else "W"),
            0x04: (RATIONAL, dms(self.lon)),
        }
        return fields | {int(name[1:], 16): value for name, value in changed.items()}

    def file(self, xmp=None, gps=None, photo=None, main=None, packets=None, size=None):
        """The bytes of the photograph. `xmp` are DJI's properties or a text, in place of which `packets` may stand."""
        if packets is None:
            packets = [self.packet(xmp)]
        exif = exif_block(main or {}, photo or {}, gps or {})
        return jpeg(size or self.camera.size, self.slide(size), exif, packets, self.turn)

    def packet(self, properties=None):
        """The XMP packet of DJI's properties, or of a text."""
        properties = self.dji() if properties is None else properties
        if isinstance(properties, dict):
            attributes = " ".join(f"drone-dji:{name}='{value}'" for name, value in properties.items())
            properties = f"xmlns:drone-dji='{DJI}' {attributes}"
        return packet(properties)

    def tiff(self, xmp=None, gps=None, photo=None, main=None, bits=8):
        """The same as TIFF."""
        picture = drawn(self.camera.size, self.slide(), self.turn)
        return tiff(picture, main or {}, photo or {}, gps or {}, self.packet(xmp), bits)

    def slide(self, size=None):
        """The landslide in the upright picture: left, top, right, bottom in whole pixels."""
        w, h = size or self.camera.size
        return tuple(round(part * side) for part, side in zip(SLIDE, (w, h, w, h)))

    def placed(self, name, bytes_, time=None, slide=True):
        """The photograph is to be placed where the view says."""
        view = self.view()
        centroid = view.centroid(*self.slide()) if slide else None
        truth = {"outcome": "tagged", "corners": view.corners(), "landslide": centroid, "time": time}
        return name, bytes_, truth


def dms(degrees, step=1_000_000):
    units = round(abs(degrees) * 3600 * step)
    return [(units // (3600 * step), 1), (units // (60 * step) % 60, 1), (units % (60 * step), step)]


def refused(name, bytes_, outcome, says):
    """The photograph is not to be placed, and the reason has to hold these words."""
    return name, bytes_, {"outcome": outcome, "says": says}


def size_tags(width, height):
    return {0xA002: (SHORT, [width]), 0xA003: (SHORT, [height])}


def orientation(number):
    return {0x0112: (SHORT, [number])}
