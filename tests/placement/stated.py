"""Photographs of which a person states what they leave open."""

from options import Ground, Words
from photograph import ASCII, BYTE, RATIONAL, SHORT
from pyproj import Geod
from shots import GROUND, Shot, refused

WGS84 = Geod(ellps="WGS84")
ANGLES = ["GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree"]


def stated():
    """Heights: their datum, that above take-off, and that of take-off."""
    shot = Shot()
    egm96 = Words("--photo-datum", "egm96")
    height = (RATIONAL, [(round((GROUND + shot.agl) * 1000), 1000)])
    without = shot.dji(RelativeAltitude=None, AbsoluteAltitude=None)
    exif = shot.file(without, shot.gps(x5=(BYTE, [0]), x6=height))
    yield "datum_of_exif", [shot.placed("a.jpg", exif)], Ground(GROUND), egm96
    yield "datum_of_exif_unstated", [refused("a.jpg", exif, "untagged", "--photo-datum")], Ground(GROUND)
    below = shot.file(without, shot.gps(x5=(BYTE, [1]), x6=(RATIONAL, [(20_000, 1000)])))
    yield "below_sea_level", [shot.placed("a.jpg", below)], Ground(-20.0 - shot.agl), egm96
    # A Mavic 3E without RTK.
    fused = shot.file(shot.dji(AltitudeType="GpsFusionAlt"))
    yield "datum_of_fused", [shot.placed("a.jpg", fused)], Ground(GROUND), egm96
    yield "datum_of_fused_unstated", [refused("a.jpg", fused, "unplaced", "--photo-datum")], Ground(GROUND)
    # The barometer's absolute height is 100 m off, that above take-off is right.
    wrong = shot.file(shot.dji(AbsoluteAltitude=f"{GROUND + shot.agl + 100:+.2f}"))
    yield "takeoff_height", [shot.placed("a.jpg", wrong)], Ground(GROUND), Words("--takeoff-height", GROUND)
    yield "takeoff_place", [shot.placed("a.jpg", wrong)], Ground(GROUND), Words("--takeoff", "46.8405,-91.9905")
    angles = f"Camera:Yaw='{shot.yaw}' Camera:Pitch='0' Camera:Roll='0' Camera:AboveGroundAltitude='{shot.agl}'"
    nominal = {0x920A: (RATIONAL, [(4, 1)]), 0xA20E: (RATIONAL, [(1000, 1)]), 0xA210: (SHORT, [3])}
    above_ground = shot.file(angles, shot.gps(), nominal)
    anchored = Ground(GROUND), Words("--takeoff-height", GROUND)
    yield "above_ground_anchored", [refused("a.jpg", above_ground, "unplaced", "no height over a datum")], *anchored
    # Only the receiver's heights: 80 m are stated, and the last photograph was taken 40 m higher.
    three = [Shot(lat=46.84 + n * 0.0002) for n in range(3)]
    heights = [500.0, 502.0, 540.0]
    only_gps = [
        one.file(one.dji(RelativeAltitude=None, AbsoluteAltitude=None), one.gps(x6=(RATIONAL, [(round(h * 10), 10)])))
        for one, h in zip(three, heights)
    ]
    yield (
        "height_above_takeoff",
        [
            three[0].placed("0.jpg", only_gps[0]),
            three[1].placed("1.jpg", only_gps[1]),
            refused("2.jpg", only_gps[2], "untagged", "38.0 m above"),
        ],
        Words("--height-above-takeoff", 80),
    )
    yield "height_above_takeoff_unstated", [refused("a.jpg", only_gps[0], "untagged", "--height-above-takeoff")]


def along(way):
    """Photographs that tell no angles, each (metres, heading) from the one before, two seconds later."""
    shots, lon, lat = [], -91.99, 46.84
    for metres, heading in way:
        lon, lat, _ = WGS84.fwd(lon, lat, heading, metres)
        shots.append(Shot(lat=lat, lon=lon, yaw=heading))
    files = []
    for n, shot in enumerate(shots):
        told = shot.dji(**dict.fromkeys(ANGLES), UTCAtExposure=f"2024-05-01T10:00:{2 * n:02d}.000")
        files.append(shot.file(told))
    return shots, files


def headings():
    """Cameras that look down and tell no heading."""
    track = Words("--nadir", "--heading-from-track", 10)
    shots, files = along([(0, 212), (30, 212), (30, 212), (30, 212)])
    names = [f"{n}.jpg" for n in range(4)]
    yield "line_flown", [shot.placed(*pair) for shot, *pair in zip(shots, names, files)], track
    yield "line_flown_unstated", [refused(n, f, "untagged", "no heading") for n, f in zip(names, files)], Words("--nadir")
    shots, files = along([(0, 212), (30, 212), (30, 302), (30, 32)])
    bends = [refused(n, f, "untagged", "bends by 90 degrees") for n, f in zip(names, files)]
    yield "line_flown_bends", bends, track
    shots, files = along([(0, 212), (4, 212), (4, 212), (4, 212)])
    near = [refused(n, f, "untagged", "tell a direction good to 10 degrees") for n, f in zip(names, files)]
    yield "line_flown_too_near", near, track
    shot = Shot(yaw=212.0)
    told = shot.dji(**dict.fromkeys(ANGLES))
    gps = shot.gps(xE=(ASCII, "T"), xF=(RATIONAL, [(21_200, 100)]))
    yield "gps_track", [shot.placed("a.jpg", shot.file(told, gps))], track
    magnetic = shot.gps(xE=(ASCII, "M"), xF=(RATIONAL, [(21_200, 100)]))
    yield "gps_track_magnetic", [refused("a.jpg", shot.file(told, magnetic), "untagged", "no photograph")], track
