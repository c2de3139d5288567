// Fragments as "start-end" of a datagram; "+" in front: not the last. A case is one line: what came, and
// what must then be there.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeCounters } from "../../../src/decode/decode-counters.ts";
import {
  FragmentTable,
  FragmentVerdict,
  type Fragment,
  type FragmentLimits,
} from "../../../src/decode/network/fragment-table.ts";
import { patternOctets } from "../../support/packet-builder.ts";

const SEED = 20_260_711;
const HEADER = Uint8Array.from({ length: 20 }, (_, index) => 0xa0 + index);
const WORDS = ["waiting", "complete", "refused"] as const;

interface Options {
  readonly isIpv6?: boolean;
  readonly key?: string;
  readonly seconds?: number;
  /** Added to every octet, so that copies differ. */
  readonly change?: number;
  /** Octets captured of the payload; default all. */
  readonly captured?: number;
}

function fragmentOf(range: string, options: Options = {}): Fragment {
  const moreFragments = range.startsWith("+");
  const [start = 0, end = 0] = range.replace("+", "").split("-").map(Number);
  const payload = patternOctets(end - start, start).map((octet) => octet + (options.change ?? 0));
  const bytes = new Uint8Array(HEADER.length + payload.length);
  bytes.set(HEADER);
  bytes.set(payload, HEADER.length);
  return {
    key: options.key ?? "a",
    isIpv6: options.isIpv6 ?? false,
    protocol: 6,
    offset: start,
    moreFragments,
    bytes,
    start: HEADER.length,
    end: HEADER.length + (options.captured ?? payload.length),
    wireLength: payload.length,
    headerStart: 0,
    headerLength: HEADER.length,
    seconds: options.seconds ?? 0,
    packets: 1,
    packetBytes: 100,
    packetNumbers: [start + 1],
  };
}

class Trial {
  readonly counters = new DecodeCounters();
  readonly table: FragmentTable;

  constructor(limits?: FragmentLimits) {
    this.table =
      limits === undefined
        ? new FragmentTable(this.counters)
        : new FragmentTable(this.counters, limits);
  }

  add(range: string, options: Options = {}): string {
    return WORDS[this.table.add(fragmentOf(range, options))];
  }

  /** The captured payload of the completed datagram. */
  payload(): number[] {
    const { bytes, payloadStart, payloadEnd } = this.table.completed!;
    return [...bytes.subarray(payloadStart, payloadEnd)];
  }
}

const WHOLE = [...patternOctets(40)];

