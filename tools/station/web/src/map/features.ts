// What the map's sources hold, made of what is known.

import type { Feature, LineString, Point, Position } from "geojson";
import { circle } from "../geodesy.ts";
import { certainty, stated } from "../confidence.ts";
import { centre, type Frame, type Landslide, type Outline } from "../model.ts";

/** Properties that the style's expressions read. */
function about(landslide: Landslide) {
  return {
    key: landslide.key,
    name: landslide.name,
    percent: stated(landslide.confidence),
    area: landslide.areaM2,
    confidence: certainty(landslide.confidence),
    seen: landslide.lastSeen,
  };
}

/** The outlines of those landslides that have one. */
export function outlines(landslides: Iterable<Landslide>): Feature<Outline>[] {
  return [...landslides].flatMap((landslide) =>
    landslide.outline ? [{ type: "Feature", properties: about(landslide), geometry: landslide.outline }] : [],
  );
}

/** Their centres. */
export function centres(landslides: Iterable<Landslide>): Feature<Point>[] {
  return [...landslides].flatMap((landslide) =>
    landslide.centre
      ? [{ type: "Feature", properties: about(landslide), geometry: { type: "Point", coordinates: landslide.centre } }]
      : [],
  );
}

/** What placed frames have shown. */
export function footprints(frames: Iterable<Frame>): Feature<Outline>[] {
  return [...frames].flatMap((frame) =>
    frame.outline ? [{ type: "Feature", properties: { key: frame.key }, geometry: frame.outline }] : [],
  );
}

/** A landslide that is looked at, and the circle that holds its true position with 90 % probability. */
export function selection(landslide: Landslide | null): Feature[] {
  if (landslide?.outline == null) return [];
  const outline: Feature = { type: "Feature", properties: { key: "outline", kind: "outline" }, geometry: landslide.outline };
  if (landslide.centre === null || landslide.ce90M === null) return [outline];
  const ring = circle(landslide.centre, landslide.ce90M);
  return [
    outline,
    { type: "Feature", properties: { key: "ce90", kind: "ce90" }, geometry: { type: "Polygon", coordinates: [ring] } },
  ];
}

/** Where the frames of a run lie, in the order of their exposure. */
export interface Track {
  readonly run: string;
  /** Centres of the placed frames. */
  readonly places: readonly Position[];
  /** The latest frame that was placed. */
  readonly last: Frame;
}

/** The tracks of all runs that have a placed frame. */
export function tracks(frames: Iterable<Frame>): Track[] {
  const runs = Map.groupBy(frames, (frame) => frame.run);
  return [...runs].flatMap(([run, frames]) => {
    const placed = frames.filter((frame) => frame.outline !== null).sort((a, b) => a.sequence - b.sequence);
    const last = placed.at(-1);
    const places = placed.flatMap(({ outline }) => {
      const at = outline && centre(outline);
      return at ? [at] : [];
    });
    return last === undefined ? [] : [{ run, places, last }];
  });
}

/** Tracks as lines. */
export function trackLines(tracks: readonly Track[]): Feature<LineString>[] {
  return tracks
    .filter(({ places }) => places.length > 1)
    .map(({ run, places }) => ({
      type: "Feature",
      properties: { key: run },
      geometry: { type: "LineString", coordinates: [...places] },
    }));
}

/** A line along `places`, with a point at each, of which the last has `label`. */
export function sketch(places: readonly Position[], label: string): Feature[] {
  const points = places.map(
    (coordinates, n): Feature => ({
      type: "Feature",
      properties: n === places.length - 1 ? { key: `point ${n}`, label } : { key: `point ${n}` },
      geometry: { type: "Point", coordinates },
    }),
  );
  if (places.length < 2) return points;
  const line: Feature = {
    type: "Feature",
    properties: { key: "line" },
    geometry: { type: "LineString", coordinates: [...places] },
  };
  return [line, ...points];
}

/** West, south, east and north of all `outlines`; null where there are none. */
export function bounds(outlines: Iterable<Outline>): [number, number, number, number] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const outline of outlines) {
    for (const [ring] of outline.type === "Polygon" ? [outline.coordinates] : outline.coordinates) {
      for (const [x = 0, y = 0] of ring ?? []) {
        [west, east] = [Math.min(west, x), Math.max(east, x)];
        [south, north] = [Math.min(south, y), Math.max(north, y)];
      }
    }
  }
  return west <= east ? [west, south, east, north] : null;
}
