// The line to the station: an event stream for what changes, and the whole of the store whenever one begins, since nobody knows what
// was missed. Events that come while the whole is fetched wait for it; by their versions it does not matter that it holds some already.

import { backoffMs } from "./backoff.ts";
import * as model from "./model.ts";
import type { Change } from "./model.ts";
import type { Snapshot } from "./survey.ts";

/** The station sends something every 5 s; after so long without, the line is taken for dead. */
const SILENCE_MS = 13_000;

/** Who is told what comes over the line. */
export interface Listener {
  /** All that stands. */
  snapshot(snapshot: Snapshot): void;
  change(change: Change): void;
  /** The station answers, or no longer; `error` says what is wrong where it answers what cannot be read. */
  reach(isReached: boolean, error: string | null): void;
}

/** The line to the station. */
export class Live {
  readonly #listener: Listener;
  #stream: EventSource | null = null;
  #waiting: Change[] | null = null;
  #failures = 0;
  #watchdog = 0;
  #retry = 0;
  /** Counts the streams, so that an answer to an earlier one is known as such. */
  #epoch = 0;
  /** The station's clock less this device's, in milliseconds. */
  clockOffsetMs = 0;
  /** When something last came, by this device's clock. */
  lastHeard: number | null = null;

  constructor(listener: Listener) {
    this.#listener = listener;
    // A phone that wakes up does not wait for the next try.
    const atOnce = () => {
      if (document.visibilityState === "visible" && this.#stream === null) this.start();
    };
    document.addEventListener("visibilitychange", atOnce);
    window.addEventListener("online", atOnce);
  }

  /** Opens the stream. */
  start(): void {
    window.clearTimeout(this.#retry);
    this.#close();
    const epoch = ++this.#epoch;
    const stream = new EventSource("api/events");
    this.#stream = stream;
    this.#heard();
    const on = (kind: string, take: (data: unknown) => void) => {
      stream.addEventListener(kind, (event: MessageEvent<string>) => {
        if (epoch !== this.#epoch) return;
        this.#heard();
        this.lastHeard = Date.now();
        try {
          take(JSON.parse(event.data));
        } catch (error) {
          this.#failed(`the station sent what this page cannot read (${String(error)}); reload the page`);
        }
      });
    };
    on("hello", (data) => this.#hello(data, epoch));
    on("beat", (data) => this.#clock(data));
    on("reload", (data) => void this.#fetch(epoch, data));
    on("change", (data) => {
      const change = model.change(data);
      if (this.#waiting !== null) this.#waiting.push(change);
      else this.#listener.change(change);
    });
    stream.onerror = () => {
      if (epoch === this.#epoch) this.#failed(null);
    };
  }

  #hello(data: unknown, epoch: number): void {
    this.#clock(data);
    void this.#fetch(epoch, data);
  }

  #clock(data: unknown): void {
    const time = Date.parse((data as { time?: string }).time ?? "");
    if (!Number.isNaN(time)) this.clockOffsetMs = time - Date.now();
  }

  /** Fetches the whole, with at least all that was told up to the number in `data`: one that others have fetched will do. */
  async #fetch(epoch: number, data: unknown): Promise<void> {
    this.#waiting ??= [];
    const from = `?from=${Number((data as { number?: number }).number)}`;
    try {
      const [landslides, frames, flights] = await Promise.all(
        ["landslides", "footprints", "flights"].map((part) => json(`api/${part}${from}`)),
      );
      if (epoch !== this.#epoch) return;
      this.#listener.snapshot({
        landslides: model.landslides(landslides),
        frames: model.frames(frames),
        flights: model.flights(flights),
      });
      for (const change of this.#waiting ?? []) this.#listener.change(change);
      this.#waiting = null;
      this.#failures = 0;
      this.#listener.reach(true, null);
    } catch (error) {
      if (epoch !== this.#epoch) return;
      const isUnknown = error instanceof model.UnknownAnswer;
      this.#failed(isUnknown ? `the station's answer cannot be read: ${error.message}; reload the page` : null);
    }
  }

  #heard(): void {
    window.clearTimeout(this.#watchdog);
    this.#watchdog = window.setTimeout(() => this.#failed(null), SILENCE_MS);
  }

  #failed(error: string | null): void {
    this.#close();
    this.#failures++;
    this.#listener.reach(false, error);
    this.#retry = window.setTimeout(() => this.start(), backoffMs(this.#failures, Math.random()));
  }

  #close(): void {
    this.#epoch++;
    window.clearTimeout(this.#watchdog);
    this.#stream?.close();
    this.#stream = null;
    this.#waiting = null;
  }
}

async function json(path: string): Promise<unknown> {
  const answer = await fetch(path, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** The station's base map, if it has one. */
export async function fetchBasemap(): Promise<model.Basemap | null> {
  return model.basemap(await json("api/basemap"));
}
