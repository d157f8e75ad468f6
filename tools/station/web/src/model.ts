// What the station tells: landslides, frames and flights, as its JSON has them (tools/station/README.md), and checked.

import type { Feature, MultiPolygon, Polygon, Position } from "geojson";

/** An outline on the ground, WGS 84, longitude before latitude. */
export type Outline = Polygon | MultiPolygon;

/** A landslide as it stands. */
export interface Landslide {
  /** Survey and identity together, unique in the store. */
  readonly key: string;
  /** As the station told it. */
  readonly raw: unknown;
  readonly id: string;
  /** Short, one of its survey. */
  readonly name: string;
  readonly survey: string;
  /** The run of its newest report; null where people drew it. */
  readonly run: string | null;
  /** Counts the reports of it; the highest stands. */
  readonly version: number;
  /** Null where it is smaller than the decimals of a coordinate. */
  readonly outline: Outline | null;
  /** Centre of the outline's largest part. */
  readonly centre: Position | null;
  readonly areaM2: number;
  /** Whether its outline ends at the edge of what was searched, so that it may go on outside; null where people drew it. */
  readonly cutOff: boolean | null;
  /** 0 to 1; null where people drew it. */
  readonly confidence: number | null;
  /** Radius in metres that holds the true position with 90 % probability; null where people drew it. */
  readonly ce90M: number | null;
  /** Most frames that saw landslide at any one place of it. */
  readonly observations: number;
  /** Milliseconds after 1970. */
  readonly firstSeen: number | null;
  readonly lastSeen: number | null;
}

/** A photograph of a run: what it showed of the ground, or why it could not be placed. */
export interface Frame {
  readonly key: string;
  readonly raw: unknown;
  readonly survey: string;
  readonly run: string;
  readonly sequence: number;
  readonly name: string;
  readonly time: number | null;
  /** Metres on the ground per pixel. */
  readonly gsdM: number | null;
  readonly outline: Outline | null;
  readonly untagged: string | null;
}

/** A flight or a replay over a survey. */
export interface Flight {
  readonly raw: unknown;
  readonly run: string;
  readonly survey: string;
  readonly aircraft: string | null;
  readonly start: number | null;
  readonly software: string;
  readonly model: string;
  /** When the station last stored something of it, by the station's clock; null since before it was started. */
  readonly heard: number | null;
}

/** What left the layer of the landslides. */
export interface Withdrawn {
  readonly key: string;
  readonly version: number;
}

/** What some commits of the station's store changed. */
export interface Change {
  readonly landslides: readonly Landslide[];
  readonly withdrawn: readonly Withdrawn[];
  readonly frames: readonly Frame[];
  readonly flights: readonly Flight[];
}

/** The map of the ground that lies under what was found. */
export interface Basemap {
  readonly name: string;
  readonly attribution: string | null;
  readonly minzoom: number;
  readonly maxzoom: number;
  /** West, south, east and north in degrees. */
  readonly bounds: [number, number, number, number] | null;
}

type Json = Record<string, unknown>;

/** Thrown for an answer that is none of this station's. */
export class UnknownAnswer extends Error {}

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null) throw new UnknownAnswer(`${what} is no object`);
  return value as Json;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new UnknownAnswer(`${what} is no list`);
  return value;
}

function text(from: Json, name: string): string {
  const value = from[name];
  if (typeof value !== "string") throw new UnknownAnswer(`${name} is no text`);
  return value;
}

function number(from: Json, name: string): number {
  const value = from[name];
  if (typeof value !== "number") throw new UnknownAnswer(`${name} is no number`);
  return value;
}

function boolean(from: Json, name: string): boolean {
  const value = from[name];
  if (typeof value !== "boolean") throw new UnknownAnswer(`${name} is neither true nor false`);
  return value;
}

function orNull<T>(from: Json, name: string, read: (from: Json, name: string) => T): T | null {
  return from[name] === null || from[name] === undefined ? null : read(from, name);
}

function time(from: Json, name: string): number {
  const instant = Date.parse(text(from, name));
  if (Number.isNaN(instant)) throw new UnknownAnswer(`${name} is no time`);
  return instant;
}

function outline(feature: Json): Outline | null {
  const geometry = feature["geometry"] as Feature["geometry"] | null;
  if (geometry === null || geometry === undefined) return null;
  if (geometry.type === "Polygon" || geometry.type === "MultiPolygon") return geometry;
  throw new UnknownAnswer(`${geometry.type} is no outline`);
}

