"""A real station, aircraft that really report to it, and Debian's Chromium, for the tests of the map.

SCARP_PROGRAMS names the folder with scarp and scarp-station, SCARP_SURVEY a survey that scarp-sim made, SCARP_SHOTS a
folder for pictures. tools/test sets them.
"""

import json
import os
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

PROGRAMS = Path(os.environ.get("SCARP_PROGRAMS", "target/release")).resolve()
SURVEY = Path(os.environ.get("SCARP_SURVEY", "target/map/survey")).resolve()
SHOTS = Path(os.environ.get("SCARP_SHOTS", "target/map/shots")).resolve()
expect.set_options(timeout=20_000)  # The machine may be busy.
AIRCRAFT = ("alpha", "bravo")
DESKTOP = {"viewport": {"width": 1366, "height": 768}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


class Station:
    """`scarp-station serve` on ports that stay the same when it is started again."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.link, self.map = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        self.url = f"http://127.0.0.1:{self.map}/"
        self.process: subprocess.Popen[str] | None = None
        passphrase = folder / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text("correct horse battery staple")
        for command in (["init"], *(["enrol", name] for name in AIRCRAFT)):
            keys = ["--keys", folder / "keys", "--passphrase-file", passphrase]
            subprocess.run([PROGRAMS / "scarp-station", "keys", *command, *keys], check=True, capture_output=True)

    def start(self, *arguments: str | Path) -> None:
        """Starts it with further `arguments`, and waits until it listens."""
        store, keys = self.folder / "survey.gpkg", self.folder / "keys/station"
        listen = ["--listen", f"127.0.0.1:{self.link}", "--map", f"127.0.0.1:{self.map}", "--json"]
        command = [PROGRAMS / "scarp-station", "serve", "--store", store, "--keys", keys, *listen, *arguments]
        log = (self.folder / "station.log").open("a")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        line = json.loads(self.process.stdout.readline())
        assert line == {"listening": f"127.0.0.1:{self.link}", "map": self.url}

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def fly(self, aircraft: str, every: int, of: int) -> subprocess.Popen[bytes]:
        """Has an aircraft search every `every`th (from 0) `of` photographs of the survey and report what it finds."""
        frames = self.folder / f"frames-{aircraft}"
        frames.mkdir()
        for photograph in sorted((SURVEY / "frames").glob("*.JPG"))[every::of]:
            shutil.copy(photograph, frames)
        keys, out = self.folder / "keys/aircraft" / aircraft, self.folder / f"replay-{aircraft}"
        station = ["--station", f"127.0.0.1:{self.link}", "--keys", keys, "--out", out]
        command = [PROGRAMS / "scarp", "replay", frames, "--dem", SURVEY / "dem.tif", *station]
        log = (self.folder / f"{aircraft}.log").open("w")
        return subprocess.Popen(command, stdout=log, stderr=log)


def basemap(folder: Path) -> Path:
    """The orthophoto of the survey as an MBTiles file."""
    ortho = tomllib.loads((SURVEY / "survey.toml").read_text())
    corners = [str(ortho["ortho"][side]) for side in ("west", "north", "east", "south")]
    place = ["-a_srs", f"EPSG:{ortho['epsg']}", "-a_ullr", *corners, "-of", "VRT"]
    placed, mercator, tiles = folder / "placed.vrt", folder / "mercator.tif", folder / "ground.mbtiles"
    for command in (
        ["gdal_translate", *place, SURVEY / "ortho.jpg", placed],
        ["gdalwarp", "-t_srs", "EPSG:3857", "-dstalpha", placed, mercator],
        ["gdal_translate", "-of", "MBTILES", mercator, tiles],
        ["gdaladdo", "-q", tiles, "2", "4", "8"],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return tiles


def free_port(kind: int) -> int:
    """A port of the loopback that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """A station that runs, with an empty store."""
    station = Station(tmp_path)
    station.start()
    yield station
    station.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which draws WebGL in software."""
    with sync_playwright() as playwright:
        arguments = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield chromium
        chromium.close()


class Pages:
    """Pages of the browser, with what went wrong in them."""

    def __init__(self, browser: Browser):
        self.browser = browser
        self.faults: list[str] = []
        self.elsewhere: list[str] = []

    def open(self, station: Station, **device: object) -> Page:
        """The map on a device of its own, once it is live."""
        page = self.browser.new_context(**device, permissions=["clipboard-read", "clipboard-write"]).new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{error}"))
        own = (station.url, "blob:", "data:")
        page.on("request", lambda request: request.url.startswith(own) or self.elsewhere.append(request.url))
        page.goto(station.url)
        page.wait_for_selector("#status[data-state=live]")
        return page

    def _said(self, message: ConsoleMessage) -> None:
        # What a station that is away makes the browser say.
        if message.type in ("error", "warning") and "net::ERR_" not in message.text:
            self.faults.append(message.text)


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Opens pages; at the end nothing may have gone wrong in one, nor asked another place for anything."""
    pages = Pages(browser)
    yield pages
    for context in browser.contexts:
        context.close()
    assert pages.faults == []
    assert pages.elsewhere == []


@pytest.fixture
def shot() -> object:
    """Keeps a picture of a page, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str) -> None:
        # Software WebGL draws late.
        page.wait_for_timeout(1500)
        page.screenshot(path=SHOTS / f"{name}.png")

    return keep
