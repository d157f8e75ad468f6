// The tools of the map: the landslide nearest to a place, and measuring. One is in use at a time; touches of the map are then its.

import type { Position } from "geojson";
import { parsePlace } from "../coordinates.ts";
import { el, icon } from "../dom.ts";
import { area, bearing, distance } from "../format.ts";
import { areaM2, compassPoint, lengthM, way } from "../geodesy.ts";

/** What a tool asks of the page. */
export interface Page {
  /** Distances are from `place` from now on; null: from nowhere. */
  place(place: Position | null): void;
  /** Draws a line with a label at its end. */
  sketch(places: readonly Position[], label: string): void;
  /** The place in the middle of the map. */
  centre(): Position;
  /** The tool in use has changed. */
  used(tool: Tool | null): void;
  announce(text: string): void;
}

/** A tool of the map. */
export type Tool = "nearest" | "measure";

/** The tools of the page. */
export class Tools {
  readonly #box: HTMLElement;
  readonly #page: Page;
  #tool: Tool | null = null;
  #measured: Position[] = [];
  readonly #result = el("p", { class: "result", role: "status" });

  constructor(box: HTMLElement, page: Page) {
    [this.#box, this.#page] = [box, page];
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#tool !== null) this.use(null);
    });
  }

  /** Takes up a tool, or puts it down where it is in use already. */
  use(tool: Tool | null): void {
    const before = this.#tool;
    this.#tool = tool === before ? null : tool;
    if (before === "measure" || this.#tool === "measure") this.#measure([]);
    if (before === "nearest") this.#page.place(null);
    this.#result.textContent = "";
    if (this.#tool === "nearest") this.#show("Nearest landslide", this.#nearest());
    if (this.#tool === "measure") this.#show("Measure", this.#measuring());
    this.#box.hidden = this.#tool === null;
    this.#page.used(this.#tool);
  }

  /** Takes up a tool, if it is not in use already. */
  open(tool: Tool): void {
    if (this.#tool !== tool) this.use(tool);
  }

  /** Takes a touch of the map; false where no tool is in use, or the touch is not for it. */
  touch(place: Position): boolean {
    if (this.#tool === "measure") this.#measure([...this.#measured, place]);
    else if (this.#tool === "nearest") this.#page.place(place);
    return this.#tool !== null;
  }

  /** Tells what was found nearest. */
  tell(text: string): void {
    this.#result.textContent = text;
  }

  #show(title: string, parts: HTMLElement[]): void {
    const close = el("button", { type: "button", class: "plain", "aria-label": `Close ${title}`, onclick: () => this.use(null) }, icon("close"));
    this.#box.replaceChildren(el("div", { class: "tool-head" }, el("h2", {}, title), close), ...parts, this.#result);
    this.#box.setAttribute("aria-label", title);
  }

  #nearest(): HTMLElement[] {
    const field = el("input", { type: "text", name: "place", autocomplete: "off", placeholder: "46.5321, 7.9512" });
    const problem = el("p", { class: "problem", role: "alert" });
    const go = (event: Event) => {
      event.preventDefault();
      const place = parsePlace(field.value);
      problem.textContent = place === null ? "Not understood; latitude first, as 46.5321, 7.9512 or 46°31′55″N 7°57′04″E" : "";
      if (place !== null) this.#page.place(place);
    };
    const locate = () => {
      problem.textContent = "";
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => this.#page.place([coords.longitude, coords.latitude]),
        ({ message }) => (problem.textContent = `No position from this device (${message}); touch the map instead`),
        { enableHighAccuracy: true, timeout: 20_000, maximumAge: 10_000 },
      );
    };
    const own = el("button", { type: "button", onclick: locate }, "My position");
    // Browsers tell positions to pages that they trust alone.
    own.hidden = !window.isSecureContext || !("geolocation" in navigator);
    return [
      el("p", {}, "Touch the map where you are, or:"),
      el(
        "div",
        { class: "actions" },
        own,
        el("button", { type: "button", onclick: () => this.#page.place(this.#page.centre()) }, "Middle of the map"),
      ),
      el("form", { onsubmit: go }, el("label", {}, el("span", {}, "Coordinates"), field), el("button", { type: "submit" }, "Go")),
      problem,
    ];
  }

  #measuring(): HTMLElement[] {
    const act = (label: string, onclick: () => void) => el("button", { type: "button", onclick }, label);
    return [
      el("p", {}, "Touch the map from point to point. On the keyboard: arrows move the map, Enter sets a point."),
      el(
        "div",
        { class: "actions" },
        act("Undo", () => this.#measure(this.#measured.slice(0, -1))),
        act("Clear", () => this.#measure([])),
      ),
    ];
  }

  #measure(places: Position[]): void {
    this.#measured = places;
    const [last, before] = [places.at(-1), places.at(-2)];
    const length = distance(lengthM(places));
    this.#page.sketch(places, places.length > 1 ? length : "");
    if (last === undefined || before === undefined) {
      this.#result.textContent = "";
      return;
    }
    const leg = way(before, last);
    const parts = [`${length} in all`, `last leg ${distance(leg.distanceM)} to ${bearing(leg.bearing)} ${compassPoint(leg.bearing)}`];
    if (places.length > 2) parts.push(`${area(areaM2(places))} enclosed`);
    this.#result.textContent = parts.join(" · ");
  }
}
