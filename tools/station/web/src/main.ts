// The page: what comes from the station goes to the map and the panel, and what people do goes to both.

import "./style.css";
import type { Position } from "geojson";
import { stated } from "./confidence.ts";
import { Coverage } from "./coverage.ts";
import { decimal } from "./coordinates.ts";
import { byId, el, setText, throttled } from "./dom.ts";
import { largestWithin, matches, sorted } from "./filter.ts";
import { area, count, counted, told } from "./format.ts";
import { keep, recall } from "./kept.ts";
import { Live, fetchBasemap } from "./live.ts";
import { Chart } from "./map/chart.ts";
import * as features from "./map/features.ts";
import type { Landslide } from "./model.ts";
import { approach } from "./nearest.ts";
import { Surveys, type Snapshot } from "./survey.ts";
import { announce, announceNew } from "./ui/announce.ts";
import { Controls } from "./ui/controls.ts";
import { showDetail } from "./ui/detail.ts";
import { aircraftMark, delivered, showFlights } from "./ui/flights.ts";
import { fillLegend } from "./ui/legend.ts";
import { LandslideList } from "./ui/list.ts";
import { addMapButtons } from "./ui/map_buttons.ts";
import { Panel } from "./ui/panel.ts";
import { showReach, type Reach } from "./ui/reach.ts";
import { Tools, type Tool } from "./ui/tools.ts";

/** Pages are drawn anew at most this often, however fast things come. */
const REDRAW_MS = 400;
/** Landslides that are named on the map: more have no room on any screen. */
const MOST_LABELS = 200;
/** Ages in the list grow at this pace. */
const AGES_MS = 15_000;
/** The state is kept on the device at most this often. */
const KEEP_MS = 20_000;

const surveys = new Surveys();
const coverage = new Coverage();
/** The landslides that pass the filter, in their order. */
let shown: Landslide[] = [];
let tracks: features.Track[] = [];
/** Whether frames came since. */
let areTracksOld = true;
let selected: string | null = null;
let place: Position | null = null;
let reach: Reach = { state: "connecting", lastHeard: null, error: null };
/** How much of the store the map was fitted to. */
let fitted = 0;
/** Whether the station has told what stands; what it tells at first is not new. */
let isKnown = false;

const live = new Live({
  snapshot(snapshot) {
    const appeared = take(snapshot);
    if (isKnown) announceNew(appeared, controls.settings.announceFromM2, pick);
    isKnown = true;
    keepSoon();
  },
  change(change) {
    const watched = selected === null ? undefined : surveys.landslides.get(selected);
    const { put, appeared, gone, frames } = surveys.apply(change);
    for (const frame of frames) if (frame.outline !== null) coverage.add(frame.outline);
    if (put.length > 0 || gone.length > 0) chart?.changeLandslides(put, gone);
    chart?.addFootprints(features.footprints(frames));
    areTracksOld ||= frames.length > 0;
    if (watched !== undefined && gone.includes(watched.key)) {
      announce(`${watched.name} was withdrawn: it is no longer held to be a landslide`);
      select(null);
    }
    announceNew(appeared, controls.settings.announceFromM2, pick);
    redraw();
    keepSoon();
  },
  reach(isReached, error) {
    if (!isReached && !isKnown) void remember();
    else if (!isReached && reach.state === "live") keepNow();
    reach = { state: isReached ? "live" : "out", lastHeard: live.lastHeard, error };
    tick();
  },
});

