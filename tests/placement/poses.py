"""Photographs whose poses come from a file: tables, OpenDroneMap's geo.txt and DJI's .MRK."""

import math

import numpy as np
from options import Ground, Words, poses
from pyproj import Transformer
from shots import GROUND, Shot, refused
from truth import local_axes

ANGLES = ["GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree"]
TILTED = {"pitch": -70.0, "roll": 4.0, "yaw": 215.0}


def bare(shot, *without):
    """The photograph without these properties."""
    return shot.file(shot.dji(**dict.fromkeys(without)))


def opk(shot):
    """Omega, phi and kappa of the view: the picture's axes right, up and backwards in east, north, up."""
    view = shot.view()
    north, east, down = local_axes(shot.lon, shot.lat, view.height)
    forward, right, below = view.axes
    enu = np.stack([east, north, -down])
    turn = enu @ np.stack([right, -below, -forward], axis=1)
    angles = math.atan2(-turn[1, 2], turn[2, 2]), math.asin(turn[0, 2]), math.atan2(-turn[0, 1], turn[0, 0])
    return [math.degrees(angle) for angle in angles]


def vehicle(shot):
    """Yaw, pitch and roll of an aircraft that looks so with a camera in its floor, as OpenDroneMap has them: its top,
    right side and direction of view are its forward, right and down.
    """
    view = shot.view()
    north, east, down = local_axes(shot.lon, shot.lat, view.height)
    ned = np.stack([north, east, down])
    looks, right, below = view.axes
    turn = ned @ np.stack([-below, right, looks], axis=1)
    angles = math.atan2(turn[1, 0], turn[0, 0]), -math.asin(turn[2, 0]), math.atan2(turn[2, 1], turn[2, 2])
    return [math.degrees(angle) for angle in angles]


def mrk(shot, number=1, lat=None, second=180246.25, week=2312, status=50):
    lat = shot.lat if lat is None else lat
    return (
        f"{number}\t{second:.6f}\t[{week}]\t   -13,N\t    -7,E\t   193,V\t{lat:.8f},Lat\t{shot.lon:.8f},Lon\t"
        f"{GROUND + shot.agl:.3f},Ellh\t0.011396, 0.013127, 0.022053\t{status},Q\n"
    )


def tables():
    position = "name,latitude_deg,longitude_deg"
    shot = Shot()
    told = f"{shot.lat:.9f},{shot.lon:.9f}"
    off = shot.file(shot.dji(GpsLatitude=f"{shot.lat + 0.001:.9f}"))
    yield "poses_position", [shot.placed("a.jpg", off)], poses(f"{position}\na.jpg,{told}\n")
    semicolons = position.replace(",", ";") + "\nA.JPG;" + told.replace(",", ";").replace(".", ",") + "\n"
    yield "poses_semicolons", [shot.placed("a.jpg", off)], poses(semicolons)
    tilted = Shot(**TILTED)
    nothing = bare(tilted, "GpsLatitude", "GpsLongitude", "RelativeAltitude", "AbsoluteAltitude", *ANGLES)
    told = f"{tilted.lat:.9f},{tilted.lon:.9f},{tilted.agl}"
    columns = f"{position},height_above_takeoff_m"
    angles = f"{tilted.yaw},{tilted.pitch},{tilted.roll}"
    table = f"{columns},yaw_deg,pitch_deg,roll_deg\na.jpg,{told},{angles}\n"
    yield "poses_all", [tilted.placed("a.jpg", nothing)], poses(table)
    angles = ",".join(f"{angle:.9f}" for angle in opk(tilted))
    table = f"{columns},omega_deg,phi_deg,kappa_deg\na.jpg,{told},{angles}\n"
    yield "poses_omega_phi_kappa", [tilted.placed("a.jpg", nothing)], poses(table)
    south = Shot(lat=-46.55, lon=-73.24, **TILTED)
    angles = ",".join(f"{angle:.9f}" for angle in opk(south))
    table = f"name,omega_deg,phi_deg,kappa_deg\na.jpg,{angles}\n"
    yield "poses_attitude_alone", [south.placed("a.jpg", bare(south, *ANGLES))], poses(table)
    absolute = f"{position},height_egm96_m\na.jpg,{shot.lat:.9f},{shot.lon:.9f},{GROUND + shot.agl}\n"
    barometer = shot.dji(AbsoluteAltitude=f"{GROUND + shot.agl + 100:+.2f}")
    yield "poses_height", [shot.placed("a.jpg", shot.file(barometer))], poses(absolute), Ground(GROUND)
    unstated = absolute.replace("height_egm96_m", "height_m")
    yield (
        "poses_height_stated",
        [shot.placed("a.jpg", off)],
        poses(unstated),
        Ground(GROUND),
        Words("--photo-datum", "egm96"),
    )
    yield (
        "poses_height_unstated",
        [refused("a.jpg", shot.file(barometer), "unplaced", "--photo-datum")],
        poses(unstated),
        Ground(GROUND),
    )