describe.each([{ isIpv6: false }, { isIpv6: true }])("isIpv6: $isIpv6", ({ isIpv6 }) => {
  it.each([
    ["in order", "+0-16 +16-32 32-40"],
    ["backwards", "32-40 +16-32 +0-16"],
    ["the last first", "32-40 +0-16 +16-32"],
    ["with a duplicate", "+0-16 +0-16 +16-32 +16-32 32-40"],
    ["with a duplicate of the last", "32-40 32-40 +16-32 +0-16"],
    ["one octet in the last", "+0-32 32-40"],
  ])("completes fragments %s", (_, ranges) => {
    const trial = new Trial();
    const verdicts = ranges.split(" ").map((range) => trial.add(range, { isIpv6 }));
    const last = verdicts.pop();
    expect(verdicts.every((verdict) => verdict === "waiting")).toBe(true);
    expect(last).toBe("complete");
    expect(trial.payload()).toEqual(WHOLE);
    expect(trial.table.completed!.payloadWireEnd).toBe(HEADER.length + 40);
    expect([...trial.table.completed!.bytes.subarray(0, HEADER.length)]).toEqual([...HEADER]);
    expect(trial.table.completed!.earlierPackets).toBe(verdicts.length);
    expect(trial.table.completed!.earlierPacketBytes).toBe(verdicts.length * 100);
    const numbers = ranges.split(" ").map((range) => Number(/\d+/u.exec(range)![0]) + 1);
    expect(trial.table.completed!.earlierPacketNumbers).toEqual(numbers.slice(0, -1));
    expect(trial.counters.datagramsReassembled).toBe(1);
    trial.table.finish();
    expect(trial.counters.datagramsIncomplete).toBe(0);
    expect(trial.table.heldBytes).toBe(0);
  });

  it.each([
    ["nothing in it", "+8-8"],
    ["more than a datagram can have", "65528-65544"],
    ["a last fragment before what is there", "+0-16 +16-32 8-16"],
    ["two different ends", "32-40 32-48"],
    ["more behind the end", "32-40 +40-48"],
  ])("refuses %s", (_, ranges) => {
    const trial = new Trial();
    const verdicts = ranges.split(" ").map((range) => trial.add(range, { isIpv6 }));
    expect(verdicts.at(-1)).toBe("refused");
    expect(verdicts.slice(0, -1).every((verdict) => verdict === "waiting")).toBe(true);
  });

  it("keeps what was captured up to the first cut", () => {
    const trial = new Trial();
    trial.add("+0-16", { isIpv6 });
    trial.add("+16-32", { isIpv6, captured: 5 });
    expect(trial.add("32-40", { isIpv6 })).toBe("complete");
    expect(trial.payload()).toEqual(WHOLE.slice(0, 21));
    expect(trial.table.completed!.payloadWireEnd).toBe(HEADER.length + 40);
  });

  it("keeps datagrams of different keys apart", () => {
    const trial = new Trial();
    trial.add("+0-16", { isIpv6, key: "a" });
    expect(trial.add("16-40", { isIpv6, key: "b" })).toBe("waiting");
    expect(trial.add("16-40", { isIpv6, key: "a" })).toBe("complete");
    trial.table.finish();
    expect(trial.counters.datagramsIncomplete).toBe(1);
  });

  it("gives up after 30 seconds of capture time, counted from the first fragment", () => {
    const trial = new Trial();
    trial.add("+0-16", { isIpv6, seconds: 1000 });
    trial.add("+16-32", { isIpv6, seconds: 1029 });
    expect(trial.add("32-40", { isIpv6, seconds: 1030 })).toBe("waiting");
    expect(trial.counters.datagramsIncomplete).toBe(1);
    expect(trial.table.size).toBe(1);
  });

  it("is not blocked by a datagram with a wild time", () => {
    const trial = new Trial();
    trial.add("+0-16", { isIpv6, key: "wild", seconds: 4_000_000_000 });
    trial.add("+0-16", { isIpv6, key: "a", seconds: 1000 });
    expect(trial.table.size).toBe(1);
    trial.add("+0-16", { isIpv6, key: "b", seconds: 1031 });
    expect(trial.table.size).toBe(1);
    expect(trial.counters.datagramsIncomplete).toBe(2);
  });

  it("does not count a datagram captured twice as incomplete", () => {
    const trial = new Trial();
    trial.add("+0-16", { isIpv6 });
    trial.add("+0-16", { isIpv6 });
    expect(trial.add("16-40", { isIpv6 })).toBe("complete");
    expect(trial.add("16-40", { isIpv6, seconds: 1 })).toBe("waiting");
    trial.table.finish();
    expect(trial.counters.datagramsIncomplete).toBe(0);
    expect(trial.add("16-40", { isIpv6, seconds: 5 })).toBe("waiting");
    trial.table.finish();
    expect(trial.counters.datagramsIncomplete).toBe(1);
  });
});

describe("overlap", () => {
  it.each([
    ["a later start", "+0-24 16-40/1", [...WHOLE.slice(0, 24), ...changed(24, 40)]],
    ["an earlier start", "16-40 +0-24/1", [...changed(0, 16), ...WHOLE.slice(16)]],
    ["inside", "+8-16 0-40/1", [...changed(0, 8), ...WHOLE.slice(8, 16), ...changed(16, 40)]],
    [
      "over several holes",
      "+8-16 +24-32 0-40/1",
      [
        ...changed(0, 8),
        ...WHOLE.slice(8, 16),
        ...changed(16, 24),
        ...WHOLE.slice(24, 32),
        ...changed(32, 40),
      ],
    ],
    ["the same range", "+0-16 +0-16/1 16-40", WHOLE],
  ])("IPv4 keeps what came first: %s", (_, ranges, expected) => {
    const trial = new Trial();
    const verdicts = ranges.split(" ").map((range) => {
      const [text = "", change = "0"] = range.split("/");
      return trial.add(text, { change: Number(change) });
    });
    expect(verdicts.at(-1)).toBe("complete");
    expect(trial.payload()).toEqual(expected);
  });

  it.each([
    ["partly", "+0-24 16-40"],
    ["inside", "+0-24 +8-16"],
    ["the same range with other octets", "+0-16 +0-16/1"],
  ])("IPv6 gives up the datagram: %s", (_, ranges) => {
    const trial = new Trial();
    const verdicts = ranges.split(" ").map((range) => {
      const [text = "", change = "0"] = range.split("/");
      return trial.add(text, { isIpv6: true, change: Number(change) });
    });
    expect(verdicts).toEqual(["waiting", "refused"]);
    // RFC 5722: and all further fragments of it.
    expect(trial.add("+32-40", { isIpv6: true })).toBe("refused");
    expect(trial.table.heldBytes).toBe(0);
    trial.table.finish();
    expect(trial.counters.datagramsIncomplete).toBe(1);
  });
});

