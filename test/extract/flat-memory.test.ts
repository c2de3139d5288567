// Memory is bounded by what lives, not by what was read: a long capture of connections that open, lose
// packets, close and linger leaves no more behind at its end than after its first part.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { CaptureInput } from "../../src/capture/capture-input.ts";
import type { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { Engine } from "../../src/extract/engine.ts";
import { WindowSink } from "../../src/output/memory-window-sink.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { tcpPacket } from "../support/packet-builder.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const CONNECTIONS = 20_000;
const PARTS = 4;
/** Of 20,000 connections, 200 octets each would be 4 MB. */
const MOST_GROWTH_BYTES = 2 * 1024 * 1024;

const client = { source: "10.0.0.1", destination: "10.0.0.2", destinationPort: 80 };
const server = { source: "10.0.0.2", destination: "10.0.0.1", sourcePort: 80 };

/** One connection on a port: a hole that stays, a hole that fills, and a close. */
function connection(port: number): Uint8Array[] {
  const from = { ...client, sourcePort: port };
  const to = { ...server, destinationPort: port };
  return [
    tcpPacket({ ...from, seq: 100, flags: "S" }),
    tcpPacket({ ...to, seq: 500, ack: 101, flags: "SA" }),
    tcpPacket({ ...from, seq: 101, ack: 501, flags: "A" }),
    tcpPacket({ ...to, seq: 601, ack: 101, flags: "A", payload: "x".repeat(100) }),
    tcpPacket({ ...to, seq: 901, ack: 101, flags: "A", payload: "y".repeat(100) }),
    tcpPacket({ ...to, seq: 501, ack: 101, flags: "A", payload: "w".repeat(100) }),
    tcpPacket({ ...from, seq: 101, ack: 1001, flags: "FA" }),
    tcpPacket({ ...to, seq: 1001, ack: 102, flags: "FA" }),
  ];
}

/** Connections one after the other, a thousand a second of capture time, on a thousand ports in turn. */
class ManyConnections {
  readonly #packets = Array.from({ length: 1000 }, (_, i) => connection(10_000 + i));
  #count = 0;
  #left = 0;

  /** Lets some more go. */
  allow(connections: number): void {
    this.#left = connections * 8;
  }

  next(cursor: PacketCursor): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const number = this.#count >> 3;
    const packet = this.#packets[number % 1000]![this.#count & 7]!;
    cursor.bytes = packet;
    cursor.start = 0;
    cursor.end = packet.length;
    cursor.originalLength = packet.length;
    // A port's next connection comes long after the linger of the one before.
    cursor.seconds = 1_700_000_000 + Math.floor(number / 50);
    cursor.nanos = (number % 50) * 20_000_000 + (this.#count & 7) * 1000;
    cursor.linkType = 1;
    cursor.number = ++this.#count;
    return true;
  }

  fill(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

/** Octets in use after each part of the capture. */
async function usedBytes(onFlow: ((flow: FlowSummary) => void) | null): Promise<number[]> {
  const engine = new Engine(DEFAULT_ENGINE_OPTIONS, new WindowSink(), onFlow);
  engine.tracker.endAll = () => undefined;
  const input = new ManyConnections();
  const used: number[] = [];
  for (let part = 0; part < PARTS; part++) {
    input.allow(CONNECTIONS);
    await engine.run(input as unknown as CaptureInput, null);
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    used.push(heapUsed + arrayBuffers);
  }
  expect(engine.totals.flows).toBeGreaterThan(PARTS * CONNECTIONS - 5000);
  return used;
}

describe("memory", () => {
  it("does not grow with the length of the capture", async () => {
    const used = await usedBytes(null);
    expect(used[PARTS - 1]! - used[0]!).toBeLessThan(MOST_GROWTH_BYTES);
  });

  it("would be seen to grow if every flow left something behind", async () => {
    const kept: FlowSummary[] = [];
    const used = await usedBytes((flow) => kept.push(flow));
    expect(used[PARTS - 1]! - used[0]!).toBeGreaterThan(MOST_GROWTH_BYTES);
  });
});
