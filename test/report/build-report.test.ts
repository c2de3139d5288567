import { describe, expect, test } from "vitest";
import { OUTCOME_NAMES } from "../../src/decode/outcome.ts";
import { baseName } from "../../src/report/base-names.ts";
import { buildReport } from "../../src/report/build-report.ts";
import { aggregateStatus } from "../../src/report/run-status.ts";
import { StatusBit, formatStatusWord } from "../../src/report/status-word.ts";
import { crowdedReport, ordinaryReport } from "./sample-reports.ts";
import { captureFile, captureInterface, emptySources } from "./sample-sources.ts";

describe("what was read", () => {
  test("times are null without packets, and texts with nine decimals with them", () => {
    const sources = emptySources();
    expect(buildReport(sources).input).toMatchObject({ firstTs: null, durationSec: null });
    Object.assign(sources.capture, {
      packets: 2,
      firstSeconds: 100,
      firstNanos: 999_999_999,
      lastSeconds: 102,
      lastNanos: 1,
    });
    expect(buildReport(sources).input).toMatchObject({
      firstTs: "100.999999999",
      lastTs: "102.000000001",
      durationSec: "1.000000002",
    });
  });

  test("interfaces stand with their file", () => {
    const report = buildReport({
      ...emptySources(),
      files: [captureFile("a.pcap"), captureFile("b.pcapng", { format: "pcapng" })],
      interfaces: [
        captureInterface(1, { id: 1, linkType: 113, snapLength: 96 }),
        captureInterface(0, { packets: 5 }),
        captureInterface(1, { id: 0 }),
      ],
    });
    const shown = report.input.files.map(({ file, interfaces }) => [
      file,
      interfaces.map(({ id, linkType, snapLen, packets }) => [id, linkType, snapLen, packets]),
    ]);
    expect(shown).toEqual([
      ["a.pcap", [[0, 1, 262_144, 5]]],
      [
        "b.pcapng",
        [
          [1, 113, 96, 0],
          [0, 1, 262_144, 0],
        ],
      ],
    ]);
  });

  test("drops sum over the interfaces that recorded them; null if none did", () => {
    const sources = emptySources();
    sources.interfaces.push(captureInterface(0));
    expect(buildReport(sources).capture).toMatchObject({
      received: null,
      dropped: { kernel: null, interface: null },
    });
    sources.interfaces.push(captureInterface(0, { received: 7, droppedByKernel: 0 }));
    sources.interfaces.push(captureInterface(0, { received: 5, droppedByKernel: 2 }));
    expect(buildReport(sources).capture).toMatchObject({
      received: 12,
      dropped: { kernel: 2, interface: null },
    });
  });

  test.each([
    ["nothing", [], 100],
    ["all of two files", [captureFile("a"), captureFile("b")], 100],
    ["a third", [captureFile("a", { bytesRead: 1, size: 3 })], 33.33],
    ["a file that grew meanwhile", [captureFile("a", { bytesRead: 9, size: 3 })], 100],
    ["a pipe", [captureFile("a"), captureFile("-", { size: null })], null],
  ])("percentage completed of %s", (_what, files, expected) => {
    expect(buildReport({ ...emptySources(), files }).run.percentageCompleted).toBe(expected);
  });

  test("pcap bytes are those of the files, as far as they were read", () => {
    const files = [captureFile("a", { bytesRead: 100 }), captureFile("b", { bytesRead: 11 })];
    expect(buildReport({ ...emptySources(), files }).capture.pcapBytes).toBe(111);
  });
});

describe("paths", () => {
  test.each([
    ["/var/tmp/out", "out"],
    ["/var/tmp/out/", "out"],
    ["C:\\captures\\a.pcap", "a.pcap"],
    ["a.pcap", "a.pcap"],
    ["-", "-"],
    ["/", "/"],
  ])("base name of %s is %s", (path, expected) => {
    expect(baseName(path)).toBe(expected);
  });

  test("don't get into the report, not by messages either", () => {
    const report = buildReport({
      ...emptySources(),
      files: [captureFile("/secret/a.pcap"), captureFile("/secret/a.pcap.1")],
      errors: [
        { file: "/secret/none.pcap", code: "NO_SUCH_FILE", message: "/secret/none.pcap: no file" },
        { file: null, code: "NO_CAPTURES", message: "nothing to read" },
      ],
      warnings: [
        {
          code: "BAD_RECORD",
          file: "/secret/a.pcap.1",
          message: "/secret/a.pcap.1: packet 3: $& $1",
        },
      ],
      output: {
        path: "/secret/out/",
        files: 1,
        bytes: 2,
        error: { code: "WRITE_FAILED", message: "/secret/out/000001.c2s: no space left" },
      },
    });
    expect(JSON.stringify(report)).not.toContain("secret");
    expect(report.input.errors).toEqual([
      { file: "none.pcap", code: "NO_SUCH_FILE", message: "none.pcap: no file" },
      { file: null, code: "NO_CAPTURES", message: "nothing to read" },
    ]);
    expect(report.input.warnings).toEqual([
      { file: "a.pcap.1", code: "BAD_RECORD", message: "a.pcap.1: packet 3: $& $1" },
    ]);
    expect(report.output).toEqual({
      dir: "out",
      files: 1,
      bytes: 2,
      error: { code: "WRITE_FAILED", message: "out/000001.c2s: no space left" },
    });
  });
});

