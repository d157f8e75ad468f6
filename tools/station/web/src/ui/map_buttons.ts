// The buttons that lie on the map.

import { el, icon } from "../dom.ts";
import type { Tool } from "./tools.ts";

/** What the buttons do. */
export interface Actions {
  use(tool: Tool): void;
  showAll(): void;
  zoom(step: 1 | -1): void;
}

/** Puts the buttons into `box`. Returns those of the tools, which show whether theirs is in use. */
export function addMapButtons(box: HTMLElement, actions: Actions): Map<Tool, HTMLElement> {
  const button = (picture: string, label: string, onclick: () => void) => {
    const made = el("button", { type: "button", "aria-label": label, title: label, onclick }, icon(picture));
    box.append(made);
    return made;
  };
  const nearest = button("nearest", "Nearest landslide", () => actions.use("nearest"));
  const measure = button("measure", "Measure", () => actions.use("measure"));
  button("all", "Show all", () => actions.showAll());
  button("plus", "Zoom in", () => actions.zoom(1));
  button("minus", "Zoom out", () => actions.zoom(-1));
  return new Map([["nearest", nearest], ["measure", measure]]);
}
