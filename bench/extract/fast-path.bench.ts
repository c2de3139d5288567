// A call of the fast path that takes a thousand packets in order, of one established connection: headers, checksum,
// flow and octets, with the sink of `stats`. Each measurement puts records and rings back to where they were.

import { bench, describe } from "vitest";
import type { CaptureInput } from "../../src/capture/capture-input.ts";
import type { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { PcapReader } from "../../src/capture/pcap-reader.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { Engine } from "../../src/extract/engine.ts";
import { FastPath } from "../../src/extract/fast-path.ts";
import type { FastPathParts } from "../../src/extract/fast-path.ts";
import { OctetMemory } from "../../src/memory/octet-memory.ts";
import { DEFAULT_WINDOWS, WindowSink } from "../../src/output/memory-window-sink.ts";
import { memoryFile } from "../capture/memory-file.ts";
import { PcapWriter } from "../generator/pcap-writer.js";
import { ACK, Endpoint, SYN, SegmentBuilder, sumWords } from "../generator/segment-builder.js";

const PACKETS = 1000;
const POOL_BYTES = 16 * 1024 * 1024;
const FLOWS = 1024;
/** Octets that the connection has sent before: more than a ring holds. */
const BEFORE = 80_000;

/** A connection whose server has sent a lot, and then `PACKETS` of so many octets, acknowledged now and then. */
function generate(payloadBytes: number): { octets: Buffer; batchAt: number } {
  const parts: Buffer[] = [];
  const writer = new PcapWriter((part: Buffer) => parts.push(Buffer.from(part)));
  const [client, server, builder] = [new Endpoint(), new Endpoint(), new SegmentBuilder()];
  client.reset(0x0a4d0001, 40_000, 1000, 1);
  server.reset(0x0a4d0002, 80, 2000, 1);
  const payload = Buffer.alloc(2000, "octets of a payload; ");
  let bytes = 24;
  const send = (from: Endpoint, to: Endpoint, flags: number, length: number): void => {
    builder.build(from, to, flags, 0, payload, 0, length, sumWords(payload, 0, length));
    writer.write(builder.packet, builder.length);
    bytes += 16 + builder.length;
  };
  send(client, server, SYN, 0);
  send(server, client, SYN | ACK, 0);
  send(client, server, ACK, 0);
  for (let sent = 0; sent < BEFORE; sent += 1000) send(server, client, ACK, 1000);
  send(client, server, ACK, 0);
  const batchAt = bytes;
  for (let count = 0; count < PACKETS; count++) {
    if (count % 5 === 4) send(client, server, ACK, 0);
    else send(server, client, ACK, payloadBytes);
  }
  writer.end();
  return { octets: Buffer.concat(parts), batchAt };
}

/** An engine that waits for more input behind the packets before the batch, and its fast path. */
async function openBatch(payloadBytes: number): Promise<() => void> {
  const { octets, batchAt } = generate(payloadBytes);
  const memory = new OctetMemory(POOL_BYTES + octets.length, FLOWS);
  const block = Buffer.from(memory.buffer, POOL_BYTES, octets.length);
  block.set(octets);
  const source = memoryFile(block);
  const reader = await PcapReader.open(source);
  const { window } = source;
  let isMeasured = false;
  const input = {
    next: (cursor: PacketCursor) => window.at < batchAt && reader.next(cursor),
    fill: () => new Promise<boolean>(() => undefined),
    passed: () => undefined,
    lookSeconds: Infinity,
    get plainRecords() {
      return isMeasured ? reader.plainRecords : null;
    },
  } as unknown as CaptureInput;
  let found: { fastPath: FastPath; parts: FastPathParts } | null = null;
  const open = FastPath.open.bind(FastPath);
  FastPath.open = (parts) => {
    const fastPath = open(parts);
    if (fastPath !== null) found = { fastPath, parts };
    return fastPath;
  };
  const sink = new WindowSink({
    ...DEFAULT_WINDOWS,
    memory: memory.octets.subarray(0, POOL_BYTES),
  });
  void new Engine(DEFAULT_ENGINE_OPTIONS, sink, null, memory).run(input, null);
  FastPath.open = open;
  if (found === null) throw new Error("there is no fast path");
  const { fastPath, parts } = found as { fastPath: FastPath; parts: FastPathParts };
  isMeasured = true;
  const { end, target, room, ring } = parts.heads.heads;
  const columns = [parts.table.store.inMemory!, end, target, room, ring];
  const before = columns.map((column) => column.slice(0, 1000));
  return () => {
    for (const [i, column] of columns.entries()) column.set(before[i]!);
    window.at = batchAt;
    fastPath.run(input);
    if (fastPath.packets !== PACKETS) throw new Error(`${fastPath.packets} packets were taken`);
  };
}

describe("FastPath.run", async () => {
  for (const payloadBytes of [64, 1448]) {
    const take = await openBatch(payloadBytes);
    take();
    bench(`1,000 packets of one flow, segments of ${payloadBytes} octets`, take);
  }
});
