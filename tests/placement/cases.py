"""Every kind of photograph that was once placed silently wrong, beside those that were right, each a folder to replay."""

import math

from cameras import calibrated
from options import Ground, camera
from photograph import ASCII, RATIONAL, SHORT, packet
from PIL import Image
from poses import posed
from shots import DJI, GROUND, Shot, orientation, refused, size_tags
from stated import headings, stated
from truth import Camera, brown, fisheye

TURNS = Image.Transpose
FILM = math.hypot(36, 24)


def attributes(shot):
    """DJI's properties of a shot as attributes, whose prefix is not declared."""
    return " ".join(f"drone-dji:{name}='{value}'" for name, value in shot.dji().items())


def followed():
    """Photographs that are to be placed."""
    for name, place in [
        ("north", {}),
        ("south", {"lat": -46.55, "lon": -73.24}),
        ("antimeridian", {"lat": -16.9, "lon": 179.99998}),
        ("tilted", {"pitch": -62.0, "roll": 7.0, "yaw": 225.0}),
    ]:
        shot = Shot(**place)
        yield f"plain_{name}", [shot.placed("a.jpg", shot.file())]
    shot = Shot()
    yield "exif_position", [shot.placed("a.jpg", shot.file(shot.dji(GpsLatitude=None, GpsLongitude=None), shot.gps()))]
    minutes = [(46, 1), (504_000_000, 10_000_000), (0, 1)]
    shot = Shot(lat=46.84)
    gps = shot.gps(x2=(RATIONAL, minutes))
    yield "exif_minutes", [shot.placed("a.jpg", shot.file(shot.dji(GpsLatitude=None, GpsLongitude=None), gps))]
    yield "misspelt", [shot.placed("a.jpg", shot.file(shot.dji(GpsLongitude=None, GpsLongtitude=f"{shot.lon:.9f}")))]

    yield from turned()
    yield from scaled()
    yield from bent()
    yield from of_other_makers()
    shot = Shot()
    flipped = shot.dji(GimbalYawDegree="-150.0", GimbalRollDegree="+180.0", FlightYawDegree="+31.0")
    yield "gimbal_flips_both", [shot.placed("a.jpg", shot.file(flipped))]
    yield from timed()
    yield from sloppy()
    # A wing's angles: the camera looks down, the top of the picture forward.
    wing = Shot(lat=41.03, lon=-83.3, yaw=237.565, pitch=-90.0)
    text = (
        f"xmlns:sensefly='http://ns.sensefly.com/sensefly/1.0/' sensefly:Latitude='{wing.lat}' "
        f"sensefly:Longitude='{wing.lon}' sensefly:Height='{wing.agl}' sensefly:Heading='{wing.yaw}' "
        "sensefly:PitchAngle='0' sensefly:RollAngle='0'"
    )
    nominal = {0x920A: (RATIONAL, [(43, 10)]), 0xA20E: (RATIONAL, [(400_000, 430)]), 0xA210: (SHORT, [3])}
    wing.camera = Camera((480, 360), 4.3 * 400_000 / 430 / 10)
    yield "wing", [wing.placed("a.jpg", wing.file(text, photo=nominal))]


def turned():
    """The upright picture is turned before it is stored, and EXIF says how it is to be turned back (EXIF 2.32, 4.6.4 A)."""
    for number, turn, size in [
        (1, None, (480, 360)),
        (3, TURNS.ROTATE_180, (480, 360)),
        (6, TURNS.ROTATE_90, (360, 480)),
        (8, TURNS.ROTATE_270, (360, 480)),
    ]:
        shot = Shot(camera=Camera(size, 400.0), turn=turn, pitch=-75.0)
        stored = shot.file(main=orientation(number), photo=size_tags(480, 360))
        yield f"orientation_{number}", [shot.placed("a.jpg", stored)]


