// The map. It is told what to show and tells where it was touched; it keeps no state of the survey.

import type { Feature, MultiPolygon, Position } from "geojson";
import * as maplibre from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Filter } from "../filter.ts";
import type { Basemap, Landslide, Outline } from "../model.ts";
import * as features from "./features.ts";
import { graticule, type Bounds } from "./graticule.ts";
import { SOURCES, TOUCHABLE, UNSEARCHED, filters, style, unsearchedPattern, type SourceName } from "./style.ts";

/** How far from a landslide a finger may come down, in pixels. */
const TOUCH_PX = 12;
/** As near as makes sense: 0.1 m to the pixel. */
const MAX_ZOOM = 21;

/** The map was touched: where, and on which landslide if any. */
export type OnTouch = (place: Position, key: string | null) => void;

/** The pixels of the map's edges that something else covers. */
export type Padding = Required<maplibre.PaddingOptions>;

/** The map of the page. */
export class Chart {
  readonly #map: maplibre.Map;
  readonly #ready: Promise<unknown>;
  #isReady = false;
  readonly #markers = new Map<string, maplibre.Marker>();
  /** Whether nobody has moved the map by hand since it last showed all: it then may move by itself. */
  isFollowing = true;
  padding: Padding = { top: 40, right: 40, bottom: 40, left: 40 };

