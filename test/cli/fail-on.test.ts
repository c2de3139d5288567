import { describe, expect, it } from "vitest";
import { failures, parseFailOn } from "../../src/cli/fail-on.ts";
import type { Report } from "../../src/report/report.ts";
import { STATUS_ENTRIES } from "../../src/report/status-word.ts";
import { smallReport } from "./small-report.ts";

function report(missing: number, warnings: string[] = [], infos: string[] = []): Report {
  return smallReport({ missingBytes: missing, streamBytes: 100_000, warnings, infos });
}

function held(list: string, of: Report): string[] {
  return failures(parseFailOn(list), of);
}

describe("--fail-on", () => {
  it("loss: any missing octet", () => {
    expect(held("loss", report(0))).toEqual([]);
    expect(held("loss", report(1))).toEqual([
      "loss: 1 of 100000 stream bytes are missing (0.001%)",
    ]);
  });

  it.each([
    ["loss>0.1%", 100, false],
    ["loss>0.1%", 101, true],
    ["loss > 0.1 %", 101, true],
    ["loss>0%", 1, true],
    ["loss>100%", 100_000, false],
    ["loss>99.999%", 100_000, true],
  ])("%s with %i of 100000 octets missing: %s", (condition, missing, holds) => {
    expect(held(condition, report(missing)).length).toBe(holds ? 1 : 0);
  });

  it("a share is exact where the ratio of the report would be rounded", () => {
    const large = smallReport({ missingBytes: 1_000_001, streamBytes: 1_000_000_000_000 });
    expect(held("loss>0.0001%", large)).toHaveLength(1);
    expect(held("loss>0.000101%", large)).toHaveLength(0);
  });

  it("a share of nothing never holds", () => {
    const empty = smallReport({ missingBytes: 0, streamBytes: 0 });
    expect(held("loss,loss>0%", empty)).toEqual([]);
  });

  it("warnings: any of the warning half", () => {
    expect(held("warnings", report(0, [], ["ipv4"]))).toEqual([]);
    expect(held("warnings", report(0, ["snapped", "conflict"]))).toEqual([
      "warnings: snapped, conflict",
    ]);
  });

  it.each(STATUS_ENTRIES.map(({ name, half }) => [name, half] as const))("%s", (name, half) => {
    const set = half === "warning" ? report(0, [name]) : report(0, [], [name]);
    expect(held(name, report(0))).toEqual([]);
    expect(held(name, set)).toEqual([`${name}: set in 0x00000000`]);
  });

  it("tells each condition that holds, in the order given", () => {
    expect(held(" conflict , loss,snapped", report(5, ["conflict"]))).toHaveLength(2);
    expect(held("loss,conflict", report(5, ["conflict"]))[0]).toMatch(/^loss:/u);
  });

  it.each([
    ["ackedunseen", "did you mean ackedUnseen?"],
    ["inputDamage", "did you mean inputDamaged?"],
    ["warning", "did you mean warnings?"],
    ["", "is no condition"],
    ["loss,", "is no condition"],
    ["loss>", "is no share"],
    ["loss>0.1", "is no share"],
    ["loss>101%", "is no share"],
    ["loss>-1%", "is no share"],
    ["loss<1%", "is no share"],
    ["nonsense\n", "is no condition"],
  ])("%j is refused", (list, fault) => {
    expect(() => parseFailOn(list)).toThrow(fault);
  });
});
