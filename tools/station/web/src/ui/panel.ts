// The panel beside the map, on phones a sheet below it: two views by tabs, one landslide in detail, and three heights.

import { byId } from "../dom.ts";

const HEIGHTS = ["low", "half", "full"] as const;
type Height = (typeof HEIGHTS)[number];
const TABS = ["landslides", "flights"] as const;
type Tab = (typeof TABS)[number];

/** The panel of the page. */
export class Panel {
  readonly #panel = byId("panel");
  readonly #handle = byId("handle");
  readonly #onResize: () => void;

  constructor(onResize: () => void) {
    this.#onResize = onResize;
    for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => this.show(tab));
    byId("tab-landslides").parentElement?.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = TABS.find((tab) => byId(`view-${tab}`).hidden) ?? "landslides";
      this.show(other);
      byId(`tab-${other}`).focus();
    });
    this.#dragging();
  }

  /** Shows one of the views, in place of a landslide in detail. */
  show(tab: Tab): void {
    for (const one of TABS) {
      const isShown = one === tab;
      byId(`view-${one}`).hidden = !isShown;
      byId(`tab-${one}`).setAttribute("aria-selected", `${isShown}`);
      byId(`tab-${one}`).tabIndex = isShown ? 0 : -1;
    }
    this.#setDetailed(false);
    if (this.height === "low") this.height = "half";
  }

  /** Whether a landslide is shown in detail, in place of the views. */
  set isDetailed(isDetailed: boolean) {
    this.#setDetailed(isDetailed);
    if (isDetailed && this.height === "low") this.height = "half";
  }

  get height(): Height {
    return (this.#panel.dataset["height"] as Height | undefined) ?? "half";
  }

  set height(height: Height) {
    this.#panel.dataset["height"] = height;
    this.#handle.setAttribute("aria-expanded", `${height !== "low"}`);
    this.#onResize();
  }

  #setDetailed(isDetailed: boolean): void {
    byId("detail").hidden = !isDetailed;
    this.#panel.classList.toggle("detailed", isDetailed);
  }

  /** By touch the sheet goes up or down a height with each swipe of its handle, by click through all of them. */
  #dragging(): void {
    let from: number | null = null;
    let swiped = false;
    const step = (by: number) => {
      const at = HEIGHTS.indexOf(this.height) + by;
      this.height = HEIGHTS[Math.max(0, Math.min(HEIGHTS.length - 1, at))] ?? "half";
    };
    this.#handle.addEventListener("pointerdown", (event) => {
      [from, swiped] = [event.clientY, false];
      this.#handle.setPointerCapture(event.pointerId);
    });
    this.#handle.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(event.clientY - from) < 30) return;
      step(event.clientY < from ? 1 : -1);
      [from, swiped] = [null, true];
    });
    this.#handle.addEventListener("pointerup", () => (from = null));
    this.#handle.addEventListener("click", () => {
      if (swiped) return;
      this.height = HEIGHTS[(HEIGHTS.indexOf(this.height) + 1) % HEIGHTS.length] ?? "half";
    });
  }
}
