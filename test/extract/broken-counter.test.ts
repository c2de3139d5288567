// The identities of report.md are asserted at the end of every run: here a counter is broken on purpose,
// and the run fails with INTERNAL, exit code 70, instead of reporting wrong numbers.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import { Rare, RareCounters } from "../../src/reassembly/rare-counters.ts";
import { StubSession } from "../cli/stub-session.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";

const folder = mkdtempSync(join(tmpdir(), "tcpx-broken-"));
const capture = join(folder, "every-class.pcap");
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** A segment of each class, and octets of each kind that the identities name. */
beforeAll(() => {
  const data = (seq: number, payload: string, fields: { checksum?: "bad" } = {}) => ({
    seq,
    payload,
    flags: "PA",
    ...fields,
  });
  const segments = [
    { flags: "S", seq: 100 },
    data(101, "in order"),
    data(101, "in order"),
    data(105, "rder, overlapping"),
    data(130, "after a hole"),
    data(123, "order"),
    data(141, "Z"),
    data(99, "Zin"),
    data(142, "refused", { checksum: "bad" }),
    data(142 + 2 ** 29, "implausible"),
    { flags: "R", seq: 160, payload: "why" },
  ];
  const packets = segments.map((segment, i) => ({
    seconds: 1000 + i,
    bytes: tcpPacket({ ...segment, id: i + 1 }),
  }));
  writeFileSync(capture, pcapFile(packets));
});

const COLUMNS = [
  "RETRANSMITTED_BYTES",
  "OVERLAPPING_BYTES",
  "PROBE_BYTES",
  "REFUSED_BYTES",
  "BEFORE_START_BYTES",
  "IMPLAUSIBLE_BYTES",
  "RESET_PAYLOAD_BYTES",
] as const;

/** Each time the column is counted, one too many. */
function breakCounter(column: Rare): void {
  const add = Reflect.get(RareCounters.prototype, "add") as (...counted: unknown[]) => void;
  vi.spyOn(RareCounters.prototype, "add").mockImplementation(function (
    this: RareCounters,
    row: number,
    counted: Rare,
    amount: number,
  ) {
    add.call(this, row, counted, counted === column ? amount + 1 : amount);
  });
}

describe("a broken counter", () => {
  it("is what nothing here is: the run as it stands balances, with every class and kind", async () => {
    const { report } = await extract({ captures: [capture], checksums: "verify" });
    const { segments, payload } = report;
    expect(segments).toMatchObject({
      afterHole: 1,
      outOfOrder: 1,
      overlapping: 1,
      retransmitted: 2,
      probes: 1,
    });
    expect(payload).toMatchObject({
      refusedBytes: 7,
      beforeStartBytes: 2,
      implausibleBytes: 11,
      resetPayloadBytes: 3,
      probeBytes: 1,
    });
  });

  it.each(COLUMNS)("%s: the run fails with INTERNAL", async (name) => {
    breakCounter(Rare[name]);
    await expect(extract({ captures: [capture], checksums: "verify" })).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining("the books do not balance: payload.capturedBytes") as string,
    });
  });

  it("of the totals, not of a stream: the run fails as well", async () => {
    const get = Reflect.get(RareCounters.prototype, "get") as (...counted: unknown[]) => number;
    // Reading gives one more than was counted, so that the sum over flows is wrong.
    vi.spyOn(RareCounters.prototype, "get").mockImplementation(function (
      this: RareCounters,
      row: number,
      column: Rare,
    ) {
      return get.call(this, row, column) + (column === Rare.OVERLAPPING_BYTES ? 1 : 0);
    });
    await expect(extract({ captures: [capture] })).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("ends the command line with exit code 70 and one line", async () => {
    breakCounter(Rare.PROBE_BYTES);
    const session = new StubSession();
    session.engine = extract;
    expect(await session.run("stats", capture, "--checksums", "verify")).toBe(70);
    expect(session.stdout.text).toBe("");
    expect(session.stderr.text).toMatch(/^tcpx: INTERNAL: .*the books do not balance.*\n/);
  });
});
