// expected/*.txt are the texts of the reports in sample-reports.ts, gone through line by line: layout,
// wording and order are what users' greps and diffs rely on.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../src/report/build-report.ts";
import { formatReport } from "../../src/report/format-report.ts";
import type { Report } from "../../src/report/report.ts";
import { crowdedReport, ordinaryReport } from "./sample-reports.ts";
import { emptySources } from "./sample-sources.ts";

function expectedText(name: string): string {
  return readFileSync(new URL(`expected/${name}.txt`, import.meta.url), "utf8");
}

function linesOf(report: Report): string[] {
  return formatReport(report).trimEnd().split("\n");
}

/** A report with one thing changed, as lines. */
function changed(change: (report: Report) => void): string[] {
  const report = ordinaryReport();
  change(report);
  return linesOf(report);
}

const emptyReport = (): Report => buildReport(emptySources());

describe("the text of a report", () => {
  test.each([
    ["ordinary", ordinaryReport],
    ["crowded", crowdedReport],
    ["empty", emptyReport],
  ])("of the %s run", (name, report) => {
    expect(formatReport(report())).toBe(expectedText(name));
  });

  test.each([
    ["ordinary", ordinaryReport],
    ["crowded", crowdedReport],
    ["empty", emptyReport],
  ])("of the %s run is ASCII, and its rules are 80 wide", (_name, report) => {
    const text = formatReport(report());
    expect(text).toMatch(/^[\n -~]*\n$/u);
    const rules = linesOf(report()).filter((line) => /^[=~-]+$/u.test(line));
    expect(rules.map((line) => [line[0], line.length])).toEqual([
      ["=", 80],
      ["=", 80],
      ["-", 80],
      ["-", 80],
      ["~", 80],
      ["~", 80],
    ]);
  });

  test("is made of the JSON document alone", () => {
    const parsed = JSON.parse(JSON.stringify(crowdedReport())) as Report;
    expect(formatReport(parsed)).toBe(expectedText("crowded"));
  });

  test("holds no NaN and no Infinity where nothing was read", () => {
    expect(formatReport(emptyReport())).not.toMatch(/NaN|Infinity|undefined|null/u);
  });
});

describe("lines that print always", () => {
  test("an absent line means zero, but loss, evictions and ways of ending are stated", () => {
    const empty = linesOf(emptyReport());
    expect(empty.filter((line) => line.startsWith("loss: "))).toHaveLength(13);
    expect(empty).toContain("sweeper: Number of flows evicted: 0 [0.00%]");
    const ends = linesOf(emptyReport()).filter((line) =>
      /flows (closed|open|timed|repl)/u.test(line),
    );
    expect(ends.map((line) => line.replace(/.*flows /u, ""))).toEqual([
      "closed by FIN: 0 [0.00%]",
      "closed by RST: 0 [0.00%]",
      "timed out: 0 [0.00%]",
      "open at end of capture: 0 [0.00%]",
      "replaced while open: 0 [0.00%]",
    ]);
  });

  test("no gap at all: none", () => {
    const lines = changed(({ loss }) => {
      loss.biggestGap = null;
      loss.biggestLoser = null;
    });
    expect(lines).toContain("loss: Biggest gap: none");
    expect(lines).toContain("loss: Biggest loser: none");
  });
});

describe("what is not recorded is not zero", () => {
  test("drops of a classic pcap file", () => {
    const lines = changed(({ capture }) => {
      capture.received = null;
      capture.dropped = { kernel: null, interface: null };
    });
    expect(lines.filter((line) => /^capture: .*(received|dropped)/u.test(line))).toEqual([
      "capture: Number of packets dropped by the kernel: not recorded",
      "capture: Number of packets dropped by the interface: not recorded",
    ]);
  });

  test("the length of a pipe", () => {
    const lines = changed(({ run }) => (run.percentageCompleted = null));
    expect(lines).toContain("Percentage completed: not recorded");
  });
});

describe("stages that were not there", () => {
  test("stats writes nothing and says nothing of a writer", () => {
    const lines = changed(({ run, output }) => {
      run.command = "stats";
      output.dir = null;
    });
    expect(lines.filter((line) => line.startsWith("writer: "))).toEqual([]);
    expect(lines).toContain("[INF] Examining TCP streams over IPv4, IPv6");
  });

  test("no timeouts", () => {
    const lines = changed(({ flows }) => (flows.timeoutsSec = null));
    expect(lines).toContain("sweeper: Timeouts [s]: none");
  });

  test("a capture that was not recognised has neither format nor link layer", () => {
    const lines = changed(({ input }) => {
      Object.assign(input.files[0]!, { format: "", formatText: "", interfaces: [] });
    });
    expect(lines.slice(4, 6)).toEqual([
      "Processing file: office.pcapng",
      "Dump start: 1000000000.037210000 sec (Sun 09 Sep 2001 01:46:40 UTC)",
    ]);
  });
});

describe("hostile names", () => {
  test("stay on their line", () => {
    const lines = changed(({ input }) => {
      input.files[0]!.file = "x\nloss: Number of missing bytes: 0\u001b[2J";
    });
    expect(lines[4]).toBe("Processing file: x\\u{a}loss: Number of missing bytes: 0\\u{1b}[2J");
  });

  test("thousands of snapshot lengths are one short line", () => {
    const lines = changed(({ input }) => {
      const one = input.files[0]!.interfaces[0]!;
      input.files[0]!.interfaces = Array.from({ length: 70_000 }, (_, id) => {
        return { ...one, id, snapLen: id + 1 };
      });
    });
    const line = lines.find((text) => text.startsWith("Snapshot length: "))!;
    expect(line.length).toBeLessThan(200);
    expect(line).toContain("and 69984 more");
  });
});

describe("colour", () => {
  const painter = {
    bold: (text: string) => `<b>${text}</b>`,
    yellow: (text: string) => `<y>${text}</y>`,
    cyan: (text: string) => `<c>${text}</c>`,
    red: (text: string) => `<r>${text}</r>`,
  };
  const painted = formatReport(crowdedReport(), { colour: painter });

  test("changes nothing but colour", () => {
    expect(painted.replaceAll(/<\/?[bycr]>/gu, "")).toBe(expectedText("crowded"));
  });

  test("warnings are yellow, information is marked, missing octets are red", () => {
    expect(painted).toContain("<y>[WRN] Flows evicted</y>\n");
    expect(painted).toContain("<c>[INF]</c> IPv6\n");
    expect(painted).toContain("missing bytes (discarded): <r>5000 (5.00 K) [0.50%]</r>\n");
    expect(painted).toContain("cut short or damaged: <r>1</r>\n");
    expect(painted).toContain("loss: Number of written bytes: 900000 (900.00 K) [90.00%]\n");
  });

  test("nothing missing is not red", () => {
    const text = formatReport(emptyReport(), { colour: painter });
    expect(text).not.toContain("<r>");
    expect(text).not.toContain("<y>");
  });
});
