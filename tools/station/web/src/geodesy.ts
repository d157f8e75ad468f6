// Distances, bearings and circles on the WGS 84 ellipsoid, by Karney's geodesics.

import geodesic from "geographiclib-geodesic";
import type { Position } from "geojson";

const WGS84 = geodesic.Geodesic.WGS84;

/** The shortest way from one place to another: metres, and degrees clockwise from true north at its start. */
export interface Way {
  readonly distanceM: number;
  readonly bearing: number;
}

const lon = (place: Position): number => place[0] ?? Number.NaN;
const lat = (place: Position): number => place[1] ?? Number.NaN;

/** The shortest way from `from` to `to`. */
export function way(from: Position, to: Position): Way {
  const { s12, azi1 } = WGS84.Inverse(lat(from), lon(from), lat(to), lon(to));
  return { distanceM: s12 ?? Number.NaN, bearing: ((azi1 ?? 0) + 360) % 360 };
}

/** The place `distanceM` metres from `from` in direction `bearing`. */
export function placeAt(from: Position, bearing: number, distanceM: number): Position {
  const { lat2, lon2 } = WGS84.Direct(lat(from), lon(from), bearing, distanceM);
  return [lon2 ?? Number.NaN, lat2 ?? Number.NaN];
}

/** A closed ring of 72 corners, `radiusM` metres around `centre`. */
export function circle(centre: Position, radiusM: number): Position[] {
  const ring = Array.from({ length: 72 }, (_, n) => placeAt(centre, -n * 5, radiusM));
  return [...ring, ring[0] ?? centre];
}

/** Metres along `places`, in their order. */
export function lengthM(places: readonly Position[]): number {
  return places.slice(1).reduce((sum, place, n) => sum + way(places[n] ?? place, place).distanceM, 0);
}

/** Square metres within the polygon whose corners are `places`. */
export function areaM2(places: readonly Position[]): number {
  const polygon = WGS84.Polygon(false);
  for (const place of places) polygon.AddPoint(lat(place), lon(place));
  return Math.abs(polygon.Compute(false, true).area ?? 0);
}

const POINTS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"] as const;

/** The nearest of the eight points of the compass. */
export function compassPoint(bearing: number): string {
  return POINTS[Math.round(bearing / 45) % 8] ?? "N";
}
