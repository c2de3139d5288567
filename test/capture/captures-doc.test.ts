// docs/captures.md says what the tests hold: its tables are those of the tests, the tests that it names
// are there, its numbers are those of the code.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LONGEST_RECORD_BYTES } from "../../src/capture/octet-window.ts";
import { EXPANSION_ALLOWANCE_BYTES } from "../../src/capture/decompression.ts";
import { DEFAULT_MAX_EXPANSION } from "../../src/capture/open-capture.ts";
import { MOST_WARNINGS_PER_FILE } from "../../src/capture/damage-log.ts";
import { MOST_INTERFACES } from "../../src/capture/pcapng-reader.ts";
import { LONGEST_ORIGINAL_BYTES } from "../../src/capture/record-reader.ts";
import { DEFAULT_FRAGMENT_LIMITS } from "../../src/decode/network/fragment-table.ts";
import { LINK_TYPES } from "../../src/decode/link/link-types.ts";
import { MAX_NESTING } from "../../src/decode/walk.ts";
import { CELLS } from "../decode/cells.ts";
import { withCapturesTables } from "./captures-doc-tables.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = join(ROOT, "docs/captures.md");
if (process.env["TCPX_WRITE_DOCS"] !== undefined) {
  writeFileSync(PATH, withCapturesTables(readFileSync(PATH, "utf8")));
}
const DOCUMENT = readFileSync(PATH, "utf8");
const TESTS = [...DOCUMENT.matchAll(/`(test\/[^`]+?\.ts)`(?:, "([^"]+)")?/g)];

describe("docs/captures.md", () => {
  it("has the tables of the tests (TCPX_WRITE_DOCS=1 writes them)", () => {
    expect(withCapturesTables(DOCUMENT)).toBe(DOCUMENT);
    expect(DOCUMENT.match(/<!-- table: /g)).toHaveLength(4);
  });

  it("has a test for every link type that the decoder reads", () => {
    const tested = new Set(CELLS.map(({ linkType }) => linkType));
    expect([...LINK_TYPES.keys()].filter((linkType) => !tested.has(linkType))).toEqual([]);
  });

  it.each(TESTS.map(([, path, name]) => ({ path: path!, name: name ?? "" })))(
    "names a test that is there: $path $name",
    ({ path, name }) => {
      expect(existsSync(join(ROOT, path))).toBe(true);
      expect(readFileSync(join(ROOT, path), "utf8")).toContain(name);
    },
  );

  it("names tests", () => expect(TESTS.length).toBeGreaterThan(20));

  it.each([
    ["nesting", `${MAX_NESTING} layers`],
    ["record", `${LONGEST_RECORD_BYTES / 2 ** 20} MiB`],
    ["original length", `${LONGEST_ORIGINAL_BYTES / 2 ** 20} MiB`],
    ["expansion", `${DEFAULT_MAX_EXPANSION} octets`],
    ["expansion's allowance", `${EXPANSION_ALLOWANCE_BYTES / 2 ** 20} MiB`],
    ["interfaces", `${MOST_INTERFACES} interfaces`],
    ["warnings", `${MOST_WARNINGS_PER_FILE} warnings`],
    ["datagrams", `${DEFAULT_FRAGMENT_LIMITS.datagrams} datagrams`],
    ["octets of fragments", `${DEFAULT_FRAGMENT_LIMITS.bytes / 2 ** 20} MiB of fragments`],
    ["fragments' time", `${DEFAULT_FRAGMENT_LIMITS.timeoutSeconds} seconds`],
  ])("says the limit: %s", (_name, text) => expect(DOCUMENT).toContain(text));
});
