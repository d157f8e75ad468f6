// What is said aloud by screen readers and shown for a while to everyone else.

import { byId, el, icon } from "../dom.ts";
import { sorted } from "../filter.ts";
import { stated } from "../confidence.ts";
import { area, count } from "../format.ts";
import type { Landslide } from "../model.ts";

const SHOWN_MS = 12_000;
const MOST = 2;

/** Says `text`; where `onShow` is given, a button leads to what it is about. */
export function announce(text: string, onShow?: () => void): void {
  // The same text again is said again only as a new node.
  byId("announcer").replaceChildren(el("p", {}, text));
  const toasts = byId("toasts");
  const toast = el("div", { class: "toast" }, el("p", {}, text));
  const close = () => toast.remove();
  if (onShow !== undefined) {
    const show = () => {
      onShow();
      close();
    };
    toast.append(el("button", { type: "button", onclick: show }, "Show"));
  }
  toast.append(el("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: close }, icon("close")));
  toasts.append(toast);
  while (toasts.children.length > MOST) toasts.firstElementChild?.remove();
  window.setTimeout(close, SHOWN_MS);
}

/** Announces those of `appeared` that have at least `fromM2`, in one sentence; `onShow` leads to the largest. */
export function announceNew(appeared: readonly Landslide[], fromM2: number, onShow: (key: string) => void): void {
  const large = sorted(appeared.filter(({ areaM2 }) => areaM2 >= fromM2), "largest", null);
  const [largest] = large;
  if (largest === undefined) return;
  const what = `${largest.name}, ${area(largest.areaM2)}, confidence ${stated(largest.confidence)}`;
  const text = large.length === 1 ? `New landslide ${what}` : `${count(large.length)} new landslides; the largest is ${what}`;
  announce(text, () => onShow(largest.key));
}
