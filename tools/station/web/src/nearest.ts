// How far a landslide is: to the nearest place of its outline, since whoever stands at its edge is not a hundred metres off.

import type { Position } from "geojson";
import { way, type Way } from "./geodesy.ts";
import type { Landslide, Outline } from "./model.ts";

/** The way to a landslide. */
export interface Approach extends Way {
  /** The nearest place of its outline; the place itself where that lies within. */
  readonly to: Position;
  /** Whether the place lies within it. */
  readonly isWithin: boolean;
}

const known = new WeakMap<Landslide, { from: Position; approach: Approach | null }>();

/** The way from `from` to `landslide`; null where it has no outline. */
export function approach(from: Position, landslide: Landslide): Approach | null {
  const before = known.get(landslide);
  if (before?.from === from) return before.approach;
  const found = landslide.outline && nearestPlace(from, landslide.outline);
  const approach = found && { ...way(from, found.to), ...found };
  known.set(landslide, { from, approach });
  return approach;
}

/** The place of `outline` nearest to `from`, on a plane that touches the ellipsoid there: good to a metre over ten kilometres. */
function nearestPlace(from: Position, outline: Outline): { to: Position; isWithin: boolean } | null {
  const [x0 = 0, y0 = 0] = from;
  const cosine = Math.cos((y0 * Math.PI) / 180);
  let best: { to: Position; squared: number } | null = null;
  let isWithin = false;
  const parts = outline.type === "Polygon" ? [outline.coordinates] : outline.coordinates;
  for (const ring of parts.flat()) {
    for (let n = 0; n + 1 < ring.length; n++) {
      const [ax, ay] = [((ring[n]?.[0] ?? 0) - x0) * cosine, (ring[n]?.[1] ?? 0) - y0];
      const [bx, by] = [((ring[n + 1]?.[0] ?? 0) - x0) * cosine, (ring[n + 1]?.[1] ?? 0) - y0];
      // Rings that a ray to the east crosses an odd number of times lie around the place; holes take that back.
      if (ay > 0 !== by > 0 && ax - (ay * (bx - ax)) / (by - ay) > 0) isWithin = !isWithin;
      const [dx, dy] = [bx - ax, by - ay];
      const along = Math.min(1, Math.max(0, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
      const [x, y] = [ax + along * dx, ay + along * dy];
      const squared = x * x + y * y;
      if (best === null || squared < best.squared) best = { to: [x0 + x / cosine, y0 + y], squared };
    }
  }
  if (best === null) return null;
  return isWithin ? { to: from, isWithin } : { to: best.to, isWithin };
}
