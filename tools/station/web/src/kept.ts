// The last state, kept on the device, so that a page that is opened anew without the station shows it. Browsers keep things for pages
// that they trust alone: on this computer, and later by TLS.

import * as model from "./model.ts";
import type { Snapshot, Surveys } from "./survey.ts";

const CACHE = "scarp-state";
const NAME = "state.json";

/** What was kept, and when the station was heard last. */
export interface Kept {
  readonly snapshot: Snapshot;
  readonly heard: number;
}

/** Keeps what is known. */
export async function keep(surveys: Surveys, heard: number): Promise<void> {
  if (!("caches" in window)) return;
  const raw = (all: Iterable<{ raw: unknown }>) => Array.from(all, ({ raw }) => raw);
  const state = {
    heard,
    landslides: raw(surveys.landslides.values()),
    frames: raw(surveys.frames.values()),
    flights: raw(surveys.flights.values()),
  };
  const cache = await caches.open(CACHE);
  await cache.put(NAME, new Response(JSON.stringify(state)));
}

/** What was kept last, if anything that can be read. */
export async function recall(): Promise<Kept | null> {
  if (!("caches" in window)) return null;
  const answer = await (await caches.open(CACHE)).match(NAME);
  if (answer === undefined) return null;
  try {
    const { heard, landslides, frames, flights } = (await answer.json()) as Record<string, unknown>;
    const snapshot = {
      landslides: model.landslides({ features: landslides }),
      frames: model.frames({ features: frames }),
      flights: model.flights(flights),
    };
    return typeof heard === "number" ? { snapshot, heard } : null;
  } catch (error) {
    // Of an earlier version of this page.
    console.info(error);
    return null;
  }
}
