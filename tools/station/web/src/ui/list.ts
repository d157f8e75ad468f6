// The list of landslides, a row each.

import type { Position } from "geojson";
import { confidenceClass, stated } from "../confidence.ts";
import { el, setText } from "../dom.ts";
import { area, count, told, when } from "../format.ts";
import type { Landslide } from "../model.ts";
import { approach } from "../nearest.ts";

/** Rows that are made at first, and with each "more". */
const PAGE = 100;

/** What the rows tell apart from the landslides themselves. */
export interface Context {
  readonly selected: string | null;
  /** Distances are from here. */
  readonly place: Position | null;
  /** Ages are to this instant. */
  readonly now: number;
}

interface Row {
  readonly item: HTMLLIElement;
  readonly button: HTMLButtonElement;
  readonly chip: HTMLElement;
  readonly name: HTMLElement;
  readonly area: HTMLElement;
  readonly aside: HTMLElement;
}

/** The list in the page. */
export class LandslideList {
  readonly #list: HTMLElement;
  readonly #note: HTMLElement;
  readonly #onPick: (key: string) => void;
  readonly #rows = new Map<string, Row>();
  #most = PAGE;
  #again: () => void = () => {};

  constructor(list: HTMLElement, note: HTMLElement, onPick: (key: string) => void) {
    [this.#list, this.#note, this.#onPick] = [list, note, onPick];
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      const buttons = [...list.querySelectorAll("button")];
      const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step];
      next?.focus();
      event.preventDefault();
    });
  }

  /** Shows `landslides` in their order. `empty` is said where there are none. */
  show(landslides: readonly Landslide[], context: Context, empty: string): void {
    this.#again = () => this.show(landslides, context, empty);
    const shown = landslides.slice(0, this.#most);
    const focused = [...this.#rows].find(([, row]) => row.button === document.activeElement)?.[1];
    const kept = new Set(shown.map(({ key }) => key));
    for (const [key, row] of this.#rows) {
      if (kept.has(key)) continue;
      row.item.remove();
      this.#rows.delete(key);
    }
    shown.forEach((landslide, n) => {
      const row = this.#row(landslide);
      tell(row, landslide, context);
      if (this.#list.children[n] !== row.item) this.#list.insertBefore(row.item, this.#list.children[n] ?? null);
    });
    // A row that moved has lost it.
    if (focused !== undefined && document.activeElement !== focused.button) focused.button.focus({ preventScroll: true });
    const more = landslides.length - shown.length;
    if (more > 0) this.#note.replaceChildren(this.#moreButton(more));
    else setText(this.#note, landslides.length === 0 ? empty : "");
  }

  /** Brings the row of `key` into view. */
  reveal(key: string): void {
    this.#rows.get(key)?.item.scrollIntoView({ block: "nearest" });
  }

  /** Puts the keyboard on the row of `key`. */
  focus(key: string): void {
    this.#rows.get(key)?.button.focus();
  }

  #moreButton(more: number): HTMLElement {
    const onclick = () => {
      this.#most += PAGE;
      this.#again();
    };
    return el("button", { type: "button", onclick }, `Show more (${count(more)} left)`);
  }

  #row({ key }: Landslide): Row {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const [chip, size, aside] = [el("span", { class: "chip" }), el("span", { class: "area" }), el("span", { class: "aside" })];
    const name = el("span", { class: "name" });
    const button = el("button", { type: "button", class: "row", onclick: () => this.#onPick(key) }, chip, name, size, aside);
    const row = { item: el("li", {}, button), button, chip, name, area: size, aside };
    this.#rows.set(key, row);
    return row;
  }
}

function tell(row: Row, landslide: Landslide, { selected, place, now }: Context): void {
  const { key, confidence, lastSeen } = landslide;
  const { colour, ink } = confidenceClass(confidence);
  row.chip.style.backgroundColor = colour;
  row.chip.style.color = ink;
  setText(row.chip, stated(confidence));
  setText(row.name, landslide.name);
  setText(row.area, `${landslide.cutOff ? "≥ " : ""}${area(landslide.areaM2)}`);
  const way = place && approach(place, landslide);
  setText(row.aside, way ? told(way) : lastSeen === null ? "time unknown" : when(lastSeen, now));
  if (selected === key) row.button.setAttribute("aria-current", "true");
  else row.button.removeAttribute("aria-current");
}
