import { describe, expect, it } from "vitest";
import type { RunEnding } from "../../src/cli/exit-code.ts";
import { exitCodeOf, exitCodeOfFailure } from "../../src/cli/exit-code.ts";

/** Highest precedence first (cli.md: 70, 130/143, 4, 3, 5, 1). */
const PRECEDENCE: readonly (readonly [number, Partial<RunEnding>])[] = [
  [70, { defect: true }],
  [130, { signal: "SIGINT" }],
  [4, { outputFailed: true }],
  [3, { inputFailed: true }],
  [5, { scriptFailed: true }],
  [1, { conditionHolds: true }],
];

const WELL: RunEnding = {
  defect: false,
  signal: null,
  outputFailed: false,
  inputFailed: false,
  scriptFailed: false,
  conditionHolds: false,
};

describe("the exit code of a run", () => {
  it("is 0 where nothing was wrong", () => {
    expect(exitCodeOf(WELL)).toBe(0);
  });

  it("is 143 after SIGTERM", () => {
    expect(exitCodeOf({ ...WELL, signal: "SIGTERM" })).toBe(143);
  });

  it.each(PRECEDENCE.map(([code, ending], index) => ({ code, ending, index })))(
    "is $code with $ending, whatever weaker holds besides",
    ({ code, ending, index }) => {
      expect(exitCodeOf({ ...WELL, ...ending })).toBe(code);
      for (const [, weaker] of PRECEDENCE.slice(index)) {
        expect(exitCodeOf({ ...WELL, ...weaker, ...ending })).toBe(code);
      }
      const allWeaker = Object.assign({}, ...PRECEDENCE.slice(index).map(([, weaker]) => weaker));
      expect(exitCodeOf({ ...WELL, ...allWeaker })).toBe(code);
    },
  );
});

describe("the exit code of a run that an error ended", () => {
  it.each([
    { thrown: 2, signal: null, code: 2 },
    { thrown: 2, signal: "SIGINT", code: 2 },
    { thrown: 3, signal: null, code: 3 },
    { thrown: 3, signal: "SIGINT", code: 130 },
    { thrown: 4, signal: "SIGTERM", code: 143 },
    { thrown: 70, signal: "SIGINT", code: 70 },
    { thrown: 0, signal: "SIGINT", code: 130 },
  ] as const)("thrown $thrown, signal $signal: $code", ({ thrown, signal, code }) => {
    expect(exitCodeOfFailure(thrown, signal)).toBe(code);
  });
});