const chart = makeChart();
const panel = new Panel(() => layOut());
const controls = new Controls(byId("controls"), () => {
  applyFilter();
  if (controls.settings.order === "nearest" && place === null) tools.open("nearest");
  draw();
});
const list = new LandslideList(byId("list"), byId("list-note"), (key) => pick(key));
const tools = new Tools(byId("tool"), {
  place: setPlace,
  sketch: (places, label) => chart?.sketch(places, label),
  centre: () => chart?.centre() ?? [0, 0],
  used: showTool,
  announce,
});
const redraw = throttled(draw, REDRAW_MS);
const keepNow = () => void keep(surveys, live.lastHeard ?? Date.now()).catch(console.info);
const keepSoon = throttled(keepNow, KEEP_MS, KEEP_MS);
fillLegend(byId("legend"), !isNarrow(), false);
const buttons = addMapButtons(byId("buttons"), {
  use: (tool) => tools.use(tool),
  showAll: () => {
    fitAll();
    if (chart !== null) chart.isFollowing = true;
  },
  zoom: (step) => chart?.zoom(step),
});
byId("try-now").addEventListener("click", () => live.start());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && selected !== null) closeDetail();
});
window.addEventListener("resize", layOut);
layOut();
draw();
live.start();
void fetchBasemap().then((basemap) => {
  if (basemap === null) return;
  chart?.setBasemap(basemap);
  fillLegend(byId("legend"), !isNarrow(), true);
}, console.info);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js").catch(console.info);
window.setInterval(tick, 1000);
window.setInterval(redraw, AGES_MS);

/** Shows all that stands. Returns the landslides that were not known before. */
function take(snapshot: Snapshot): readonly Landslide[] {
  const appeared = surveys.replace(snapshot);
  coverage.clear();
  for (const frame of snapshot.frames) if (frame.outline !== null) coverage.add(frame.outline);
  chart?.setLandslides(snapshot.landslides);
  chart?.setFootprints(features.footprints(snapshot.frames));
  areTracksOld = true;
  redraw();
  return appeared;
}

/** Shows what the device has kept, as long as the station has told nothing. */
async function remember(): Promise<void> {
  const kept = await recall();
  if (kept === null || isKnown) return;
  take(kept.snapshot);
  isKnown = true;
  live.lastHeard = kept.heard;
  tick();
}

/** The station's clock, as far as it is known. */
function now(): number {
  return Date.now() + live.clockOffsetMs;
}

function makeChart(): Chart | null {
  try {
    const made = new Chart(byId("map"), (at, key) => {
      if (tools.touch(at)) return;
      if (key !== null) pick(key);
      else if (selected !== null) closeDetail();
    });
    made.onView(() => drawLabels());
    made.onPoint((at) => setText(byId("pointer"), at === null ? "" : decimal(at)));
    return made;
  } catch (error) {
    console.error(error);
    byId("map").append(el("p", { class: "note" }, "This browser cannot draw the map (it has no WebGL). The list works all the same."));
    return null;
  }
}

function showTool(tool: Tool | null): void {
  chart?.setAiming(tool !== null);
  for (const [name, button] of buttons) button.setAttribute("aria-pressed", `${name === tool}`);
  document.body.classList.toggle("tooling", tool !== null);
  layOut();
}

/** Draws the panel, and what the map has of tracks and marks. */
function draw(): void {
  const at = now();
  const { order, filter } = controls.settings;
  shown = sorted([...surveys.landslides.values()].filter((l) => matches(l, filter, at)), order, place);
  const all = surveys.landslides.size;
  const total = shown.reduce((sum, { areaM2 }) => sum + areaM2, 0);
  const which = shown.length === all ? counted(all, "landslide") : `${count(shown.length)} of ${counted(all, "landslide")}`;
  const isEmpty = all + surveys.frames.size === 0;
  setText(byId("totals"), isEmpty ? "" : `${which}, ${area(total)} · about ${area(coverage.areaM2)} searched`);
  const empty =
    all > 0
      ? "No landslide passes the filter."
      : !isKnown
        ? "Waiting for the station."
        : surveys.frames.size > 0
          ? "No landslide has been found on the searched ground so far."
          : "Nothing has been searched yet. Landslides appear here as aircraft report them.";
  list.show(shown, { selected, place, now: at }, empty);
  tellNearest(sorted(shown, "nearest", place)[0]);
  drawLabels();
  drawSelected();
  if (areTracksOld) {
    tracks = features.tracks(surveys.frames.values());
    chart?.setCoverage(coverage.outline());
  }
  areTracksOld = false;
  chart?.setTracks(tracks, ({ run }) => aircraftMark(surveys.flights.get(run), at));
  drawFlights();
  if (chart?.isFollowing === true) follow();
}