def geo_files():
    for name, system, place in [
        ("degrees", "EPSG:4326", {}),
        ("utm", "WGS84 UTM 15N", {}),
        ("utm_south", "EPSG:32718", {"lat": -46.55, "lon": -73.24}),
        ("lambert", "EPSG:2154", {"lat": 44.1, "lon": 6.2}),
        ("proj", "+proj=laea +lat_0=46 +lon_0=-91 +datum=WGS84 +units=m +no_defs", {}),
    ]:
        shot = Shot(**TILTED, **place)
        to = "EPSG:32615" if system.startswith("WGS84 UTM") else system
        x, y = Transformer.from_crs("EPSG:4326", to, always_xy=True).transform(shot.lon, shot.lat)
        angles = " ".join(f"{angle:.9f}" for angle in vehicle(shot))
        text = f"{system}\na.jpg {x:.9f} {y:.9f} {GROUND + shot.agl} {angles} 0.02 0.03 extra\n"
        photograph = bare(shot, "GpsLatitude", "GpsLongitude", *ANGLES)
        yield f"geo_txt_{name}", [shot.placed("a.jpg", photograph)], poses(text, "geo.txt")
    shot = Shot()
    text = f"EPSG:4326+5773\na.jpg {shot.lon:.9f} {shot.lat:.9f} {GROUND + shot.agl} 0 0 0\n"
    yield "geo_txt_height", [shot.placed("a.jpg", bare(shot, "AbsoluteAltitude"))], poses(text, "geo.txt"), Ground(GROUND)
    swapped = f"EPSG:4326\na.jpg {shot.lat:.9f} {shot.lon:.9f}\n"
    yield "geo_txt_swapped", [refused("a.jpg", shot.file(), "untagged", "geo.txt:2 has latitude")], poses(swapped, "geo.txt")


def image_logs():
    shot = Shot()
    # 2024-05-01T10:00:00 is second 295200 of week 2312; GPS is 18 s ahead of UTC.
    time = {"UTCAtExposure": "2024-05-01T10:00:00.250"}
    photograph = shot.file(shot.dji(GpsLatitude=f"{shot.lat + 0.001:.9f}", **time))
    name = "DJI_20240501120000_0001_V.JPG"
    log = "DJI_202405011200_001_Timestamp.MRK"
    then = {"second": 295218.25}
    yield "mrk", [shot.placed(name, photograph)], poses(mrk(shot, **then), log)
    other = mrk(shot, second=295218.25 - 3600)
    yield "mrk_other_flight", [refused(name, photograph, "untagged", f"{log}:1 is of an exposure 3600 s")], poses(other, log)
    none = mrk(shot, **then, status=0)
    yield "mrk_no_position", [refused(name, photograph, "untagged", "no position")], poses(none, log)


def wrong_rows():
    shot, other = Shot(), Shot(lat=46.8402)
    position = "name,latitude_deg,longitude_deg"
    for name, row, says in [
        ("no_number", "a.jpg,46.84,west", "poses.csv:2 longitude_deg is"),
        ("not_on_earth", "a.jpg,91.2,-91.99", "not on earth"),
        ("half", "a.jpg,46.84,", "longitude_deg is missing"),
        ("twice", f"a.jpg,{shot.lat},{shot.lon}\na.jpg,{shot.lat},{shot.lon}", "poses.csv:2 and poses.csv:3"),
    ]:
        rest = other.placed("b.jpg", other.file())
        table = f"{position}\n{row}\nc.jpg,1,2\n"
        yield f"poses_{name}", [refused("a.jpg", shot.file(), "untagged", says), rest], poses(table)


def posed():
    for kind in (tables, geo_files, image_logs, wrong_rows):
        yield from kind()
