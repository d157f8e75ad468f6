import assert from "node:assert/strict";
import { test } from "node:test";
import type { Position } from "geojson";
import { backoffMs } from "../src/backoff.ts";
import { Coverage } from "../src/coverage.ts";
import { EVERYTHING, largestWithin, matches, sorted } from "../src/filter.ts";
import { areaM2, circle, compassPoint, lengthM, placeAt, way } from "../src/geodesy.ts";
import { graticule } from "../src/map/graticule.ts";
import type { Landslide, Outline } from "../src/model.ts";
import { approach } from "../src/nearest.ts";

/** A square of `sideM` metres whose south-west corner is `at`. */
function square(at: Position, sideM: number): Position[] {
  const east = placeAt(at, 90, sideM);
  return [at, east, placeAt(east, 0, sideM), placeAt(at, 0, sideM), at];
}

function outline(at: Position, sideM: number): Outline {
  return { type: "Polygon", coordinates: [square(at, sideM)] };
}

function landslide(key: string, about: Partial<Landslide>): Landslide {
  const nothing = { raw: null, id: key, name: key, survey: "", run: "", version: 1, cutOff: false, outline: null, centre: null, ce90M: 1, observations: 1, firstSeen: null };
  return { ...nothing, key, areaM2: 1, confidence: 0.5, lastSeen: null, ...about };
}

test("distances and bearings are those on the ellipsoid", () => {
  // A degree of the meridian at 45 degrees is 111,132 m (WGS 84).
  const north = way([7, 44.5], [7, 45.5]);
  assert.ok(Math.abs(north.distanceM - 111_132) < 2 && north.bearing === 0);
  assert.ok(Math.abs(way([7, 46], [6.9, 46]).bearing - 270) < 0.1);
  assert.ok(Math.abs(lengthM(square([7, 46], 50)) - 200) < 0.01);
  assert.ok(Math.abs(areaM2(square([7, 46], 50)) - 2500) < 0.5);
  for (const corner of circle([7, 46], 30)) assert.ok(Math.abs(way([7, 46], corner).distanceM - 30) < 1e-6);
  assert.deepEqual([0, 44, 180, 350].map(compassPoint), ["N", "NE", "S", "N"]);
});

test("the largest within view are named", () => {
  const at = (key: string, areaM2: number, centre: Position) => landslide(key, { areaM2, centre });
  const all = [at("a", 1, [7, 46]), at("b", 3, [7.1, 46]), at("c", 2, [7.2, 46]), at("far", 9, [8, 46]), landslide("nowhere", {})];
  assert.deepEqual(largestWithin(all, [6.9, 45.9, 7.3, 46.1], 2).map(({ key }) => key), ["b", "c"]);
});

test("ground that several frames show is counted once", () => {
  const coverage = new Coverage();
  coverage.add(outline([7, 46], 500));
  const alone = coverage.areaM2;
  assert.ok(Math.abs(alone / 250_000 - 1) < 0.03, `${alone}`);
  coverage.add(outline([7, 46], 500));
  assert.equal(coverage.areaM2, alone);
  coverage.add(outline(placeAt([7, 46], 90, 250), 500));
  assert.ok(Math.abs(coverage.areaM2 / 375_000 - 1) < 0.03, `${coverage.areaM2}`);
});

test("searched ground is drawn in parts that do not overlap, and are as large together as it is", () => {
  const coverage = new Coverage();
  for (const shift of [0, 200, 700]) coverage.add(outline(placeAt([7, 46], 70, shift), 300));
  const parts = coverage.outline().coordinates;
  const sum = parts.reduce((sum, [ring = []]) => sum + areaM2(ring.slice(0, -1)), 0);
  assert.ok(parts.length > 60 && Math.abs(sum / coverage.areaM2 - 1) < 0.01, `${sum} of ${coverage.areaM2}`);
});

test("an outline as large as the world ends all the same", () => {
  const coverage = new Coverage();
  coverage.add({ type: "Polygon", coordinates: [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]] });
  assert.ok(coverage.areaM2 <= 100_000_000);
});

