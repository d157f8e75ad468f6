// The map's layers, from the ground up. Nothing here is fetched: names are drawn with the device's own fonts.

import type { ExpressionSpecification, FilterSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import { CLASSES } from "../confidence.ts";
import { EVERYTHING, earliest, type Filter } from "../filter.ts";

export const INK = "#14181c";
export const MARK = "#0047c2";
const PAPER = "#fdfcf8";
const CASING = "#ffffff";
/** The name under which the pattern of unsearched ground is drawn. */
export const UNSEARCHED = "unsearched";
/** An outline of fewer pixels across is too small to see or touch: a point stands in its place. */
const SMALLEST_PX = 16;
/** Metres to a pixel at zoom 0, on the equator; less elsewhere, where outlines look larger. */
const METRES_PER_PIXEL = 40_075_017 / 512;

export const SOURCES = ["footprints", "coverage", "graticule", "tracks", "landslides", "centres", "labels", "selection", "sketch"] as const;
export type SourceName = (typeof SOURCES)[number];

const COLOUR: ExpressionSpecification = [
  "step",
  // As it is shown, in whole per cent.
  ["/", ["round", ["*", ["get", "confidence"], 100]], 100],
  CLASSES[0]?.colour ?? INK,
  ...CLASSES.slice(1).flatMap(({ from, colour }) => [from, colour]),
] as unknown as ExpressionSpecification;

const FONT = ["sans-serif"];
// Where a device lacks this family, its own sans serif in the same weight takes its place.
const FONT_BOLD = ["Noto Sans Bold"];
const HALO = { "text-halo-color": CASING, "text-halo-width": 2 } as const;

/** Larger landslides have larger points, so that area can be told by eye from far above. */
const POINT_RADIUS: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 9, radius(2.5, 3, 7), 13, radius(5, 7, 14)];

/** Pixels of landslides of 10, 1,000 and 100,000 square metres. */
function radius(small: number, middle: number, large: number): ExpressionSpecification {
  return ["interpolate", ["linear"], ["log10", ["max", ["get", "area"], 1]], 1, small, 3, middle, 5, large];
}

/** Square metres below which an outline is too small at the zoom. */
const TOO_SMALL_M2 = [
  "step",
  ["zoom"],
  (SMALLEST_PX * METRES_PER_PIXEL) ** 2,
  ...Array.from({ length: 22 }, (_, n) => n + 1).flatMap((zoom) => [zoom, ((SMALLEST_PX * METRES_PER_PIXEL) / 2 ** zoom) ** 2]),
] as unknown as ExpressionSpecification;
/** Landslides whose outline can be seen, and those that are points: a hundred thousand outlines of a pixel each would drown a phone. */
const AS_OUTLINE: ExpressionSpecification = [">=", ["get", "area"], TOO_SMALL_M2];
const AS_POINT: ExpressionSpecification = ["<", ["get", "area"], TOO_SMALL_M2];

