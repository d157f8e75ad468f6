// Making elements. Text from the station is only ever set as text, never as HTML.

type Child = Node | string | null;

interface Attributes {
  [name: string]: string | boolean | ((event: Event) => void) | undefined;
}

/** An element with attributes (`true` for a bare one, `on…` for a listener) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of the page's HTML with this `id`. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** Sets the text of `element` where it differs, so that a screen reader is not told the same again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A drawing of the page's own set, which screen readers pass over. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Calls `work` soon, and once for all calls until then; at most every `intervalMs`, and first after `firstMs`. */
export function throttled(work: () => void, intervalMs: number, firstMs = 0): () => void {
  let timer = 0;
  let last = firstMs - intervalMs;
  return () => {
    if (timer !== 0) return;
    timer = window.setTimeout(
      () => {
        timer = 0;
        last = performance.now();
        work();
      },
      Math.max(0, last + intervalMs - performance.now()),
    );
  };
}