def scaled():
    smaller = Shot(camera=Camera((480, 360), 400.0, centre=(243.0, 178.0)))
    told = smaller.dji(CalibratedFocalLength="800", CalibratedOpticalCenterX="486", CalibratedOpticalCenterY="356")
    yield "made_smaller", [smaller.placed("a.jpg", smaller.file(told, photo=size_tags(960, 720)))]
    for name, equivalent in [("told", 96), ("untold", 24)]:
        zoomed = Shot(agl=320.0, camera=Camera((480, 360), 1600.0, centre=(240 + 4 * 3, 180.0)))
        told = zoomed.dji(CalibratedFocalLength="400", CalibratedOpticalCenterX="243")
        # The picture's own diagonal is the sensor's: 600 pixels.
        equivalent_mm = round(400 / 600 * FILM * equivalent / 24)
        photo = {0xA404: (RATIONAL, [(4, 1)]), 0xA405: (SHORT, [equivalent_mm])}
        yield f"digital_zoom_{name}", [zoomed.placed("a.jpg", zoomed.file(told, photo=photo))]
    for name, size, sensor, focal_mm in [
        ("one_inch", (540, 360), (540, 360), 8.8),
        ("one_inch_to_4_3", (480, 360), (540, 360), 8.8),
        ("four_thirds", (480, 360), (480, 360), 4.5),
        ("four_thirds_to_16_9", (480, 270), (480, 360), 4.5),
    ]:
        shot = Shot(camera=Camera(size, 24 / FILM * math.hypot(*sensor)), agl=72.0)
        photo = {0x920A: (RATIONAL, [(round(focal_mm * 10), 10)]), 0xA405: (SHORT, [24])}
        yield f"equivalent_{name}", [shot.placed("a.jpg", shot.file(shot.dji(CalibratedFocalLength=None), photo=photo))]


def bent():
    """Lenses that bend the sides of a picture, told by the photograph or by a camera file."""
    fx, fy, cx, cy = 337.57, 338.2, 4.64, -3.79
    k1, k2, p1, p2, k3 = -0.11257524, 0.01487443, -0.00086, 0.0004, -0.02706411
    calibration = f"2022-06-08;{fx},{fy},{cx},{cy},{k1},{k2},{p1},{p2},{k3}"
    designed = {"CalibratedFocalLength": "338.65", "CalibratedOpticalCenterX": "240", "CalibratedOpticalCenterY": "180"}
    lens = Camera((480, 360), fx, fy, (240 + cx, 180 + cy), brown((k1, k2, k3), (p1, p2)))
    for name, pose in [("down", {}), ("tilted", {"pitch": -65.0, "roll": 5.0, "lat": -17.0})]:
        shot = Shot(camera=lens, agl=67.5, **pose)
        told = shot.dji(**designed, DewarpData=calibration, DewarpFlag="0")
        yield f"dewarp_{name}", [shot.placed("a.jpg", shot.file(told))]
    half = Shot(camera=lens, agl=67.5)
    told = half.dji(
        CalibratedFocalLength="677.3",
        DewarpFlag="0",
        DewarpData=f"2022-06-08;{2 * fx},{2 * fy},{2 * cx},{2 * cy},{k1},{k2},{p1},{p2},{k3}",
    )
    yield "dewarp_made_smaller", [half.placed("a.jpg", half.file(told, photo=size_tags(960, 720)))]
    straight = Shot(camera=Camera((480, 360), 338.65), agl=67.5)
    told = straight.dji(**designed, DewarpData=calibration, DewarpFlag="1")
    yield "dewarp_done", [straight.placed("a.jpg", straight.file(told))]
    told = straight.dji(**designed, DewarpData=calibration)
    yield "dewarp_unclear", [refused("a.jpg", straight.file(told), "untagged", "DewarpFlag")]
    # The corner lies 0.75 focal lengths from the middle: there these move it by 10 %, inwards and outwards.
    size = "width_px = 480\nheight_px = 360\nfocal_px = 400\nprincipal_point_px = [243.5, 177.25]\n"
    for name, lens, keys in [
        ("barrel", brown((-0.178,)), "[brown]\nk1 = -0.178"),
        ("pincushion", brown((0.178,)), "[brown]\nk1 = 0.178"),
        (
            "rational",
            brown((0.1, -0.2, 0.05, 0.3, -0.1, 0.02), (0.002, -0.001)),
            "[brown]\nk1 = 0.1\nk2 = -0.2\nk3 = 0.05\nk4 = 0.3\nk5 = -0.1\nk6 = 0.02\np1 = 0.002\np2 = -0.001",
        ),
        ("fisheye", fisheye((0.02, -0.01, 0.001, 0.0)), "[fisheye]\nk1 = 0.02\nk2 = -0.01\nk3 = 0.001"),
    ]:
        shot = Shot(camera=Camera((480, 360), 400.0, None, (243.5, 177.25), lens), pitch=-80.0)
        told = shot.dji(CalibratedFocalLength="405")
        yield f"camera_file_{name}", [shot.placed("a.jpg", shot.file(told))], camera(size + keys)
        if name == "barrel":
            told = shot.dji(DewarpFlag="1")
            yield "camera_file_twice", [refused("a.jpg", shot.file(told), "untagged", "DewarpFlag 1")], camera(size + keys)
            # 16:9, cut by the camera from the middle: 45 rows above and below.
            flat = Shot(camera=Camera((480, 270), 400.0, None, (243.5, 132.25), lens))
            yield "camera_file_cut", [flat.placed("a.jpg", flat.file())], camera(size + keys)


