// The net of meridians and parallels: the only ground a map has where there is no base map.

import type { Feature, LineString } from "geojson";

/** Steps of a net in degrees: those of a map in degrees and minutes, and of one in seconds. */
const STEPS = [30, 10, 5, 2, 1, 30 / 60, 10 / 60, 5 / 60, 2 / 60, 1 / 60, 30 / 3600, 10 / 3600, 5 / 3600, 2 / 3600, 1 / 3600];
/** Lines across the longer side of the view. */
const MOST_LINES = 7;

/** West, south, east, north in degrees. */
export type Bounds = readonly [number, number, number, number];

/** The lines of the net within `bounds` and around it, each with its `label` of degrees. */
export function graticule(bounds: Bounds): Feature<LineString, { label: string }>[] {
  const [west, south, east, north] = bounds;
  const span = Math.max(east - west, north - south);
  const step = STEPS.findLast((step) => span / step <= MOST_LINES) ?? 30;
  const around = (from: number, to: number): number[] => {
    const [first, last] = [Math.floor(from / step) - 1, Math.ceil(to / step) + 1];
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  };
  const [rows, columns] = [around(south, north), around(west, east)];
  const y = rows.map((n) => n * step).filter((latitude) => Math.abs(latitude) <= 85);
  const x = columns.map((n) => n * step);
  const line = (coordinates: number[][], label: string): Feature<LineString, { label: string }> => ({
    type: "Feature",
    properties: { label },
    geometry: { type: "LineString", coordinates },
  });
  const [bottom, top, left, right] = [y[0] ?? south, y.at(-1) ?? north, x[0] ?? west, x.at(-1) ?? east];
  return [
    ...y.map((latitude) => line([[left, latitude], [right, latitude]], label(latitude, "N", "S"))),
    ...x.map((longitude) => line([[longitude, bottom], [longitude, top]], label(wrapped(longitude), "E", "W"))),
  ];
}

function wrapped(longitude: number): number {
  return ((((longitude + 180) % 360) + 360) % 360) - 180;
}

function label(degrees: number, positive: string, negative: string): string {
  const seconds = Math.round(Math.abs(degrees) * 3600);
  const [d, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => n.toString().padStart(2, "0");
  const fine = s !== 0 ? `${two(m)}′${two(s)}″` : m !== 0 ? `${two(m)}′` : "";
  return `${d}°${fine}${seconds === 0 ? "" : degrees < 0 ? negative : positive}`;
}
