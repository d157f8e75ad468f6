// All that is known of the store, and what each change makes of it. A version never goes back, in whatever order things come.

import type { Change, Flight, Frame, Landslide } from "./model.ts";

/** The whole of the store at one moment. */
export interface Snapshot {
  readonly landslides: readonly Landslide[];
  readonly frames: readonly Frame[];
  readonly flights: readonly Flight[];
}

/** What a change made of what was known. */
export interface Difference {
  /** New, or in a newer version. */
  readonly put: readonly Landslide[];
  /** Those of `put` that were not known before. */
  readonly appeared: readonly Landslide[];
  /** Keys of landslides that stand no more. */
  readonly gone: readonly string[];
  /** Frames that were not known before. */
  readonly frames: readonly Frame[];
}

/** The surveys that a station holds. */
export class Surveys {
  readonly landslides = new Map<string, Landslide>();
  readonly frames = new Map<string, Frame>();
  readonly flights = new Map<string, Flight>();
  /** Versions in which landslides were withdrawn, so that an earlier report which comes later does not bring them back. */
  readonly #withdrawn = new Map<string, number>();

  /** Takes all that stands. Returns the landslides that were not known before. */
  replace(snapshot: Snapshot): readonly Landslide[] {
    const appeared = snapshot.landslides.filter((l) => !this.landslides.has(l.key));
    this.landslides.clear();
    this.frames.clear();
    this.flights.clear();
    this.#withdrawn.clear();
    for (const landslide of snapshot.landslides) this.landslides.set(landslide.key, landslide);
    for (const frame of snapshot.frames) this.frames.set(frame.key, frame);
    for (const flight of snapshot.flights) this.flights.set(flight.run, flight);
    return appeared;
  }

  /** Takes what some commits have changed. */
  apply(change: Change): Difference {
    const put = new Map<string, Landslide>();
    const appeared = new Map<string, Landslide>();
    const gone = new Set<string>();
    for (const landslide of change.landslides) {
      const { key, version } = landslide;
      const standing = this.landslides.get(key);
      if (version <= (standing?.version ?? this.#withdrawn.get(key) ?? 0)) continue;
      if (standing === undefined || appeared.has(key)) appeared.set(key, landslide);
      this.landslides.set(key, landslide);
      put.set(key, landslide);
    }
    for (const { key, version } of change.withdrawn) {
      const standing = this.landslides.get(key);
      if (standing !== undefined && standing.version > version) continue;
      this.#withdrawn.set(key, Math.max(version, this.#withdrawn.get(key) ?? 0));
      if (!this.landslides.delete(key)) continue;
      put.delete(key);
      appeared.delete(key);
      gone.add(key);
    }
    const frames = change.frames.filter((frame) => !this.frames.has(frame.key));
    for (const frame of frames) this.frames.set(frame.key, frame);
    for (const flight of change.flights) this.flights.set(flight.run, flight);
    return { put: [...put.values()], appeared: [...appeared.values()], gone: [...gone], frames };
  }
}