describe("what was decoded", () => {
  test("each outcome under its own name", () => {
    const outcomes = OUTCOME_NAMES.map((_name, code) => code + 1);
    const report = buildReport({ ...emptySources(), outcomes });
    expect(Object.entries(report.decode.outcomes)).toEqual(
      OUTCOME_NAMES.map((name, code) => [name, code + 1]),
    );
  });

  test.each([
    [0, 0, false],
    [0, 1, true],
    [1, 9, true],
    [2, 17, false],
    [2, 18, true],
    [100, 1, false],
  ])("%i right checksums and %i wrong ones: offload suspected is %s", (ok, bad, suspected) => {
    const checksum = { ok, bad, unverifiable: 50, refused: 0 };
    const { decode, status } = buildReport({ ...emptySources(), checksum });
    expect(decode.checksum.offloadSuspected).toBe(suspected);
    expect(status.infos.includes("checksumOffload")).toBe(suspected);
    expect(status.warnings.includes("checksum")).toBe(bad > 0 && !suspected);
  });
});

describe("totals", () => {
  test("loss is copied, and its ratio has six decimals", () => {
    const sources = emptySources();
    sources.flows.streamBytes = 3;
    sources.flows.missingBytes = 1;
    sources.flows.writtenBytes = 2;
    sources.flows.missing.snapped.bytes = 1;
    const { loss, payload } = buildReport(sources);
    sources.flows.missing.snapped.bytes = 99;
    expect(loss).toMatchObject({ ratio: 0.333333, writtenBytes: 2 });
    expect(loss.missing.snapped.bytes).toBe(1);
    expect(payload.newBytes).toBe(2);
    expect(buildReport(emptySources()).loss.ratio).toBe(0);
  });

  test("payload on the wire is what was captured and what was cut off", () => {
    const sources = emptySources();
    sources.flows.capturedBytes = 10;
    sources.flows.snappedBytes = 4;
    expect(buildReport(sources).payload.wireBytes).toBe(14);
  });

  test("every total of the flows is somewhere in the report", () => {
    const sources = emptySources();
    const { flows } = sources;
    const names = Object.keys(flows).filter(
      (name) => name !== "status" && typeof flows[name as keyof typeof flows] === "number",
    );
    const lost = names.filter((name) => {
      const before = JSON.stringify(buildReport(sources));
      Object.assign(flows, { [name]: 1 << 20 });
      return JSON.stringify(buildReport(sources)) === before;
    });
    expect(names.length).toBeGreaterThan(50);
    expect(lost).toEqual([]);
  });
});

describe("the status word of the run", () => {
  test("has the bits that its totals imply, and those of the flows", () => {
    expect(formatStatusWord(aggregateStatus(ordinaryReport(), 0))).toBe("0x020525a1");
    expect(formatStatusWord(aggregateStatus(crowdedReport(), StatusBit.WRAP))).toBe("0x37ffffff");
    expect(aggregateStatus(buildReport(emptySources()), 0)).toBe(0);
    const sources = emptySources();
    sources.flows.status = StatusBit.WRAP | StatusBit.IPV6;
    expect(buildReport(sources).status).toEqual({
      tcpxStat: "0x04800000",
      warnings: [],
      infos: ["wrap", "ipv6"],
    });
  });

  test("damage to the input is in it", () => {
    const status = (fields: object): string[] => {
      const files = [captureFile("a.pcap"), captureFile("b.pcap", fields)];
      return buildReport({ ...emptySources(), files }).status.warnings;
    };
    expect(status({})).toEqual([]);
    expect(status({ truncated: true })).toEqual(["inputDamaged"]);
    expect(status({ skippedBytes: 1 })).toEqual(["inputDamaged"]);
  });
});