function drawLabels(): void {
  if (chart !== null) chart.setLabels(largestWithin(shown, chart.bounds(), MOST_LABELS));
}

function drawFlights(): void {
  if (byId("view-flights").hidden) return;
  const all = delivered(surveys.flights.values(), surveys.frames.values(), surveys.landslides.values(), tracks);
  showFlights(byId("view-flights"), all, now(), (track) => {
    if (chart !== null) chart.isFollowing = false;
    chart?.fitPlaces(track.places);
    if (isNarrow()) panel.height = "low";
  });
}

/** Each second: ages, and nothing that costs. */
function tick(): void {
  reach = { ...reach, lastHeard: live.lastHeard };
  showReach(reach, Date.now());
  drawFlights();
}

function applyFilter(): void {
  chart?.setFilter(controls.settings.filter, now());
}

function pick(key: string): void {
  select(key);
  panel.isDetailed = true;
  byId("detail").focus({ preventScroll: true });
  showLandslide(surveys.landslides.get(key));
}

function showLandslide(landslide: Landslide | undefined): void {
  if (chart === null || !landslide?.outline) return;
  chart.isFollowing = false;
  chart.fit([landslide.outline]);
}

function select(key: string | null): void {
  selected = key;
  if (key === null) panel.isDetailed = false;
  draw();
}

function closeDetail(): void {
  const before = selected;
  select(null);
  if (before === null) return;
  list.reveal(before);
  list.focus(before);
}

function drawSelected(): void {
  const landslide = selected === null ? undefined : surveys.landslides.get(selected);
  chart?.select(landslide ?? null);
  if (landslide === undefined) return;
  showDetail(byId("detail"), landslide, landslide.run === null ? undefined : surveys.flights.get(landslide.run), place, {
    close: closeDetail,
    showOnMap: () => {
      showLandslide(landslide);
      if (isNarrow()) panel.height = "low";
    },
    copied: announce,
  });
}

function setPlace(to: Position | null): void {
  place = to;
  controls.order = to === null ? "largest" : "nearest";
  draw();
  layOut();
  if (to === null) chart?.sketch([], "");
}

function tellNearest(nearest: Landslide | undefined): void {
  if (place === null) return;
  const way = nearest && approach(place, nearest);
  if (nearest === undefined || way == null) {
    chart?.sketch([place], "");
    tools.tell("There is no landslide that passes the filter.");
    return;
  }
  chart?.sketch(way.isWithin ? [place] : [place, way.to], way.isWithin ? "" : told(way));
  const { name, areaM2, confidence } = nearest;
  tools.tell(`${name}: ${told(way)} · ${area(areaM2)}, ${stated(confidence)}`);
}

function fitAll(isAtOnce = false): void {
  const outlines = [...surveys.frames.values(), ...surveys.landslides.values()].flatMap(({ outline }) => outline ?? []);
  chart?.fit(outlines, isAtOnce);
}

/** Keeps all in sight, while more and more comes. */
function follow(): void {
  const known = surveys.frames.size + surveys.landslides.size;
  if (known === fitted) return;
  fitAll(fitted === 0);
  fitted = known;
}

function isNarrow(): boolean {
  return window.matchMedia("(max-width: 760px)").matches;
}

/** Keeps what the map shows clear of the sheet that lies over it on phones. */
function layOut(): void {
  if (chart === null) return;
  const sheet = byId("tool").hidden ? byId("panel") : byId("tool");
  const covered = isNarrow() ? sheet.getBoundingClientRect().height : 0;
  chart.padding = { top: 60, right: 70, bottom: 60 + Math.min(covered, window.innerHeight / 2), left: 40 };
  document.documentElement.style.setProperty("--sheet", `${covered}px`);
  chart.resize();
}