  /** Throws where the browser cannot draw maps. */
  constructor(container: HTMLElement, onTouch: OnTouch) {
    maplibre.setWorkerUrl(new URL(workerUrl, document.baseURI).href);
    this.#map = new maplibre.Map({
      container,
      style: style(),
      center: [0, 20],
      zoom: 1,
      maxZoom: MAX_ZOOM,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      // Elements are easier to find for those who look at a map that does not fade.
      fadeDuration: 0,
    });
    const map = this.#map;
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new maplibre.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
    map.getCanvas().setAttribute("aria-label", "Map: arrow keys move it, plus and minus zoom, Enter picks what is in the middle");
    this.#ready = new Promise((resolve) => map.once("load", resolve));
    const ratio = Math.ceil(window.devicePixelRatio);
    map.on("style.load", () => map.addImage(UNSEARCHED, unsearchedPattern(ratio), { pixelRatio: ratio }));
    map.on("moveend", () => this.#drawGraticule());
    void this.#ready.then(() => {
      this.#isReady = true;
      this.#drawGraticule();
    });
    map.on("click", (event) => onTouch(event.lngLat.toArray(), this.#at(event.point)));
    map.on("mousemove", ({ point }) => {
      map.getCanvas().classList.toggle("over-landslide", this.#at(point) !== null);
    });
    const canvas = map.getCanvas();
    canvas.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const centre = map.getCenter();
      onTouch(centre.toArray(), this.#at(map.project(centre)));
    });
    map.on("movestart", ({ originalEvent }) => {
      if (originalEvent !== undefined) this.isFollowing = false;
    });
    canvas.addEventListener("focus", () => container.classList.toggle("aimed", canvas.matches(":focus-visible")));
    canvas.addEventListener("blur", () => container.classList.remove("aimed"));
  }

  /** West, south, east and north of what is seen are told to `listener` when they have changed. */
  onView(listener: (bounds: Bounds) => void): void {
    this.#map.on("moveend", () => listener(this.bounds()));
  }

  /** West, south, east and north of what is seen. */
  bounds(): Bounds {
    const bounds = this.#map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** Where the mouse points is told to `listener`; null where it has left the map. */
  onPoint(listener: (place: Position | null) => void): void {
    this.#map.on("mousemove", ({ lngLat }) => listener(lngLat.toArray()));
    this.#map.on("mouseout", () => listener(null));
  }

  /** Shows `landslides` in place of all before. */
  setLandslides(landslides: Iterable<Landslide>): void {
    const all = [...landslides];
    this.#set("landslides", features.outlines(all));
    this.#set("centres", features.centres(all));
  }

  /** Shows `put`, new or changed, and no longer those whose keys are `gone`. */
  changeLandslides(put: readonly Landslide[], gone: readonly string[]): void {
    const remove = [...gone, ...put.map((l) => l.key)];
    this.#change("landslides", { remove, add: features.outlines(put) });
    this.#change("centres", { remove, add: features.centres(put) });
  }

  /** Names `landslides` on the map, the largest first where there is no room for all. */
  setLabels(landslides: readonly Landslide[]): void {
    this.#set("labels", features.centres(landslides));
  }

  setFootprints(footprints: readonly Feature[]): void {
    this.#set("footprints", footprints);
  }

  addFootprints(footprints: readonly Feature[]): void {
    if (footprints.length > 0) this.#change("footprints", { add: [...footprints] });
  }

  /** Shows what was searched, for a base map. */
  setCoverage(ground: MultiPolygon): void {
    this.#set("coverage", [{ type: "Feature", properties: { key: "ground" }, geometry: ground }]);
  }

  /** Shows tracks, and what stands at their ends: an element for each run. */
  setTracks(tracks: readonly features.Track[], element: (track: features.Track) => HTMLElement | null): void {
    this.#set("tracks", features.trackLines(tracks));
    for (const marker of this.#markers.values()) marker.remove();
    this.#markers.clear();
    for (const track of tracks) {
      const [place, shown] = [track.places.at(-1), element(track)];
      if (place === undefined || shown === null) continue;
      const marker = new maplibre.Marker({ element: shown }).setLngLat(place as [number, number]).addTo(this.#map);
      this.#markers.set(track.run, marker);
    }
  }

  setFilter(filter: Filter, now: number): void {
    this.#whenReady(() => {
      for (const [layer, expression] of filters(filter, now)) this.#map.setFilter(layer, expression);
    });
  }

  /** Lays a map of the ground under everything. */
  setBasemap({ minzoom, maxzoom, bounds, attribution }: Basemap): void {
    const tiles = [new URL("api/basemap/", document.baseURI).href + "{z}/{x}/{y}"];
    this.#whenReady(() => {
      const where = { ...(bounds && { bounds }), ...(attribution !== null && { attribution }) };
      this.#map.addSource("basemap", { type: "raster", tiles, tileSize: 256, minzoom, maxzoom, ...where });
      this.#map.addLayer({ id: "basemap", type: "raster", source: "basemap" }, "searched");
      this.#map.setLayoutProperty("searched", "visibility", "none");
      this.#map.setLayoutProperty("searched-ground", "visibility", "visible");
      this.#map.addControl(new maplibre.AttributionControl({ compact: true }), "bottom-left");
    });
  }

  /** Marks one landslide. */
  select(landslide: Landslide | null): void {
    this.#set("selection", features.selection(landslide));
  }

  /** Draws a line with a label at its end. */
  sketch(places: readonly Position[], label: string): void {
    this.#set("sketch", features.sketch(places, label));
  }

  setAiming(isAiming: boolean): void {
    this.#map.getCanvas().classList.toggle("aiming", isAiming);
  }

  zoom(step: 1 | -1): void {
    this.isFollowing = false;
    this.#map.zoomTo(this.#map.getZoom() + step);
  }

  /** Brings all of `outlines` into view, if there are any; at once, or on the way that eyes can follow. */
  fit(outlines: Iterable<Outline>, isAtOnce = false): void {
    const bounds = features.bounds(outlines);
    if (bounds === null) return;
    const animate = !isAtOnce && !prefersStill();
    this.#map.fitBounds(bounds, { padding: this.#paddingThatFits(), maxZoom: 18, animate, duration: 700 });
  }

  /** Brings `places` into view. */
  fitPlaces(places: readonly Position[]): void {
    this.fit([{ type: "Polygon", coordinates: [[...places]] }]);
  }

  /** The place in the middle of what is seen of the map. */
  centre(): Position {
    return this.#map.getCenter().toArray();
  }

  resize(): void {
    this.#map.resize();
  }

  #paddingThatFits(): Padding {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const { top, right, bottom, left } = this.padding;
    // More than the map has, and it would not move at all.
    const across = Math.min(1, (0.7 * clientWidth) / (left + right));
    const down = Math.min(1, (0.7 * clientHeight) / (top + bottom));
    return { top: top * down, right: right * across, bottom: bottom * down, left: left * across };
  }

  #at(point: maplibre.Point): string | null {
    if (!this.#isReady) return null;
    const box: [maplibre.PointLike, maplibre.PointLike] = [
      [point.x - TOUCH_PX, point.y - TOUCH_PX],
      [point.x + TOUCH_PX, point.y + TOUCH_PX],
    ];
    const layers = [...TOUCHABLE];
    // Within an outline counts before near one.
    const found = this.#map.queryRenderedFeatures(point, { layers })[0] ?? this.#map.queryRenderedFeatures(box, { layers })[0];
    const key: unknown = found?.properties["key"];
    return typeof key === "string" ? key : null;
  }

  #drawGraticule(): void {
    const lines = graticule(this.bounds());
    this.#set("graticule", lines.map((line, n) => ({ ...line, properties: { ...line.properties, key: `${n}` } })));
  }

  #set(name: SourceName, features: readonly Feature[]): void {
    this.#whenReady(() => this.#source(name)?.setData({ type: "FeatureCollection", features: [...features] }));
  }

  #change(name: SourceName, difference: maplibre.GeoJSONSourceDiff): void {
    this.#whenReady(() => this.#source(name)?.updateData(difference));
  }

  #source(name: (typeof SOURCES)[number]): maplibre.GeoJSONSource | undefined {
    return this.#map.getSource<maplibre.GeoJSONSource>(name);
  }

  #whenReady(work: () => void): void {
    void this.#ready.then(work);
  }
}

function prefersStill(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
