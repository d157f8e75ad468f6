// What the map's colours and lines mean.

import { CLASSES } from "../confidence.ts";
import { el } from "../dom.ts";

/** Fills the legend, and opens it where there is room. On a base map searched ground is lighter. */
export function fillLegend(legend: HTMLElement, isOpen: boolean, hasBasemap: boolean): void {
  const classes = CLASSES.map(({ colour, label }) => {
    const swatch = el("span", { class: "swatch landslide" });
    swatch.style.backgroundColor = colour;
    return entry(swatch, label);
  });
  const sample = (kind: string, label: string) => entry(el("span", { class: `swatch ${kind}` }), label);
  legend.toggleAttribute("open", isOpen);
  legend.replaceChildren(
    el("summary", {}, "Legend"),
    el(
      "div",
      {},
      el("section", {}, el("h3", {}, "Confidence"), el("ul", {}, ...classes)),
      el(
        "section",
        {},
        el("h3", {}, "Ground"),
        el(
          "ul",
          {},
          sample("searched", hasBasemap ? "searched: lighter" : "searched"),
          hasBasemap ? null : sample("unsearched", "not searched"),
          sample("ce90", "true position, 90 % sure (CE90)"),
          sample("track", "track"),
        ),
      ),
      el("a", { href: "licences.txt", class: "fine" }, "Licences"),
    ),
  );
}

function entry(swatch: HTMLElement, label: string): HTMLElement {
  return el("li", {}, swatch, label);
}
