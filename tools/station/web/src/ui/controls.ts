// Order and filters of the landslides, and from which size on a new one is announced.

import { el } from "../dom.ts";
import { EVERYTHING, type Filter, type Order } from "../filter.ts";

/** What is set. */
export interface Settings {
  readonly order: Order;
  readonly filter: Filter;
  /** Square metres; infinite: none is announced. */
  readonly announceFromM2: number;
}

type Choices = readonly (readonly [value: string, label: string])[];

const ORDER: Choices = [
  ["largest", "Largest first"],
  ["surest", "Surest first"],
  ["newest", "Newest first"],
  ["nearest", "Nearest first"],
];
const AREA: Choices = [
  ["0", "Any size"],
  ["100", "100 m² and more"],
  ["500", "500 m² and more"],
  ["1000", "1,000 m² and more"],
  ["10000", "1 ha and more"],
];
const CONFIDENCE: Choices = [
  ["0", "Any confidence"],
  ["0.5", "50 % and more"],
  ["0.7", "70 % and more"],
  ["0.85", "85 % and more"],
];
const SEEN: Choices = [
  ["", "Any time"],
  ["15", "Last 15 minutes"],
  ["60", "Last hour"],
  ["360", "Last 6 hours"],
  ["1440", "Last 24 hours"],
];
const ANNOUNCE: Choices = [
  ["Infinity", "Never"],
  ["100", "From 100 m²"],
  ["1000", "From 1,000 m²"],
  ["10000", "From 1 ha"],
];

/** The controls of the list. */
export class Controls {
  readonly #order = select(ORDER, "largest");
  readonly #area = select(AREA, "0");
  readonly #confidence = select(CONFIDENCE, "0");
  readonly #seen = select(SEEN, "");
  readonly #announce = select(ANNOUNCE, "1000");
  readonly #summary = el("summary", {}, "Filter");
  readonly #reset = el("button", { type: "button" }, "Show all");

  constructor(container: HTMLElement, onChange: () => void) {
    const filters = [this.#area, this.#confidence, this.#seen];
    this.#reset.addEventListener("click", () => {
      this.reset();
      onChange();
    });
    container.append(
      labelled("Order", this.#order),
      el(
        "details",
        { class: "filters" },
        this.#summary,
        labelled("Size", this.#area),
        labelled("Confidence", this.#confidence),
        labelled("Last seen", this.#seen),
        labelled("Announce new ones", this.#announce),
        this.#reset,
      ),
    );
    for (const control of [this.#order, this.#announce, ...filters]) control.addEventListener("change", onChange);
    for (const control of filters) control.addEventListener("change", () => this.#mark());
    this.#mark();
  }

  get settings(): Settings {
    const filter = {
      minAreaM2: Number(this.#area.value),
      minConfidence: Number(this.#confidence.value),
      withinMin: this.#seen.value === "" ? null : Number(this.#seen.value),
    };
    return { order: this.#order.value as Order, filter, announceFromM2: Number(this.#announce.value) };
  }

  set order(order: Order) {
    this.#order.value = order;
  }

  /** Lets everything through. */
  reset(): void {
    this.#area.value = `${EVERYTHING.minAreaM2}`;
    this.#confidence.value = `${EVERYTHING.minConfidence}`;
    this.#seen.value = "";
    this.#mark();
  }

  #mark(): void {
    const { minAreaM2, minConfidence, withinMin } = this.settings.filter;
    const active = [minAreaM2 > 0, minConfidence > 0, withinMin !== null].filter(Boolean).length;
    this.#summary.textContent = active === 0 ? "Filter" : `Filter (${active} on)`;
    this.#reset.disabled = active === 0;
  }
}

function select(choices: Choices, value: string): HTMLSelectElement {
  const options = choices.map(([value, label]) => el("option", { value }, label));
  const control = el("select", {}, ...options);
  control.value = value;
  return control;
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  return el("label", {}, el("span", {}, label), control);
}
