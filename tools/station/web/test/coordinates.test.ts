import assert from "node:assert/strict";
import { test } from "node:test";
import { decimal, dms, parsePlace } from "../src/coordinates.ts";

test("a place is told latitude first, in decimals and in degrees, minutes and seconds", () => {
  assert.equal(decimal([7.951234, 46.532109]), "46.532109, 7.951234");
  assert.equal(dms([7.951234, 46.532109]), "46°31′55.6″N 7°57′04.4″E");
  assert.equal(dms([-70.5, -33.25]), "33°15′00.0″S 70°30′00.0″W");
});

test("seconds that round up to a minute become one", () => {
  assert.equal(dms([0, 46 + 59.999 / 3600]), "46°01′00.0″N 0°00′00.0″E");
});

test("what is told is understood again, within what it was rounded by", () => {
  for (const place of [[7.951234, 46.532109], [-70.123456, -33.654321], [0, 0], [179.999999, -89.5]]) {
    for (const [write, error] of [[decimal, 5e-7], [dms, 0.06 / 3600]] as const) {
      const [x = NaN, y = NaN] = parsePlace(write(place)) ?? [];
      assert.ok(Math.abs(x - (place[0] ?? 0)) <= error && Math.abs(y - (place[1] ?? 0)) <= error, write(place));
    }
  }
});

test("coordinates are understood as people write them", () => {
  const expected = [7.5, 46.25];
  for (const text of ["46.25 7.5", "46.25, 7.5", "46.25,7.5", "46,25 7,5", "N46.25 E7.5", "7.5E 46.25N", "46°15'N 7°30'E", "46 15 00 7 30 00"]) {
    assert.deepEqual(parsePlace(text), expected, text);
  }
  assert.deepEqual(parsePlace("-33.5, -70.25"), [-70.25, -33.5]);
  assert.deepEqual(parsePlace("−33.5 70.25"), [70.25, -33.5]);
});

test("what is no place is none", () => {
  for (const text of ["", "here", "46.25", "91 7", "46 181", "46.25 7.5 3", "46.25N 7.5N", "-46.25N 7.5E", "46 60 00 7 30 00", "46,25"]) {
    // One comma alone parts latitude and longitude.
    if (text === "46,25") assert.deepEqual(parsePlace(text), [25, 46]);
    else assert.equal(parsePlace(text), null, text);
  }
});