test("filters let through what has the size, the confidence and the time, or no time", () => {
  const now = 1_000_000_000;
  const one = landslide("a", { areaM2: 500, confidence: 0.7, lastSeen: now - 10 * 60_000 });
  assert.ok(matches(one, EVERYTHING, now));
  assert.ok(matches(one, { minAreaM2: 500, minConfidence: 0.7, withinMin: 10 }, now));
  for (const filter of [{ minAreaM2: 501 }, { minConfidence: 0.71 }, { withinMin: 9 }]) {
    assert.ok(!matches(one, { ...EVERYTHING, ...filter }, now), JSON.stringify(filter));
  }
  assert.ok(matches(landslide("b", {}), { ...EVERYTHING, withinMin: 1 }, now));
});

test("the list goes by size, confidence, time, and distance from a place", () => {
  const all = [
    landslide("near", { areaM2: 1, confidence: 0.2, lastSeen: 3, outline: outline([7, 46], 10) }),
    landslide("big", { areaM2: 9, confidence: 0.5, lastSeen: 1, outline: outline([7.2, 46], 10) }),
    landslide("sure", { areaM2: 5, confidence: 0.9, lastSeen: 2, outline: outline([7.1, 46], 10) }),
    landslide("nowhere", { areaM2: 0, confidence: 0, lastSeen: null }),
  ];
  const order = (by: Parameters<typeof sorted>[1], place: Position | null) => sorted(all, by, place).map(({ key }) => key);
  assert.deepEqual(order("largest", null), ["big", "sure", "near", "nowhere"]);
  assert.deepEqual(order("surest", null), ["sure", "big", "near", "nowhere"]);
  assert.deepEqual(order("newest", null), ["near", "sure", "big", "nowhere"]);
  assert.deepEqual(order("nearest", [7, 46]), ["near", "sure", "big", "nowhere"]);
  assert.deepEqual(order("nearest", null), order("largest", null));
});

test("a landslide is as far as the nearest place of its outline, and not at all from within", () => {
  const slide = landslide("a", { outline: outline([7, 46], 100) });
  const far = approach(placeAt(placeAt([7, 46], 0, 50), 270, 300), slide);
  assert.ok(far && Math.abs(far.distanceM - 300) < 0.5 && Math.abs(far.bearing - 90) < 0.2 && !far.isWithin);
  const within = approach(placeAt([7, 46], 45, 70), slide);
  assert.deepEqual([within?.distanceM, within?.isWithin], [0, true]);
  const [ring, hole] = [square([7, 46], 100), square(placeAt([7, 46], 45, 35), 50)];
  const holed = landslide("b", { outline: { type: "Polygon", coordinates: [ring, hole] } });
  const inHole = approach(placeAt([7, 46], 45, 70), holed);
  assert.ok(inHole && !inHole.isWithin && Math.abs(inHole.distanceM - 25) < 1, `${inHole?.distanceM}`);
  assert.equal(approach([7, 46], landslide("c", {})), null);
});

test("the net has a handful of lines at any zoom, on round numbers, named by hemisphere", () => {
  for (const span of [300, 20, 1, 0.02, 0.002]) {
    const lines = graticule([7.01, 46.01, 7.01 + span, Math.min(46.01 + span, 85)]);
    assert.ok(lines.length >= 4 && lines.length <= 24, `${lines.length} lines for ${span} degrees`);
  }
  const labels = graticule([-0.2, -0.2, 0.2, 0.2]).map(({ properties }) => properties.label);
  assert.ok(["0°", "0°10′N", "0°10′S", "0°10′E", "0°10′W"].every((label) => labels.includes(label)), `${labels}`);
});

test("tries come at longer and longer intervals, up to ten seconds, and not all at once", () => {
  assert.deepEqual([1, 2, 3, 100].map((n) => backoffMs(n, 1)), [500, 1000, 2000, 10_000]);
  assert.equal(backoffMs(100, 0), 5000);
});
