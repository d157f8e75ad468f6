import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../src/model.ts";
import { Surveys } from "../src/survey.ts";

const SURVEY = "5ca29000-0000-0000-0000-000000000000";

function feature(id: string, version: number, area = 100) {
  return {
    type: "Feature",
    id,
    geometry: { type: "Polygon", coordinates: [[[7, 46], [7.002, 46], [7.002, 46.001], [7, 46.001], [7, 46]]] },
    properties: { name: "L-01", survey: SURVEY, run: "r", version, area_m2: area, confidence: 0.8, ce90_m: 3, observations: 2, first_seen: null, last_seen: "2026-06-01T12:00:00.000Z" },
  };
}

function change(told: { landslides?: unknown[]; withdrawn?: unknown[]; frames?: unknown[]; flights?: unknown[] }) {
  return model.change({ landslides: [], withdrawn: [], frames: [], flights: [], ...told });
}

function withdrawn(id: string, version: number) {
  return { survey: SURVEY, id, version };
}

const standing = (surveys: Surveys) => [...surveys.landslides.values()].map(({ id, version }) => `${id}${version}`);

test("a landslide appears, changes and is withdrawn", () => {
  const surveys = new Surveys();
  assert.equal(surveys.apply(change({ landslides: [feature("a", 1)] })).appeared.length, 1);
  const changed = surveys.apply(change({ landslides: [feature("a", 2)] }));
  assert.deepEqual([changed.put.length, changed.appeared.length], [1, 0]);
  assert.deepEqual(surveys.apply(change({ withdrawn: [withdrawn("a", 3)] })).gone, [`${SURVEY}/a`]);
  assert.deepEqual(standing(surveys), []);
});

test("a version never goes back, in whatever order things come", () => {
  const surveys = new Surveys();
  surveys.apply(change({ landslides: [feature("a", 3)] }));
  assert.equal(surveys.apply(change({ landslides: [feature("a", 2)] })).put.length, 0);
  assert.equal(surveys.apply(change({ withdrawn: [withdrawn("a", 2)] })).gone.length, 0);
  assert.deepEqual(standing(surveys), ["a3"]);
  surveys.apply(change({ withdrawn: [withdrawn("b", 5)] }));
  assert.equal(surveys.apply(change({ landslides: [feature("b", 4)] })).put.length, 0);
  surveys.apply(change({ landslides: [feature("b", 6)] }));
  assert.deepEqual(standing(surveys), ["a3", "b6"]);
});

test("what a snapshot held already is not told as new when its event comes", () => {
  const surveys = new Surveys();
  const snapshot = { landslides: model.landslides({ features: [feature("a", 2)] }), frames: [], flights: [] };
  surveys.replace(snapshot);
  const told = surveys.apply(change({ landslides: [feature("a", 1), feature("a", 2)] }));
  assert.deepEqual([told.put, told.appeared], [[], []]);
});

test("a landslide that comes and goes in one change was never there", () => {
  const surveys = new Surveys();
  const told = surveys.apply(change({ landslides: [feature("a", 1)], withdrawn: [withdrawn("a", 2)] }));
  assert.deepEqual([told.put, told.appeared, standing(surveys)], [[], [], []]);
});

test("the centre of an outline is its centre of area, of the largest part", () => {
  const [landslide] = model.landslides({ features: [feature("a", 1)] });
  const [x = 0, y = 0] = landslide?.centre ?? [];
  assert.ok(Math.abs(x - 7.001) < 1e-9 && Math.abs(y - 46.0005) < 1e-9);
  const square = (at: number, side: number) => [[[at, 0], [at + side, 0], [at + side, side], [at, side], [at, 0]]];
  assert.deepEqual(model.centre({ type: "MultiPolygon", coordinates: [square(10, 1), square(20, 2)] }), [21, 1]);
});

test("an answer that is none of a station's is refused by what is wrong with it", () => {
  const unplaced = { geometry: null, properties: { survey: "s", run: "r", sequence: 1, name: "a.jpg", untagged: "no fix" } };
  assert.equal(model.frames({ features: [unplaced] })[0]?.untagged, "no fix");
  const cases: [unknown, RegExp][] = [
    [null, /no object/],
    [{ features: 1 }, /no list/],
    [{ features: [{ ...feature("a", 1), id: 7 }] }, /id is no text/],
    [{ features: [{ ...feature("a", 1), geometry: { type: "Point", coordinates: [0, 0] } }] }, /Point is no outline/],
  ];
  for (const [answer, reason] of cases) {
    assert.throws(() => model.landslides(answer), (e) => e instanceof model.UnknownAnswer && reason.test(e.message));
  }
});