def of_other_makers():
    """The properties of makers other than DJI."""
    shot = Shot(pitch=-80.0)
    autel = shot.dji(CalibratedOpticalCenterX="240", CalibratedOpticalCenterY="180")
    told = " ".join(f"drone:{name}='{value}'" for name, value in autel.items())
    yield "autel", [shot.placed("a.jpg", shot.file(told))]
    # Pix4D's pitch is 0 for a camera that looks down and 90 for one that looks ahead.
    angles = (
        f"Camera:Yaw='{shot.yaw}' Camera:Pitch='{90 + shot.pitch}' Camera:Roll='0' Camera:AboveGroundAltitude='{shot.agl}'"
    )
    nominal = {0x920A: (RATIONAL, [(4, 1)]), 0xA20E: (RATIONAL, [(1000, 1)]), 0xA210: (SHORT, [3])}
    yield "pix4d", [shot.placed("a.jpg", shot.file(angles, shot.gps(), nominal))]
    lens = Camera((480, 360), 400.0, None, (243.5, 177.25), brown((-0.1, 0.01, 0.002), (0.001, -0.0005)))
    bent_shot = Shot(pitch=-80.0, camera=lens)
    calibration = (
        " Camera:ModelType='perspective' Camera:PrincipalPoint='2.435,1.7725' Camera:PerspectiveFocalLength='4' "
        "Camera:PerspectiveDistortion='-0.1,0.01,0.002,0.001,-0.0005'"
    )
    yield "pix4d_lens", [bent_shot.placed("a.jpg", bent_shot.file(angles + calibration, bent_shot.gps(), nominal))]
    yield (
        "pix4d_no_size",
        [refused("a.jpg", bent_shot.file(angles + calibration, bent_shot.gps()), "untagged", "millimetres")],
    )
    camera = " ".join(
        f"drone-parrot:Camera{name}Degree='{value}'" for name, value in zip(("Yaw", "Pitch", "Roll"), (30, -80, 0))
    )
    yield "parrot", [shot.placed("a.jpg", shot.file(angles + " " + camera, shot.gps(), nominal))]
    other = camera.replace("-80", "-60")
    yield (
        "angles_differ",
        [refused("a.jpg", shot.file(angles + " " + other, shot.gps(), nominal), "untagged", "20 degrees apart")],
    )
    fields = {
        "CameraOrientationNED": {"Roll": 0, "Pitch": shot.pitch, "Yaw": shot.yaw},
        "VehicleOrientationNED": {"Roll": 3, "Pitch": 2, "Yaw": 31},
        "CalibratedFocalLength": {"X": 400, "Y": 400},
        "CalibratedOpticalCenter": {"X": 240, "Y": 180},
    }
    plain = {"Latitude": shot.lat, "Longitude": shot.lon, "RelativeAltitude": shot.agl, "AbsoluteAltitude": 240}
    inside = "".join(f"<drone-skydio:{name}>{value}</drone-skydio:{name}>" for name, value in plain.items())
    for name, parts in fields.items():
        parts = "".join(f"<drone-skydio:{part}>{value}</drone-skydio:{part}>" for part, value in parts.items())
        inside += f"<drone-skydio:{name} rdf:parseType='Resource'>{parts}</drone-skydio:{name}>"
    skydio = packet("").replace(b"/></rdf:RDF>", b">" + inside.encode() + b"</rdf:Description></rdf:RDF>")
    yield "skydio", [shot.placed("a.jpg", shot.file(packets=[skydio]))]
    calibrated = skydio.replace(
        b"<drone-skydio:Latitude>", b"<drone-skydio:DewarpData>1,2</drone-skydio:DewarpData><drone-skydio:Latitude>"
    )
    yield "skydio_lens", [refused("a.jpg", shot.file(packets=[calibrated]), "untagged", "DewarpFlag")]


def timed():
    shot = Shot()
    clock = {0x9003: (ASCII, "2024:05:01 05:00:00"), 0x9011: (ASCII, "-05:00")}
    yield "zone", [shot.placed("a.jpg", shot.file(photo=clock), time="2024-05-01T10:00:00.000Z")]
    told = shot.dji(UTCAtExposure="2024-05-01T10:00:21.250")
    yield "utc_at_exposure", [shot.placed("a.jpg", shot.file(told, photo=clock), time="2024-05-01T10:00:21.250Z")]