/** The outer ring of the part of `of` that covers most, and its centre of area in degrees. */
export function centre(of: Outline): Position | null {
  const parts = of.type === "Polygon" ? [of.coordinates] : of.coordinates;
  let best: { area: number; at: Position } | null = null;
  for (const [ring] of parts) {
    const first = ring?.[0];
    if (ring === undefined || first === undefined) continue;
    const [x0, y0] = [first[0] ?? 0, first[1] ?? 0];
    let [area, x, y] = [0, 0, 0];
    for (let n = 0; n + 1 < ring.length; n++) {
      // Relative to the first vertex: differences of degrees this small would drown in the products.
      const [ax, ay] = [(ring[n]?.[0] ?? 0) - x0, (ring[n]?.[1] ?? 0) - y0];
      const [bx, by] = [(ring[n + 1]?.[0] ?? 0) - x0, (ring[n + 1]?.[1] ?? 0) - y0];
      const cross = ax * by - bx * ay;
      area += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    if (area !== 0 && Math.abs(area) > (best?.area ?? 0)) {
      best = { area: Math.abs(area), at: [x0 + x / (3 * area), y0 + y / (3 * area)] };
    }
  }
  return best?.at ?? null;
}

function landslideKey(survey: string, id: string): string {
  return `${survey}/${id}`;
}

function landslide(value: unknown): Landslide {
  const feature = object(value, "a landslide");
  const about = object(feature["properties"], "properties");
  const [id, survey, shape] = [text(feature, "id"), text(about, "survey"), outline(feature)];
  return {
    key: landslideKey(survey, id),
    raw: value,
    id,
    name: orNull(about, "name", text) ?? "without a name",
    survey,
    run: orNull(about, "run", text),
    version: number(about, "version"),
    outline: shape,
    centre: shape && centre(shape),
    areaM2: number(about, "area_m2"),
    cutOff: orNull(about, "cut_off", boolean),
    confidence: orNull(about, "confidence", number),
    ce90M: orNull(about, "ce90_m", number),
    observations: number(about, "observations"),
    firstSeen: orNull(about, "first_seen", time),
    lastSeen: orNull(about, "last_seen", time),
  };
}

function frame(value: unknown): Frame {
  const feature = object(value, "a frame");
  const about = object(feature["properties"], "properties");
  const [run, sequence] = [text(about, "run"), number(about, "sequence")];
  return {
    key: `${run}/${sequence}`,
    raw: value,
    survey: text(about, "survey"),
    run,
    sequence,
    name: text(about, "name"),
    time: orNull(about, "time", time),
    gsdM: orNull(about, "gsd_m", number),
    outline: outline(feature),
    untagged: orNull(about, "untagged", text),
  };
}

function flight(value: unknown): Flight {
  const from = object(value, "a flight");
  return {
    raw: value,
    run: text(from, "run"),
    survey: text(from, "survey"),
    aircraft: orNull(from, "aircraft", text),
    start: orNull(from, "start", time),
    software: text(from, "software"),
    model: `${text(from, "model_name")} ${text(from, "model_version")}`,
    heard: orNull(from, "heard", time),
  };
}

function withdrawn(value: unknown): Withdrawn {
  const from = object(value, "a withdrawal");
  return { key: landslideKey(text(from, "survey"), text(from, "id")), version: number(from, "version") };
}

/** The features of a collection of landslides. */
export function landslides(answer: unknown): Landslide[] {
  return list(object(answer, "the answer")["features"], "features").map(landslide);
}

/** The features of a collection of frames. */
export function frames(answer: unknown): Frame[] {
  return list(object(answer, "the answer")["features"], "features").map(frame);
}

/** The list of the flights. */
export function flights(answer: unknown): Flight[] {
  return list(answer, "the answer").map(flight);
}

/** The base map, where the station has one. */
export function basemap(answer: unknown): Basemap | null {
  if (answer === null) return null;
  const from = object(answer, "the base map");
  const bounds = orNull(from, "bounds", (from, name) => list(from[name], name));
  return {
    name: text(from, "name"),
    attribution: orNull(from, "attribution", text),
    minzoom: number(from, "minzoom"),
    maxzoom: number(from, "maxzoom"),
    bounds: bounds as Basemap["bounds"],
  };
}

/** A change as the event stream tells it. */
export function change(event: unknown): Change {
  const from = object(event, "a change");
  return {
    landslides: list(from["landslides"], "landslides").map(landslide),
    withdrawn: list(from["withdrawn"], "withdrawn").map(withdrawn),
    frames: list(from["frames"], "frames").map(frame),
    flights: list(from["flights"], "flights").map(flight),
  };
}
