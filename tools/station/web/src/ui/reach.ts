// Whether the station answers, and how old what is shown is.

import { byId, setText } from "../dom.ts";
import { age, clock } from "../format.ts";

/** What is known of the line to the station. */
export interface Reach {
  readonly state: "connecting" | "live" | "out";
  /** When the station was last heard, by this device's clock; null: never. */
  readonly lastHeard: number | null;
  readonly error: string | null;
}

/** Shows it. Called each second, since ages grow. */
export function showReach({ state, lastHeard, error }: Reach, now: number): void {
  byId("status").dataset["state"] = state;
  setText(byId("status-text"), { connecting: "Connecting", live: "Live", out: "Not live" }[state]);
  byId("outage").hidden = state !== "out";
  if (state !== "out") return;
  const shown = lastHeard === null ? "Nothing has come from it yet." : `Shown is what it knew at ${clock(lastHeard)}, ${age(now - lastHeard)} ago.`;
  setText(byId("outage-text"), error === null ? `The station is out of reach. ${shown}` : `${error}. ${shown}`);
}
