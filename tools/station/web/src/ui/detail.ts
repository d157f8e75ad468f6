// All that is known of one landslide.

import type { Position } from "geojson";
import { confidenceClass, stated } from "../confidence.ts";
import { decimal, dms } from "../coordinates.ts";
import { el, icon } from "../dom.ts";
import { area, counted, distance, percent, told, utc } from "../format.ts";
import type { Flight, Landslide } from "../model.ts";
import { approach } from "../nearest.ts";

/** What the page does where it is asked to here. */
export interface Actions {
  close(): void;
  showOnMap(): void;
  copied(what: string): void;
}

/** Tells all of `landslide` in `article`. */
export function showDetail(
  article: HTMLElement,
  landslide: Landslide,
  flight: Flight | undefined,
  place: Position | null,
  actions: Actions,
): void {
  const { colour, ink } = confidenceClass(landslide.confidence);
  const chip = el("span", { class: "chip" }, stated(landslide.confidence));
  chip.style.backgroundColor = colour;
  chip.style.color = ink;
  const facts = el("dl");
  const fact = (term: string, ...told: (Node | string)[]) => facts.append(el("dt", {}, term), el("dd", {}, ...told));
  const { centre } = landslide;
  fact("Area", landslide.cutOff ? `at least ${area(landslide.areaM2)}: it goes on outside of what was searched` : area(landslide.areaM2));
  const { confidence, ce90M } = landslide;
  const seen = `seen in ${counted(landslide.observations, "frame")} at its best place`;
  fact("Confidence", confidence === null ? "drawn by people, not measured" : `${percent(confidence)}, ${seen}`);
  fact("Position", ce90M === null ? "error not known" : `true within ${distance(ce90M)} (CE90)`);
  if (centre !== null) {
    fact("Decimal", copyable(decimal(centre), actions));
    fact("Degrees", copyable(dms(centre), actions));
  }
  const way = place && approach(place, landslide);
  if (way) fact("From your place", told(way));
  const instant = (at: number | null) => (at === null ? "time unknown" : utc(at));
  fact("First seen", instant(landslide.firstSeen));
  fact("Last seen", instant(landslide.lastSeen));
  fact("Aircraft", flight?.aircraft ?? "unknown");
  fact("Found by", flight?.model ?? "unknown");
  fact("Version", `${landslide.version}`);
  fact("Identity", el("span", { class: "id" }, landslide.id));
  const open =
    centre &&
    el("a", { class: "button", href: `geo:${(centre[1] ?? 0).toFixed(6)},${(centre[0] ?? 0).toFixed(6)}` }, "Open in another app");
  const heading = el("h2", { id: "detail-name" }, landslide.name, chip);
  // Made anew with each change, which must not take the keyboard away from a button.
  const focused = [...article.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
  article.replaceChildren(
    el("div", { class: "detail-head" }, button("back", "Back to the list", actions.close), heading),
    facts,
    el("div", { class: "actions" }, el("button", { type: "button", onclick: actions.showOnMap }, "Show on the map"), open),
  );
  article.querySelectorAll("button")[focused]?.focus();
}

function button(picture: string, label: string, onclick: () => void): HTMLElement {
  return el("button", { type: "button", class: "plain", "aria-label": label, title: label, onclick }, icon(picture));
}

/** Text with a button that puts it on the clipboard; it can be marked by hand as well. */
function copyable(text: string, { copied }: Actions): HTMLElement {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied(`Copied ${text}`);
    } catch {
      copied("This browser does not let the page copy; mark the text instead");
    }
  };
  return el("span", { class: "copyable" }, el("code", {}, text), button("copy", `Copy ${text}`, () => void copy()));
}
