// Which landslides are shown, and in which order.

import type { Position } from "geojson";
import { certainty } from "./confidence.ts";
import type { Landslide } from "./model.ts";
import { approach } from "./nearest.ts";

/** What a landslide must have to be shown. */
export interface Filter {
  readonly minAreaM2: number;
  /** 0 to 1. */
  readonly minConfidence: number;
  /** Seen last within so many minutes; null: whenever. */
  readonly withinMin: number | null;
}

export const EVERYTHING: Filter = { minAreaM2: 0, minConfidence: 0, withinMin: null };

/** The instant before which a landslide was not seen within the filter's time, in milliseconds after 1970; null: any time. */
export function earliest(filter: Filter, now: number): number | null {
  return filter.withinMin === null ? null : now - filter.withinMin * 60_000;
}

/** Whether `landslide` is shown. One whose time nobody knows is shown whatever the time asked for. */
export function matches(landslide: Landslide, filter: Filter, now: number): boolean {
  const since = earliest(filter, now);
  return (
    landslide.areaM2 >= filter.minAreaM2 &&
    certainty(landslide.confidence) >= filter.minConfidence &&
    (since === null || landslide.lastSeen === null || landslide.lastSeen >= since)
  );
}

export const ORDERS = ["largest", "surest", "newest", "nearest"] as const;
export type Order = (typeof ORDERS)[number];

/** The landslides in `order`; the nearest to `place` first where that is asked for and a place is known. */
export function sorted(landslides: Iterable<Landslide>, order: Order, place: Position | null): Landslide[] {
  const all = [...landslides];
  const by = (value: (landslide: Landslide) => number) => {
    const valued = all.map((landslide) => ({ landslide, value: value(landslide) }));
    valued.sort((a, b) => b.value - a.value || (a.landslide.key < b.landslide.key ? -1 : 1));
    return valued.map(({ landslide }) => landslide);
  };
  switch (order) {
    case "surest":
      return by((l) => certainty(l.confidence));
    case "newest":
      return by((l) => l.lastSeen ?? 0);
    case "nearest":
      if (place !== null) return by((l) => -(approach(place, l)?.distanceM ?? Infinity));
      return by((l) => l.areaM2);
    case "largest":
      return by((l) => l.areaM2);
  }
}

/** The largest `most` of `landslides` whose centres lie between `west`, `south`, `east` and `north`. */
export function largestWithin(
  landslides: readonly Landslide[],
  [west, south, east, north]: readonly [number, number, number, number],
  most: number,
): Landslide[] {
  const within = landslides.filter(({ centre }) => {
    const [x = Number.NaN, y = Number.NaN] = centre ?? [];
    return west <= x && x <= east && south <= y && y <= north;
  });
  return sorted(within, "largest", null).slice(0, most);
}