describe("lengths that are no multiple of eight before the last fragment", () => {
  it("IPv4 counts in units of eight", () => {
    const trial = new Trial();
    trial.add("+0-21");
    expect(trial.add("16-40")).toBe("complete");
    expect(trial.payload()).toEqual(WHOLE);
  });

  it("IPv6 refuses them", () => {
    expect(new Trial().add("+0-21", { isIpv6: true })).toBe("refused");
  });
});

describe("limits", () => {
  it("pushes out the oldest datagram", () => {
    const trial = new Trial({ datagrams: 3, bytes: 1_000_000, timeoutSeconds: 30 });
    for (const key of ["a", "b", "c", "d", "e"]) {
      trial.add("+0-16", { key });
      expect(trial.table.size).toBeLessThanOrEqual(3);
    }
    expect(trial.counters.datagramsIncomplete).toBe(2);
    expect(trial.add("16-40", { key: "c" })).toBe("complete");
    expect(trial.add("16-40", { key: "a" })).toBe("waiting");
  });

  it("holds no more octets than stated, whatever comes", () => {
    const bytes = 4096;
    const trial = new Trial({ datagrams: 1000, bytes, timeoutSeconds: 30 });
    for (let index = 0; index < 500; index++) {
      trial.add(`+${index * 8}-${index * 8 + 800}`, { key: `${index % 50}` });
      expect(trial.table.heldBytes).toBeLessThanOrEqual(bytes);
    }
    expect(trial.counters.datagramsIncomplete).toBeGreaterThan(0);
  });
});

it("is what a map of octets would give (IPv4, any fragments in any order)", () => {
  const piece = fc.record({
    start: fc.nat(12),
    length: fc.integer({ min: 1, max: 6 }),
    change: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(30), (pieces, lastAt) => {
      const trial = new Trial();
      const octets = new Map<number, number>();
      const end = 18 * 8;
      const all = pieces.map(({ start, length, change }) => ({
        range: `+${start * 8}-${(start + length) * 8}`,
        change,
      }));
      all.splice(lastAt % (all.length + 1), 0, { range: `136-${end}`, change: 0 });
      let verdict = "";
      let knowsEnd = false;
      for (const { range, change } of all) {
        verdict = trial.add(range, { change });
        const [start = 0, stop = 0] = range.replace("+", "").split("-").map(Number);
        for (let at = start; at < stop; at++) {
          if (!octets.has(at)) octets.set(at, ((at % 251) + change) & 0xff);
        }
        knowsEnd ||= !range.startsWith("+");
        const isWhole = knowsEnd && octets.size === end;
        expect(verdict).toBe(isWhole ? "complete" : "waiting");
        if (isWhole) {
          expect(trial.payload()).toEqual(Array.from({ length: end }, (_, at) => octets.get(at)));
          return;
        }
      }
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

it("keeps copies also of a Buffer, which may be used again before the datagram is complete", () => {
  const trial = new Trial();
  const first = fragmentOf("+0-16");
  const bytes = Buffer.from(first.bytes);
  expect(trial.table.add({ ...first, bytes })).toBe(FragmentVerdict.WAITING);
  bytes.fill(0xff);
  expect(trial.add("16-40")).toBe("complete");
  expect(trial.payload()).toEqual(WHOLE);
  expect(trial.table.completed!.bytes.subarray(0, HEADER.length)).toEqual(HEADER);
});

it("names its verdicts in the order of their numbers", () => {
  expect(
    WORDS.map((word) => FragmentVerdict[word.toUpperCase() as keyof typeof FragmentVerdict]),
  ).toEqual([0, 1, 2]);
});

/** The octets `[start, end)` of the pattern, each one higher. */
function changed(start: number, end: number): number[] {
  return Array.from(patternOctets(end - start, start), (octet) => octet + 1);
}