def sloppy():
    """XMP as cameras write it."""
    shot = Shot()
    told = attributes(shot)
    declared = f"xmlns:drone-dji='{DJI}' {told}"
    for name, text in [
        ("undeclared", told),
        ("ampersand", declared + " drone-dji:Who='A & B'"),
        ("no_utf_8", declared.encode() + b" drone-dji:Who='Jos\xe9'"),
        ("doubled", declared + f" drone-dji:RelativeAltitude='{shot.agl}'"),
    ]:
        yield f"xmp_{name}", [shot.placed("a.jpg", shot.file(text))]
    halves = [told.split(" ")[:4], told.split(" ")[4:]]
    packets = [packet(f"xmlns:drone-dji='{DJI}' " + " ".join(half)) for half in halves]
    yield "xmp_two_packets", [shot.placed("a.jpg", shot.file(packets=packets))]
    for name, written in [("rational", "8000/100"), ("comma", "+80,00")]:
        yield f"number_{name}", [shot.placed("a.jpg", shot.file(shot.dji(RelativeAltitude=written)))]
    shot = Shot(roll=-1.2, pitch=-80.0)
    yield "number_two_signs", [shot.placed("a.jpg", shot.file(shot.dji(GimbalRollDegree="+-1.20")))]


def not_placed():
    """Photographs that are to be refused, each with the outcome and words of the reason."""
    shot = Shot()
    without = shot.dji(GpsLatitude=None, GpsLongitude=None)
    # 0.001 degrees are 111 m.
    apart = shot.dji(GpsLatitude=f"{shot.lat + 0.001:.9f}")
    whole = [(46, 1), (50, 1), (24, 1)]
    for name, xmp, gps, says in [
        ("positions_differ", apart, shot.gps(), "111.2 m apart"),
        ("minutes_0_0", without, shot.gps(x2=(RATIONAL, [whole[0], (0, 0), whole[2]])), "0/0 minutes"),
        ("seconds_0_0", without, shot.gps(x4=(RATIONAL, [(91, 1), (59, 1), (0, 0)])), "0/0 seconds"),
        ("no_hemisphere", without, {k: v for k, v in shot.gps().items() if k != 3}, "GPSLongitudeRef is missing"),
        ("void_fix", None, shot.gps(x9=(ASCII, "V")), "GPSStatus is V"),
        ("two_dimensions", None, shot.gps(xA=(ASCII, "2")), "GPSMeasureMode is 2"),
        ("tokyo", None, shot.gps(x12=(ASCII, "TOKYO")), "TOKYO"),
        ("invalid", shot.dji(GpsStatus="Invalid"), None, "GpsStatus is Invalid"),
        ("no_fix", shot.dji(GpsLatitude="0.0", GpsLongitude="0.0"), None, "no fix"),
        ("datum_unclear", shot.dji(RelativeAltitude=None, AltitudeType="GpsFusionAlt"), None, "does not tell its datum"),
        ("flipped_yaw", shot.dji(GimbalYawDegree="-150", FlightYawDegree="31"), None, "gimbals flip"),
        ("flipped_roll", shot.dji(GimbalRollDegree="180", FlightYawDegree="31"), None, "gimbals flip"),
        ("no_number", shot.dji(GimbalYawDegree="north"), None, "north"),
        ("told_twice", attributes(shot) + " drone-dji:GimbalYawDegree='90'", None, "says"),
        ("no_roll", shot.dji(GimbalRollDegree=None), None, "GimbalRollDegree is missing"),
    ]:
        yield name, [refused("a.jpg", shot.file(xmp, gps), "untagged", says)]
    torn = packet(attributes(shot))[:-30]
    yield "torn", [refused("a.jpg", shot.file(packets=[torn]), "untagged", "cannot be read")]
    for number in (2, 4, 5, 7):
        yield f"mirrored_{number}", [refused("a.jpg", shot.file(main=orientation(number)), "untagged", "mirrored")]
    rolled = Shot(pitch=-60.0, roll=90.0)
    yield "turned_twice", [refused("a.jpg", rolled.file(main=orientation(6)), "untagged", "roll of 90")]
    nominal = {0x920A: (RATIONAL, [(88, 10)]), 0xA20E: (RATIONAL, [(910, 1)]), 0xA210: (SHORT, [3])}
    zoom, equivalent = {0xA404: (RATIONAL, [(4, 1)])}, {0xA405: (SHORT, [29])}
    uncalibrated = shot.dji(CalibratedFocalLength=None)
    for name, xmp, photo, says in [
        ("untraced", shot.dji(CalibratedFocalLength="800"), equivalent, "800 pixels"),
        ("untraced_nominal", uncalibrated, equivalent | nominal, "801 pixels"),
        ("centre_untraced", shot.dji(CalibratedOpticalCenterX="480"), {}, "principal point"),
        ("cropped", None, size_tags(640, 360), "cropped"),
        ("turned_since", None, size_tags(360, 480), "turned"),
        ("zoom_unclear", uncalibrated, zoom | equivalent, "DigitalZoomRatio"),
        ("no_focal_length", uncalibrated, {}, "no focal length"),
    ]:
        yield name, [refused("a.jpg", shot.file(xmp, photo=photo), "untagged", says)]
    panorama = "xmlns:GPano='http://ns.google.com/photos/1.0/panorama/' GPano:ProjectionType='equirectangular' "
    for name, bytes_, says in [
        ("panorama", shot.file(panorama + attributes(shot)), "panorama"),
        ("infrared", shot.file(shot.dji(ImageSource="InfraredCamera")), "thermal"),
        ("thermal_size", shot.file(main={0x010F: (ASCII, "DJI")}, size=(640, 512)), "thermal"),
        ("zoom_camera", shot.file(shot.dji(ImageSource="ZoomCamera")), "zoom camera"),
        ("one_band", shot.file("Camera:BandName='NIR' " + attributes(shot)), "one band"),
    ]:
        yield name, [refused("a.jpg", bytes_, "left_out", says)]


