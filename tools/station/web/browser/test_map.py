"""The live map as people see it: fed by aircraft that search simulated photographs, in a real browser."""

import json
import math
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import DESKTOP, PHONE, Pages, Station, basemap
from playwright.sync_api import Page, expect

FLIGHT_S = 300


def landslides(station: Station) -> list[dict]:
    """What the station itself says that stands."""
    with urllib.request.urlopen(f"{station.url}api/landslides") as answer:
        return json.load(answer)["features"]


def percent(landslide: dict) -> int:
    """Its confidence in whole per cent; halves go up, which Python's `round` does not do."""
    return math.floor(landslide["properties"]["confidence"] * 100 + 0.5)


def fly(station: Station, page: Page) -> None:
    """Two aircraft search half of the photographs each; `page` is watched meanwhile and never loaded again."""
    page.evaluate("window.stayed = true")
    flights = [station.fly("alpha", 0, 2), station.fly("bravo", 1, 2)]
    for flight in flights:
        assert flight.wait(FLIGHT_S) == 0
    expect(page.locator("#list li")).to_have_count(len(landslides(station)))
    assert page.evaluate("window.stayed")


@pytest.fixture
def flown(station: Station, pages: Pages) -> Page:
    """A page that has seen two aircraft fly."""
    page = pages.open(station, **DESKTOP)
    expect(page.locator("#list-note")).to_contain_text("Nothing has been searched yet")
    fly(station, page)
    return page


def test_a_survey_of_two_aircraft_is_watched_and_searched(station: Station, pages: Pages, flown: Page, shot) -> None:
    """What stands is listed, told in full, filtered, measured and found from a place; on a phone and by keyboard too."""
    page = flown
    page.locator("#legend").wait_for()
    page.get_by_role("button", name="Show all").click()
    shot(page, "desktop-landslides")
    standing = sorted(landslides(station), key=lambda feature: -feature["properties"]["area_m2"])
    first = page.locator("#list li").first
    expect(first).to_contain_text(f"{percent(standing[0])} %")

    # The largest in detail, with coordinates to copy.
    first.get_by_role("button").click()
    expect(page.locator("#detail")).to_contain_text(standing[0]["id"])
    page.get_by_role("button", name=re.compile("Copy .*°")).click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    assert "°" in page.evaluate("navigator.clipboard.readText()")
    shot(page, "desktop-detail")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    assert first.get_by_role("button").evaluate("row => row === document.activeElement"), "the keyboard is back where it was"

    # Filters hold for the list and are told.
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Size").select_option("1000")
    large = [feature for feature in standing if feature["properties"]["area_m2"] >= 1000]
    assert 0 < len(large) < len(standing), "the survey has landslides of both kinds"
    expect(page.locator("#list li")).to_have_count(len(large))
    expect(page.locator("#totals")).to_contain_text(f"{len(large)} of {len(standing)}")
    page.get_by_role("button", name="Show all", exact=True).first.click()
    page.locator("summary", has_text="Filter").click()

    # The nearest to a place that is typed.
    page.get_by_role("button", name="Nearest landslide").click()
    page.get_by_label("Coordinates").fill("nowhere")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#tool .problem")).to_contain_text("latitude first")
    longitude, latitude = standing[0]["geometry"]["coordinates"][0][0]
    page.get_by_label("Coordinates").fill(f"{latitude + 0.002}, {longitude}")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#tool .result")).to_have_text(re.compile(r"^L-\d+: [\d,.]+ k?m · \d{3}° [NESW]+ · "))
    shot(page, "desktop-nearest")
    page.keyboard.press("Escape")

    # Measuring by keyboard: the map is aimed with arrows, points are set with Enter.
    page.get_by_role("button", name="Measure").click()
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)
    page.keyboard.press("Enter")
    expect(page.locator("#tool .result")).to_have_text(re.compile(r"m in all · last leg .* E$"))
    shot(page, "desktop-measure")
    page.keyboard.press("Escape")

    # Both aircraft, and what they have delivered.
    page.get_by_role("tab", name="Flights").click()
    for name in ("alpha", "bravo"):
        expect(page.locator(".flight", has_text=name)).to_contain_text(re.compile(r"Delivered\s*\d+ frames"))
    shot(page, "desktop-flights")

    phone = pages.open(station, **PHONE)
    expect(phone.locator("#list li")).to_have_count(len(standing))
    shot(phone, "phone-landslides")
    phone.locator("#list button").first.tap()
    expect(phone.locator("#detail")).to_be_visible()
    shot(phone, "phone-detail")
    phone.get_by_role("button", name="Back to the list").tap()
    phone.get_by_role("button", name="Nearest landslide").tap()
    shot(phone, "phone-nearest")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390, "nothing stands out at the side"


def test_what_is_known_stays_while_the_station_is_away_and_goes_on_after(station: Station, pages: Pages, shot) -> None:
    """Nothing is lost from the screen, its age is told, and what comes after is shown without a reload."""
    page = pages.open(station, **PHONE)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert station.fly("alpha", 0, 2).wait(FLIGHT_S) == 0
    before = len(landslides(station))
    assert before > 0
    expect(page.locator("#list li")).to_have_count(before)
    station.kill()
    expect(page.locator("#outage")).to_contain_text(re.compile(r"out of reach.*\d+ s ago"), timeout=20_000)
    expect(page.locator("#list li")).to_have_count(before)
    shot(page, "phone-outage")

    # The page opens without a station, too.
    page.reload()
    expect(page.locator("#outage")).to_contain_text(re.compile(r"out of reach.*\d+ (s|min) ago"))
    expect(page.locator("#list li")).to_have_count(before)
    page.evaluate("window.stayed = true")
    station.start()
    expect(page.locator("#outage")).to_be_hidden(timeout=20_000)
    expect(page.locator("#status")).to_have_text("Live")
    assert station.fly("bravo", 1, 2).wait(FLIGHT_S) == 0
    expect(page.locator("#list li")).to_have_count(len(landslides(station)))
    assert page.evaluate("window.stayed")


def test_what_was_found_lies_on_a_map_of_the_ground(station: Station, pages: Pages, tmp_path: Path, shot) -> None:
    """Pictures from an MBTiles file, that the station serves itself."""
    assert station.fly("alpha", 0, 2).wait(FLIGHT_S) == 0
    station.kill()
    station.start("--basemap", basemap(tmp_path))
    page = pages.open(station, **DESKTOP)
    with page.expect_response(lambda answer: "/api/basemap/" in answer.url) as tile:
        page.get_by_role("button", name="Show all").click()
    assert (tile.value.status, tile.value.headers["content-type"]) == (200, "image/png")
    shot(page, "desktop-basemap")


def test_the_page_keeps_to_its_policy_and_writes_nothing(station: Station, pages: Pages) -> None:
    """A script that someone has smuggled in is not run, and there is nothing that takes a request to write."""
    page = pages.open(station, **DESKTOP)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.smuggled = true\">')")
    page.wait_for_timeout(300)
    assert page.evaluate("window.smuggled") is None
    pages.faults.clear()
    for path in ("", "api/landslides", "api/events"):
        for method in ("POST", "PUT", "DELETE"):
            request = urllib.request.Request(station.url + path, method=method, data=b"x")
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            assert refused.value.code == 405, (method, path)
