import { describe, expect, test } from "vitest";
import { judge } from "../../../bench/harness/judge.js";
import { ROWS } from "../../../bench/harness/rows.js";
import { SIZES } from "../../../bench/harness/sizes.js";

const contestant = (label: string, seconds: number[], rest: object = {}) => ({
  label,
  seconds,
  check: "ok",
  peakBytes: 100,
  capture: { manifest: { packets: 1000 } },
  ...rest,
});
const tcpx = contestant("tcpx", [1, 2, 3]);
const cp = contestant("cp", [2, 4, 6]);

const cases: [
  what: string,
  goal: object,
  contestants: object[],
  found: number | null,
  met: unknown,
][] = [
  [
    "a ratio within its bound",
    { goal: "ratio", of: "tcpx", against: "cp", most: 0.5 },
    [tcpx, cp],
    0.5,
    true,
  ],
  [
    "a ratio beyond",
    { goal: "ratio", of: "tcpx", against: "cp", most: 0.4 },
    [tcpx, cp],
    0.5,
    false,
  ],
  [
    "a ratio without a goal",
    { goal: "ratio", of: "tcpx", against: "cp", most: null },
    [tcpx, cp],
    0.5,
    null,
  ],
  ["a rate", { goal: "rate", of: "tcpx", least: 500 }, [tcpx], 500, true],
  ["a rate too low", { goal: "rate", of: "tcpx", least: 501 }, [tcpx], 500, false],
  ["memory", { goal: "memory", of: "tcpx", most: 99 }, [tcpx], 100, false],
  [
    "memory nobody could read",
    { goal: "memory", of: "cp", most: 99 },
    [contestant("cp", [1], { peakBytes: null })],
    null,
    null,
  ],
  [
    "time a packet of captures of different length",
    { goal: "perPacket", of: "tcpx", against: "cp", most: 2 },
    [tcpx, contestant("cp", [2, 4, 6], { capture: { manifest: { packets: 500 } } })],
    0.25,
    true,
  ],
  [
    "a program that is not there",
    { goal: "ratio", of: "tcpx", against: "cp", most: 1 },
    [tcpx, contestant("cp", [])],
    null,
    null,
  ],
  [
    "a fast program with a wrong result",
    { goal: "ratio", of: "tcpx", against: "cp", most: 1 },
    [{ ...tcpx, check: "packets: 1, expected 2" }, cp],
    0.5,
    false,
  ],
];

test.each(cases)("%s", (_what, goal, contestants, found, met) => {
  expect(judge(goal, contestants)).toMatchObject({ found, met });
});

describe("the table of rows", () => {
  test.each(ROWS.map((row) => [row.name, row] as const))(
    "%s names only what there is",
    (_name, row) => {
      const labels = row.contestants.map((entry) => entry.label);
      expect(new Set(labels).size).toBe(labels.length);
      for (const goal of row.goals) {
        expect(labels).toContain(goal.of);
        if ("against" in goal) expect(labels).toContain(goal.against);
      }
      for (const { capture } of row.contestants) {
        if (capture === null) continue;
        expect(Object.keys(SIZES.small)).toContain(capture);
        expect(Object.keys(SIZES.full)).toContain(capture);
      }
    },
  );
});
