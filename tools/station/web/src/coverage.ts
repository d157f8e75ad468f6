// How much ground was searched: frames overlap, so that their areas cannot be added up. The ground is laid out in cells of 10 m, and
// each is counted once whose centre some frame shows.

import type { MultiPolygon, Position } from "geojson";
import type { Outline } from "./model.ts";

/** Side of a cell in metres. */
const CELL_M = 10;
/** Metres in a degree of latitude, near enough for the size of a cell. */
const DEGREE_M = 111_320;
/** Degrees of latitude from one row of cells to the next. */
const ROW = CELL_M / DEGREE_M;
/** Cells that one outline may have: a frame from 5 km above ground has a third of it. */
const MAX_CELLS = 1_000_000;

/** The ground that frames have shown. */
export class Coverage {
  readonly #cells = new Map<number, Set<number>>();
  #areaM2 = 0;

  /** Square metres, each counted once. */
  get areaM2(): number {
    return this.#areaM2;
  }

  clear(): void {
    this.#cells.clear();
    this.#areaM2 = 0;
  }

  /** Adds what a frame showed. */
  add(outline: Outline): void {
    const parts = outline.type === "Polygon" ? [outline.coordinates] : outline.coordinates;
    for (const [ring] of parts) if (ring !== undefined) this.#addRing(ring);
  }

  /** The ground, in rectangles that do not overlap: neighbouring cells of a row each. */
  outline(): MultiPolygon {
    const rectangles: Position[][][] = [];
    for (const [row, cells] of this.#cells) {
      const columns = [...cells].sort((a, b) => a - b);
      let first = 0;
      columns.forEach((column, n) => {
        if (columns[n + 1] === column + 1) return;
        rectangles.push([rectangle(row, columns[first] ?? column, column + 1)]);
        first = n + 1;
      });
    }
    return { type: "MultiPolygon", coordinates: rectangles };
  }

  #addRing(ring: readonly Position[]): void {
    const latitudes = ring.map((p) => p[1] ?? 0);
    const [from, to] = [Math.min(...latitudes), Math.max(...latitudes)].map((y) => Math.floor(y / ROW));
    let budget = MAX_CELLS;
    for (let row = from ?? 0; row <= (to ?? -1) && budget > 0; row++, budget--) {
      const width = columnWidth(row);
      const crossings = crossingsAt(ring, (row + 0.5) * ROW);
      for (let n = 0; n + 1 < crossings.length; n += 2) {
        const first = Math.ceil((crossings[n] ?? 0) / width - 0.5);
        const last = Math.min(Math.ceil((crossings[n + 1] ?? 0) / width - 0.5), first + budget);
        budget -= last - first;
        for (let column = first; column < last; column++) this.#addCell(row, column);
      }
    }
  }

  #addCell(row: number, column: number): void {
    let columns = this.#cells.get(row);
    if (columns === undefined) this.#cells.set(row, (columns = new Set()));
    const before = columns.size;
    columns.add(column);
    if (columns.size > before) this.#areaM2 += CELL_M * CELL_M;
  }
}

/** Degrees of longitude from one column of a row to the next. */
function columnWidth(row: number): number {
  return ROW / Math.max(Math.cos(((row + 0.5) * ROW * Math.PI) / 180), 1e-3);
}

/** The ring around the cells of `row` from column `first` to before `end`. */
function rectangle(row: number, first: number, end: number): Position[] {
  const [west, east] = [first * columnWidth(row), end * columnWidth(row)];
  const [south, north] = [row * ROW, (row + 1) * ROW];
  return [[west, south], [east, south], [east, north], [west, north], [west, south]];
}

/** Longitudes at which `ring` crosses `latitude`, from west to east. */
function crossingsAt(ring: readonly Position[], latitude: number): number[] {
  const found: number[] = [];
  for (let n = 0; n + 1 < ring.length; n++) {
    const [ax = 0, ay = 0] = ring[n] ?? [];
    const [bx = 0, by = 0] = ring[n + 1] ?? [];
    if (ay <= latitude !== by <= latitude) found.push(ax + ((latitude - ay) / (by - ay)) * (bx - ax));
  }
  return found.sort((a, b) => a - b);
}
