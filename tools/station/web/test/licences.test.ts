import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { packages } from "../licences.ts";

test("every package has a licence that the project allows", () => {
  const deny = readFileSync("../../../deny.toml", "utf8");
  const allowed = new Set([...(/\nallow = \[(.*?)\n\]/s.exec(deny)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name));
  assert.ok(allowed.has("MIT") && allowed.has("BSD-3-Clause"));
  for (const [folder, { license = "none" }] of packages()) {
    // One of several suffices.
    const choices = license.replace(/[()]/g, "").split(" OR ");
    assert.ok(choices.some((choice) => allowed.has(choice)), `${folder}: ${license}`);
  }
});
