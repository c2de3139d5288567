// What a slice keeps of packets while it decides: numbers of flows, codes of packets, copies of records.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowSelection, FlowSet } from "../../src/extract/flow-selection.ts";
import {
  NOT_WANTED,
  OF_NO_FLOW,
  PacketLog,
  flowOfCode,
  packetCode,
} from "../../src/extract/packet-log.ts";
import { PacketMemory } from "../../src/extract/packet-memory.ts";
import type { PacketRecord } from "../../src/output/capture-encoder.ts";

function recordOf(packet: number, length = 100): PacketRecord {
  return {
    bytes: new Uint8Array(length).fill(packet),
    start: 0,
    end: length,
    originalLength: length,
    seconds: packet,
    nanos: 0,
    linkType: 1,
    fcsLength: 0,
    interfaceIndex: 0,
  };
}

describe("flow numbers", () => {
  it("are a set, however high", () => {
    const flows = new FlowSet();
    const numbers = [1, 7, 8, 9, 8192, 1_000_003];
    for (const flow of [...numbers, ...numbers]) flows.add(flow);
    expect(flows.size).toBe(numbers.length);
    const near = numbers.flatMap((flow) => [flow - 1, flow, flow + 1]);
    expect(near.filter((flow) => flows.has(flow))).toEqual(
      near.filter((flow) => numbers.includes(flow)),
    );
  });

  it.each([
    { marked: false, status: 0, chosen: [1, 2, 3], isLate: false },
    { marked: true, status: 0, chosen: [1], isLate: true },
    { marked: false, status: 4, chosen: [2], isLate: true },
    { marked: true, status: 4, chosen: [1, 2], isLate: true },
    { marked: false, status: 3, chosen: [], isLate: true },
  ])("are chosen by $marked, $status: $chosen", ({ chosen, isLate, ...reasons }) => {
    const selection = new FlowSelection(reasons);
    selection.mark(1);
    selection.ended(1, 8);
    selection.ended(2, 12);
    selection.ended(3, 16);
    expect([1, 2, 3].filter((flow) => selection.isChosen(flow))).toEqual(chosen);
    expect(selection.isLate).toBe(isLate);
  });
});

describe("codes of packets", () => {
  it("hold flow and direction", () => {
    const codes = [1, 2, 2 ** 30].flatMap((flow) => [
      packetCode(flow, "c2s"),
      packetCode(flow, "s2c"),
    ]);
    expect(new Set([...codes, NOT_WANTED, OF_NO_FLOW]).size).toBe(8);
    expect(codes.map(flowOfCode)).toEqual([1, 1, 2, 2, 2 ** 30, 2 ** 30]);
    expect([NOT_WANTED, OF_NO_FLOW].map(flowOfCode)).toEqual([0, 0]);
  });

  it("are found by packet number as in a map", () => {
    const numbers = fc.integer({ min: 1, max: 300_000 });
    const entries = fc.array(fc.tuple(numbers, fc.integer({ min: 0, max: 0xffff_ffff })));
    fc.assert(
      fc.property(entries, fc.array(numbers), (set, asked) => {
        const log = new PacketLog();
        const twin = new Map(set);
        for (const [packet, code] of set) log.set(packet, code);
        for (const packet of [...asked, ...twin.keys()]) {
          expect(log.get(packet)).toBe(twin.get(packet) ?? NOT_WANTED);
        }
        expect(log.last).toBe(Math.max(0, ...twin.keys()));
      }),
      { seed: 6 },
    );
  });

  it("of several flows are all kept", () => {
    const log = new PacketLog();
    log.add(5, OF_NO_FLOW);
    for (const flow of [1, 2, 1, 3]) log.add(5, packetCode(flow, "c2s"));
    expect(flowOfCode(log.get(5))).toBe(1);
    expect(log.furtherOf(5).map(flowOfCode)).toEqual([2, 3]);
    expect(log.furtherOf(6)).toEqual([]);
  });
});

describe("remembered packets", () => {
  it("come back by flow, as copies, in the order of their numbers", () => {
    const memory = new PacketMemory();
    const shared = recordOf(1);
    memory.remember(1, shared, 7);
    memory.remember(2, recordOf(2), 0);
    memory.remember(3, recordOf(3), 8);
    memory.remember(4, recordOf(4), 7);
    shared.bytes.fill(99);
    memory.assign(2, 7);
    const released: number[] = [];
    expect(memory.release(7, ({ bytes }) => released.push(bytes[0]!))).toBe(0);
    expect(released).toEqual([1, 2, 4]);
    expect([memory.has(7), memory.has(8)]).toEqual([false, true]);
    memory.forget(8);
    expect(memory.take(3)).toBeNull();
  });

  it("are copies also where the record's octets are a Buffer", () => {
    const memory = new PacketMemory();
    const bytes = Buffer.alloc(100, 1);
    memory.remember(1, { ...recordOf(1), bytes }, 7);
    bytes.fill(99);
    expect(memory.take(1)!.bytes).toEqual(new Uint8Array(100).fill(1));
  });

  it("stay within the limit, and each flow knows how many of its own went", () => {
    const operations = fc.array(
      fc.record({
        flow: fc.integer({ min: 0, max: 4 }),
        length: fc.integer({ min: 0, max: 400 }),
        ends: fc.integer({ min: 0, max: 9 }),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(operations, (list) => {
        const memory = new PacketMemory(4000);
        const given = new Map<number, number[]>();
        list.forEach(({ flow, length, ends }, index) => {
          memory.remember(index + 1, recordOf(index + 1, length), flow);
          given.set(flow, [...(given.get(flow) ?? []), index + 1]);
          if (ends !== 0 || flow === 0) return;
          const released: number[] = [];
          const gone = memory.release(flow, ({ seconds }) => released.push(seconds));
          const all = given.get(flow)!;
          // The oldest went, the newest are there.
          expect(released).toEqual(all.slice(gone));
          given.delete(flow);
        });
        const octets = list.length === 0 ? 0 : 4000 / 256;
        let left = 0;
        for (const flow of [1, 2, 3, 4]) memory.release(flow, () => left++);
        expect(left).toBeLessThanOrEqual(octets);
      }),
      { seed: 6 },
    );
  });

  it("a fragment that went is missing of the flow that it turns out to belong to", () => {
    const memory = new PacketMemory(1000);
    for (const packet of [1, 2, 3, 4]) memory.remember(packet, recordOf(packet), 0);
    memory.assign(1, 9);
    memory.assign(4, 9);
    const released: number[] = [];
    expect(memory.release(9, ({ seconds }) => released.push(seconds))).toBe(1);
    expect(released).toEqual([4]);
  });
});
