import { expect, test } from "vitest";
import { formatContestant, formatFinding, formatRow } from "../../../bench/harness/report-text.js";

const finding = {
  goal: "ratio",
  of: "tcpx",
  against: "cp",
  asked: 1,
  found: 0.934,
  met: true,
  fullSizeOnly: true,
};

test("a goal stated for the full size is only indicated at another", () => {
  expect(formatFinding(finding, "full")).toMatch(/tcpx \/ cp +0\.93 x +goal at most 1\.00 x +met$/);
  expect(formatFinding(finding, "small")).toMatch(/met \(indicative: stated for --size full\)$/);
  expect(formatFinding({ ...finding, met: false }, "full")).toMatch(/NOT MET$/);
});

test("what was not measured is said, and what has no goal has none", () => {
  expect(formatFinding({ ...finding, found: null, met: null }, "full")).toMatch(
    /- +goal at most 1\.00 x +not measured$/,
  );
  expect(formatFinding({ ...finding, asked: null, met: null }, "full")).toMatch(/0\.93 x$/);
});

test.each([
  [
    { ...finding, goal: "memory", asked: 150e6, found: 73.4e6 },
    /tcpx: peak memory +73 MB +goal at most 150 MB/,
  ],
  [
    { ...finding, goal: "rate", asked: 3e6, found: 3.2e6 },
    /tcpx: rate +3\.20 M packets\/s +goal at least 3\.00 M/,
  ],
  [{ ...finding, goal: "perPacket" }, /tcpx \/ cp, a packet +0\.93 x/],
])("units of %j", (measured, expected) => {
  expect(formatFinding(measured, "full")).toMatch(expected);
});

test("a contestant's line has its time, spread and memory, or why it has none", () => {
  const cp = { label: "cp", seconds: [0.4, 0.5, 0.6], peakBytes: 2e6, check: "ok" };
  expect(formatContestant(cp)).toMatch(/cp +0\.500 s +\+-20 % +2 MB$/);
  expect(formatContestant({ ...cp, check: "octets: 1, expected 2" })).toMatch(
    /WRONG: octets: 1, expected 2$/,
  );
  expect(formatContestant({ ...cp, absent: "not installed" })).toBe("  cp: not installed");
});

test("a skipped row says why", () => {
  const row = {
    title: "t",
    name: "n",
    captures: [],
    contestants: [],
    findings: [],
    skipped: "no --script",
  };
  expect(formatRow(row, "small")).toBe("t (n)\n  skipped: no --script\n");
});
