// The operator's view: each flight with its aircraft, when it was last heard, where it was then, and what it has delivered.

import { decimal } from "../coordinates.ts";
import { el, icon } from "../dom.ts";
import { age, counted, utc } from "../format.ts";
import type { Track } from "../map/features.ts";
import type { Flight, Frame, Landslide } from "../model.ts";

/** An aircraft that has delivered within this time is flying, as far as the station knows. */
export const FLYING_MS = 30_000;

/** What a flight has delivered. */
export interface Delivered {
  readonly flight: Flight;
  readonly placed: number;
  /** Frames that could not be placed, by the reason for it. */
  readonly untagged: ReadonlyMap<string, number>;
  readonly landslides: number;
  readonly track: Track | undefined;
}

/** Sums up each flight; the one heard last comes first. */
export function delivered(
  flights: Iterable<Flight>,
  frames: Iterable<Frame>,
  landslides: Iterable<Landslide>,
  tracks: readonly Track[],
): Delivered[] {
  const placed = new Map<string, number>();
  const untagged = new Map<string, Map<string, number>>();
  const found = new Map<string, number>();
  const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { run, untagged: reason } of frames) {
    if (reason === null) count(placed, run);
    else count(untagged.get(run) ?? untagged.set(run, new Map()).get(run)!, reason);
  }
  for (const { run } of landslides) count(found, run);
  const all = [...flights].map((flight) => ({
    flight,
    placed: placed.get(flight.run) ?? 0,
    untagged: untagged.get(flight.run) ?? new Map<string, number>(),
    landslides: found.get(flight.run) ?? 0,
    track: tracks.find(({ run }) => run === flight.run),
  }));
  const latest = ({ heard, start }: Flight) => heard ?? start ?? 0;
  return all.sort((a, b) => latest(b.flight) - latest(a.flight));
}

/** Whether `flight` is delivering now. */
export function isFlying({ heard }: Flight, now: number): boolean {
  return heard !== null && now - heard < FLYING_MS;
}

/** The mark at the end of a flight's track; none of a flight that the station has not heard since it was started. */
export function aircraftMark(flight: Flight | undefined, now: number): HTMLElement | null {
  if (flight?.heard == null) return null;
  const state = isFlying(flight, now) ? "flying" : "silent";
  return el("div", { class: "aircraft", "data-state": state }, icon("aircraft"), el("span", {}, flight.aircraft ?? "aircraft"));
}

/** Shows the flights in `container`. */
export function showFlights(container: HTMLElement, all: readonly Delivered[], now: number, show: (track: Track) => void): void {
  const focused = [...container.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
  if (all.length === 0) {
    container.replaceChildren(
      el("p", { class: "note" }, "No aircraft has reported yet. It appears here with its first message over the radio link."),
    );
    return;
  }
  container.replaceChildren(...all.map((one) => card(one, now, show)));
  container.querySelectorAll("button")[focused]?.focus();
}

function card({ flight, placed, untagged, landslides, track }: Delivered, now: number, show: (track: Track) => void): HTMLElement {
  const { heard } = flight;
  const flying = isFlying(flight, now);
  const state = heard === null ? "silent since the station was started" : flying ? "delivering" : `silent for ${age(now - heard)}`;
  const facts = el("dl");
  const fact = (term: string, ...told: (Node | string)[]) => facts.append(el("dt", {}, term), el("dd", {}, ...told));
  if (heard !== null) fact("Last heard", `${age(now - heard)} ago`);
  fact("Delivered", `${counted(placed, "frame")}, ${counted(landslides, "landslide")} that stand`);
  for (const [reason, times] of untagged) fact("Not placed", `${counted(times, "frame")}: ${reason}`);
  const where = track?.places.at(-1);
  if (where !== undefined) fact("Last frame over", el("code", {}, decimal(where)));
  fact("Began", flight.start === null ? "time unknown" : utc(flight.start));
  fact("Flown with", `${flight.software}, model ${flight.model}`);
  fact("Survey", el("span", { class: "id" }, flight.survey));
  const lamp = el("span", { class: "lamp", "aria-hidden": "true" });
  return el(
    "section",
    { class: "flight", "data-state": flying ? "flying" : "silent" },
    el("h2", {}, flight.aircraft ?? "aircraft unknown", el("span", { class: "state" }, lamp, state)),
    facts,
    track === undefined ? null : el("button", { type: "button", onclick: () => show(track) }, "Show on the map"),
  );
}