const LAYERS: LayerSpecification[] = [
  { id: "unsearched", type: "background", paint: { "background-pattern": UNSEARCHED } },
  {
    // Opaque, so that ground which many frames show looks like any other.
    id: "searched",
    type: "fill",
    source: "footprints",
    paint: { "fill-color": PAPER, "fill-antialias": false },
  },
  {
    // For a base map, which the above would hide: the same ground without overlaps, through which the pictures can be seen.
    id: "searched-ground",
    type: "fill",
    source: "coverage",
    layout: { visibility: "none" },
    paint: { "fill-color": PAPER, "fill-opacity": 0.4, "fill-antialias": false },
  },
  { id: "graticule", type: "line", source: "graticule", paint: { "line-color": "#7b8794", "line-width": 0.6, "line-opacity": 0.7 } },
  {
    id: "frames",
    type: "line",
    source: "footprints",
    minzoom: 16,
    paint: { "line-color": "#8b96a3", "line-width": 0.5, "line-opacity": ["interpolate", ["linear"], ["zoom"], 16, 0, 17, 0.5] },
  },
  { id: "tracks", type: "line", source: "tracks", paint: { "line-color": "#3a6ea5", "line-width": 1.5, "line-opacity": 0.55 } },
  { id: "landslides", type: "fill", source: "landslides", paint: { "fill-color": COLOUR, "fill-opacity": 0.8 } },
  { id: "landslide-casings", type: "line", source: "landslides", paint: { "line-color": CASING, "line-width": 3.5 } },
  { id: "landslide-outlines", type: "line", source: "landslides", paint: { "line-color": INK, "line-width": 1.5 } },
  {
    id: "centres",
    type: "circle",
    source: "centres",
    layout: { "circle-sort-key": ["get", "area"] },
    paint: {
      "circle-color": COLOUR,
      "circle-radius": POINT_RADIUS,
      "circle-stroke-color": INK,
      "circle-stroke-width": 1.5,
    },
  },
  { id: "selection-fill", type: "fill", source: "selection", filter: ["==", ["get", "kind"], "ce90"], paint: { "fill-color": MARK, "fill-opacity": 0.08 } },
  {
    id: "selection-ce90",
    type: "line",
    source: "selection",
    filter: ["==", ["get", "kind"], "ce90"],
    paint: { "line-color": MARK, "line-width": 2, "line-dasharray": [3, 2] },
  },
  {
    id: "selection-outline",
    type: "line",
    source: "selection",
    filter: ["==", ["get", "kind"], "outline"],
    paint: { "line-color": MARK, "line-width": 4 },
  },
  { id: "sketch-casings", type: "line", source: "sketch", paint: { "line-color": CASING, "line-width": 6 } },
  { id: "sketch-lines", type: "line", source: "sketch", paint: { "line-color": MARK, "line-width": 2.5, "line-dasharray": [2, 1] } },
  {
    id: "sketch-points",
    type: "circle",
    source: "sketch",
    filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-color": CASING, "circle-radius": 5, "circle-stroke-color": MARK, "circle-stroke-width": 3 },
  },
  {
    id: "graticule-labels",
    type: "symbol",
    source: "graticule",
    layout: { "symbol-placement": "line", "text-field": ["get", "label"], "text-font": FONT, "text-size": 11, "symbol-spacing": 500 },
    paint: { "text-color": "#46525e", ...HALO },
  },
  {
    id: "landslide-labels",
    type: "symbol",
    source: "labels",
    layout: {
      "text-field": ["concat", ["get", "name"], "  ", ["get", "percent"]],
      "text-font": FONT_BOLD,
      "text-size": 13,
      "text-variable-anchor": ["left", "right", "top", "bottom"],
      "text-radial-offset": 0.9,
      "text-justify": "auto",
      // The largest are named first where there is no room for all.
      "symbol-sort-key": ["-", ["get", "area"]],
    },
    paint: { "text-color": INK, ...HALO },
  },
  {
    id: "sketch-labels",
    type: "symbol",
    source: "sketch",
    filter: ["has", "label"],
    layout: {
      "text-field": ["get", "label"],
      "text-font": FONT_BOLD,
      "text-size": 13,
      "text-anchor": "bottom",
      "text-offset": [0, -0.8],
      "text-allow-overlap": true,
    },
    paint: { "text-color": MARK, ...HALO },
  },
];

/** Layers that show landslides, each with what it is for. */
const FILTERED = [
  ["landslides", AS_OUTLINE],
  ["landslide-casings", AS_OUTLINE],
  ["landslide-outlines", AS_OUTLINE],
  ["centres", AS_POINT],
] as const;
/** Those of them that can be touched. */
export const TOUCHABLE = ["centres", "landslides"] as const;

/** The style with empty sources, which lets every landslide through. */
export function style(): StyleSpecification {
  const empty = (): SourceSpecification => ({
    type: "geojson",
    data: { type: "FeatureCollection", features: [] },
    promoteId: "key",
    tolerance: 0.2,
  });
  const all = new Map(filters(EVERYTHING, 0));
  const layers = LAYERS.map((layer) => {
    const filter = all.get(layer.id);
    return filter === undefined ? layer : ({ ...layer, filter } as LayerSpecification);
  });
  return { version: 8, sources: Object.fromEntries(SOURCES.map((name) => [name, empty()])), layers };
}

/** What each layer with landslides draws where `filter` is set. */
export function filters(filter: Filter, now: number): [layer: string, FilterSpecification][] {
  const all: ExpressionSpecification[] = [
    [">=", ["get", "area"], filter.minAreaM2],
    [">=", ["get", "confidence"], filter.minConfidence],
  ];
  const since = earliest(filter, now);
  if (since !== null) all.push(["any", ["==", ["get", "seen"], null], [">=", ["get", "seen"], since]]);
  return FILTERED.map(([layer, shape]) => [layer, ["all", shape, ...all]]);
}

/** Diagonal lines on grey: ground that nobody has looked at. `ratio`: the device's pixels for one of the page's. */
export function unsearchedPattern(ratio: number): ImageData {
  const size = 12 * ratio;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [size, size];
  const context = canvas.getContext("2d");
  if (context === null) return new ImageData(size, size);
  context.fillStyle = "#d5dae0";
  context.fillRect(0, 0, size, size);
  context.strokeStyle = "#bcc4cd";
  context.lineWidth = 1.5 * ratio;
  for (const shift of [-size, 0, size]) {
    context.beginPath();
    context.moveTo(shift - ratio, size + ratio);
    context.lineTo(shift + size + ratio, -ratio);
    context.stroke();
  }
  return context.getImageData(0, 0, size, size);
}