def together():
    """Photographs that tell their fault only beside each other."""
    shots = [Shot(yaw=float(n)) for n in range(6)]
    clock = ["2024:05:01 05:00:0" + str(n) for n in range(6)]
    bytes_ = [shot.file(photo={0x9003: (ASCII, time)}) for shot, time in zip(shots, clock)]
    yield "one_fix", [refused(f"{n}.jpg", b, "untagged", "6 photographs") for n, b in enumerate(bytes_)]
    yield (
        "two_with_one_fix",
        [shots[0].placed("0.jpg", bytes_[0]), refused("1.jpg", bytes_[1], "untagged", "same GPS position as 0.jpg")],
    )
    shot, north = Shot(), Shot(lat=46.8402)
    yield (
        "same_twice",
        [
            shot.placed("a.jpg", shot.file()),
            refused("b.jpg", shot.file(), "left_out", "same exposure as a.jpg"),
            north.placed("c.jpg", north.file()),
        ],
    )


def in_folders():
    """Photographs in the folders of a card, and as TIFF."""
    shot, north, again = Shot(), Shot(lat=46.85), Shot(lat=46.86)
    yield (
        "folders",
        [
            north.placed("100MEDIA/DJI_0001.JPG", north.file()),
            shot.placed("101MEDIA/deeper/DJI_0001.JPG", shot.file()),
            again.placed("DJI_0001.JPG", again.file()),
            refused("copies/DJI_0009.JPG", shot.file(), "left_out", "same exposure as 101MEDIA/deeper/DJI_0001.JPG"),
        ],
    )
    tilted = Shot(pitch=-70.0, roll=4.0)
    yield "tiff", [tilted.placed("a.tif", tilted.tiff())]
    alone = tilted.dji(GpsLatitude=None, GpsLongitude=None)
    yield "tiff_exif", [tilted.placed("a.TIFF", tilted.tiff(alone, tilted.gps()))]
    turned = Shot(turn=TURNS.ROTATE_180, pitch=-75.0)
    yield "tiff_orientation", [turned.placed("a.tif", turned.tiff(main=orientation(3), photo=size_tags(480, 360)))]
    yield "tiff_16_bits", [refused("a.tif", shot.tiff(bits=16), "unreadable", "16 bits a channel")]
    band = "Camera:BandName='NIR' " + attributes(shot)
    yield "tiff_band", [refused("a.tif", shot.tiff(band, bits=16), "left_out", "one band")]


def over_terrain():
    """Heights over an elevation model of level ground at 160 m over EGM96, from where all take off."""
    shot = Shot()
    yield "terrain", [shot.placed("a.jpg", shot.file())], Ground(GROUND)
    # The barometer's absolute height is 100 m off: the corners would be 71 m wrong.
    told = shot.dji(AbsoluteAltitude=f"{GROUND + shot.agl + 100:+.2f}")
    yield "heights_differ", [refused("a.jpg", shot.file(told), "unplaced", "took off at 260.0 m")], Ground(GROUND)
    far = Shot(lat=46.9)
    yield "off_terrain", [refused("a.jpg", far.file(), "unplaced", "elevation model")], Ground(GROUND)


def cases():
    for kind in (followed, not_placed, together, in_folders, over_terrain, stated, headings, calibrated, posed):
        yield from kind()
