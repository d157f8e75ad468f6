import assert from "node:assert/strict";
import { test } from "node:test";
import { CLASSES, confidenceClass } from "../src/confidence.ts";
import * as format from "../src/format.ts";

test("areas have three digits, in the unit that suits", () => {
  const cases: [number, string][] = [[0, "0 m²"], [123.4, "123 m²"], [9_994, "9,990 m²"], [9_996, "1 ha"], [52_300, "5.23 ha"], [999_600, "1 km²"], [1_234_567, "1.23 km²"]];
  for (const [m2, told] of cases) assert.equal(format.area(m2), told);
});

test("distances and bearings", () => {
  const cases: [number, string][] = [[4.25, "4.3 m"], [842.4, "842 m"], [999.6, "1 km"], [12_345, "12.3 km"]];
  for (const [m, told] of cases) assert.equal(format.distance(m), told);
  assert.deepEqual([0, 7.4, 359.6].map(format.bearing), ["000°", "007°", "000°"]);
});

test("ages are in one unit, and what is long ago is told by its day", () => {
  const now = Date.parse("2026-06-01T12:00:00Z");
  assert.deepEqual([0, 59_000, 61_000, 3_700_000].map(format.age), ["0 s", "59 s", "1 min", "1 h"]);
  assert.equal(format.when(now - 90_000, now), "1 min ago");
  assert.equal(format.when(now - 60 * 3_600_000, now), "2026-05-30");
  // A device whose clock is behind.
  assert.equal(format.when(now + 5_000, now), "0 s ago");
});

test("a class of confidence is that of the number which is shown", () => {
  assert.deepEqual([0, 0.494, 0.496, 0.7, 0.85, 1].map((c) => CLASSES.indexOf(confidenceClass(c))), [0, 0, 1, 2, 3, 3]);
});

test("each class is darker than the one before, so that it can be told without seeing colours", () => {
  const luminance = (colour: string) =>
    [1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2).reduce((sum, c, n) => sum + c * ([0.2126, 0.7152, 0.0722][n] ?? 0), 0);
  const all = CLASSES.map(({ colour }) => luminance(colour));
  for (let n = 1; n < all.length; n++) assert.ok((all[n] ?? 1) < 0.7 * (all[n - 1] ?? 0), `${all}`);
  for (const { colour, ink } of CLASSES) {
    const [light, dark] = [luminance(colour), luminance(ink)].sort((a, b) => b - a) as [number, number];
    assert.ok((light + 0.05) / (dark + 0.05) >= 4.5, `${ink} on ${colour} cannot be read`);
  }
});
