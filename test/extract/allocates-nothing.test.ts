// The promise of the hot path: what runs once a packet allocates nothing. Counted, not timed: garbage
// collections over two million packets, decoded, verified, tracked, reassembled and handed to a sink.

import { constants, PerformanceObserver } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import type { CaptureInput } from "../../src/capture/capture-input.ts";
import type { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { Engine } from "../../src/extract/engine.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { OctetMemory } from "../../src/memory/octet-memory.ts";
import type { StreamSink } from "../../src/output/stream-sink.ts";
import { DEFAULT_WINDOWS, WindowSink } from "../../src/output/memory-window-sink.ts";
import { tcpPacket } from "../support/packet-builder.ts";

const PAYLOAD = "x".repeat(64);
const POOL_BYTES = 16 * 1024 * 1024;
const WARM_UP = 1_000_000;
const MEASURED = 2_000_000;
const TCP_SEQ = 14 + 20 + 4;
const TCP_CHECKSUM = 14 + 20 + 16;

/** An endless download of four streams in order: each packet is built once and only its numbers move. */
class EndlessCapture {
  readonly #block: Buffer;
  readonly #packetBytes: number;
  #left = 0;
  #count = 0;

  /** `block`: where the packets lie, in one ArrayBuffer with the sink's memory as in `extract`. */
  constructor(block: Buffer) {
    const packets = [0, 1, 2, 3].map((stream) =>
      tcpPacket({
        source: "10.0.0.2",
        destination: "10.0.0.1",
        sourcePort: 80,
        destinationPort: 40_000 + stream,
        seq: 1000,
        ack: 1,
        flags: "PA",
        payload: PAYLOAD,
      }),
    );
    this.#packetBytes = packets[0]!.length;
    this.#block = block;
    packets.forEach((packet, i) => block.set(packet, i * this.#packetBytes));
  }

  /** Lets `packets` more go. */
  allow(packets: number): void {
    this.#left = packets;
  }

  next(cursor: PacketCursor): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const start = (this.#count & 3) * this.#packetBytes;
    this.#advance(start);
    cursor.bytes = this.#block;
    cursor.start = start;
    cursor.end = start + this.#packetBytes;
    cursor.originalLength = this.#packetBytes;
    cursor.seconds = 1_700_000_000 + ((this.#count / 100_000) | 0);
    cursor.nanos = (this.#count % 100_000) * 10_000;
    cursor.linkType = 1;
    cursor.number = ++this.#count;
    return true;
  }

  fill(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** The next segment of the same stream, its checksum kept right (RFC 1624). */
  #advance(start: number): void {
    const bytes = this.#block;
    const before = bytes.readUInt32BE(start + TCP_SEQ);
    const after = (before + PAYLOAD.length) >>> 0;
    bytes.writeUInt32BE(after, start + TCP_SEQ);
    let sum = ~bytes.readUInt16BE(start + TCP_CHECKSUM) & 0xffff;
    sum += (~(before >>> 16) & 0xffff) + (~before & 0xffff) + (after >>> 16) + (after & 0xffff);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    bytes.writeUInt16BE(~sum & 0xffff, start + TCP_CHECKSUM);
  }
}

/** Young-generation collections during the measured part of a run. */
async function collections(
  makeSink: (memory: Uint8Array) => StreamSink,
): Promise<{ minor: number; engine: Engine }> {
  const memory = Buffer.from(new OctetMemory(POOL_BYTES + 4096, 0).octets.buffer);
  const input = new EndlessCapture(memory.subarray(POOL_BYTES));
  const sink = makeSink(memory.subarray(0, POOL_BYTES));
  const engine = new Engine({ ...DEFAULT_ENGINE_OPTIONS, timeouts: null }, sink, null);
  engine.tracker.endAll = () => undefined;
  let minor = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) minor++;
    }
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
  input.allow(WARM_UP);
  await engine.run(input as unknown as CaptureInput, null);
  await settle();
  observer.observe({ entryTypes: ["gc"] });
  input.allow(MEASURED);
  await engine.run(input as unknown as CaptureInput, null);
  await settle();
  observer.disconnect();
  return { minor, engine };
}

/** Does what the hot path must not: makes a view a packet. */
class WastefulSink extends WindowSink {
  views: Uint8Array[] = [];

  override write(...words: Parameters<WindowSink["write"]>): void {
    super.write(...words);
    const [, , bytes, start, end] = words;
    this.views[0] = bytes.subarray(start, end);
  }
}

describe("the hot path", () => {
  it("allocates nothing per packet", async () => {
    const { minor, engine } = await collections(
      (memory) => new WindowSink({ ...DEFAULT_WINDOWS, memory }),
    );
    expect(engine.packets.packets).toBe(WARM_UP + MEASURED);
    expect(engine.packets.checksumsGood).toBe(WARM_UP + MEASURED);
    // What else the process does may cause one; an allocation a packet causes a dozen at least.
    expect(minor).toBeLessThanOrEqual(2);
  });

  it("would be caught if it did", async () => {
    const { minor } = await collections(
      (memory) => new WastefulSink({ ...DEFAULT_WINDOWS, memory }),
    );
    expect(minor).toBeGreaterThan(8);
  });
});
