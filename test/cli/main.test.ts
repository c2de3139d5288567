import { expect, it } from "vitest";
import { isNodeTooOld } from "../../src/cli/main.ts";

it.each([
  ["18.20.8", true],
  ["20.9.0", true],
  ["20.18.3", true],
  ["20.19.0", false],
  ["20.20.2", false],
  ["22.1.0", false],
  ["24.0.0-nightly", false],
])("Node %s is too old: %s", (version, isTooOld) => {
  expect(isNodeTooOld(version)).toBe(isTooOld);
});
