import { describe, expect, it } from "vitest";
import type { RunEnding } from "../../src/cli/exit-code.ts";
import { decisiveError, exitCodeOf, exitCodeOfFailure } from "../../src/cli/exit-code.ts";
import { ERROR_CODES, TcpxError } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";

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

describe("of several errors", () => {
  it.each([
    { codes: ["DAMAGED_CAPTURE", "INTERNAL"], decides: "INTERNAL" },
    { codes: ["INTERNAL", "WRITE_FAILED"], decides: "INTERNAL" },
    { codes: ["READ_FAILED", "WRITE_FAILED"], decides: "WRITE_FAILED" },
    { codes: ["SCRIPT_FAILED", "READ_FAILED"], decides: "READ_FAILED" },
    { codes: ["BAD_OPTION", "SCRIPT_FAILED"], decides: "SCRIPT_FAILED" },
    { codes: ["NOT_A_CAPTURE", "READ_FAILED"], decides: "NOT_A_CAPTURE" },
  ] as const)("$codes, $decides decides", ({ codes, decides }) => {
    expect(decisiveError(codes.map((code) => new TcpxError(code, "x"))).code).toBe(decides);
  });

  it("a defect decides, whatever the other one is", () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const errors = [new TcpxError(code, "x"), new TcpxError("INTERNAL", "x")];
      expect(decisiveError(errors).exitCode).toBe(70);
    }
  });
});
