// Downloads over several connections, first as they were, then as a bad capture has them: 2 % of the
// packets are not there, others lie up to 50 places off or are there twice. Through the whole of
// `extract` into real files, which are held against what was sent.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { RandomConnection, SMOOTH } from "../support/random-connection.ts";
import type { SentPacket } from "../support/random-connection.ts";
import { RandomSource } from "../support/random-source.ts";

const FLOWS = 6;
const REQUEST = Buffer.from("GET /file HTTP/1.1\r\nHost: example.org\r\n\r\n");
const DIRECTIONS = ["c2s", "s2c"] as const;

const folder = mkdtempSync(join(tmpdir(), "tcpx-lossy-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Recorded {
  readonly connection: RandomConnection;
  readonly packet: SentPacket;
}

/** All packets in the order they were sent: the handshakes, then the downloads side by side. */
function traffic(random: RandomSource): Recorded[] {
  const downloads = Array.from({ length: FLOWS }, (_, i) => {
    const settings = {
      clientPort: 50_000 + i,
      vlans: [],
      isn: { c2s: random.word(), s2c: 2 ** 32 - 1 - random.below(200_000) },
      streams: { c2s: REQUEST, s2c: random.octets(random.between(100_000, 200_000)) },
      longestSegment: 1448,
    };
    const connection = new RandomConnection(random, settings, SMOOTH);
    return connection.packets().map((packet) => ({ connection, packet }));
  });
  const handshakes = downloads.flatMap((packets) => packets.splice(0, 3));
  const rest: Recorded[] = [];
  while (downloads.some((packets) => packets.length > 0)) {
    rest.push(...random.pick(downloads).splice(0, 1 + random.below(4)));
  }
  return [...handshakes, ...rest];
}

/** Runs a capture of these packets into files; flows in the order of their ports. */
async function run(name: string, recorded: readonly Recorded[]): Promise<FlowSummary[]> {
  const capture = join(folder, `${name}.pcap`);
  const packets = recorded.map(({ connection, packet }, i) =>
    connection.build(packet, 1000 + Math.floor(i / 1000), (i % 1000) * 1_000_000),
  );
  writeFileSync(capture, pcapFile(packets));
  const flows: FlowSummary[] = [];
  await extract({
    captures: [capture],
    output: { directory: join(folder, name) },
    onFlow: (flow) => flows.push(flow),
  });
  return flows.toSorted((one, other) => one.clientPort - other.clientPort);
}

/** Positions of which a packet is there. */
function covered(recorded: readonly Recorded[], port: number, direction: "c2s" | "s2c") {
  const octets = new Set<number>();
  for (const { connection, packet } of recorded) {
    if (connection.settings.clientPort !== port || packet.direction !== direction) continue;
    packet.payload.forEach((_octet, i) => octets.add(packet.position + i));
  }
  return octets;
}

describe("lossy traffic", () => {
  const random = new RandomSource(82);
  const sent = traffic(random);
  const connections = [...new Set(sent.map(({ connection }) => connection))];

  it("without loss, every file is what was sent", async () => {
    const flows = await run("whole", sent);
    for (const [i, flow] of flows.entries()) {
      for (const direction of DIRECTIONS) {
        const file = readFileSync(join(folder, "whole", flow[direction].file!));
        expect(file.equals(connections[i]!.settings.streams[direction])).toBe(true);
        expect(flow[direction]).toMatchObject({ complete: true, gaps: [] });
      }
    }
  });

  it("with loss, reordering and duplicates: missing + written = sent, every octet in its place", async () => {
    const handshakes = sent.slice(0, FLOWS * 3);
    const kept = sent.slice(FLOWS * 3).filter(({ packet }) => {
      // The FINs stay, so that the lengths are known.
      return packet.flags.includes("F") || !random.chance(0.02);
    });
    const twice = kept.flatMap((one) => (random.chance(0.02) ? [one, one] : [one]));
    const seen = [...handshakes, ...random.reordered(twice, 50)];
    expect(seen.length).toBeLessThan(sent.length + twice.length - kept.length);
    const flows = await run("lossy", seen);
    expect(flows).toHaveLength(FLOWS);
    let missing = 0;
    for (const [i, flow] of flows.entries()) {
      for (const direction of DIRECTIONS) {
        const truth = connections[i]!.settings.streams[direction];
        const stream = flow[direction];
        const there = covered(seen, flow.clientPort, direction);
        expect(stream.missingBytes + stream.writtenBytes).toBe(truth.length);
        expect(stream.writtenBytes).toBe(there.size);
        // The gaps are where the packets are not, octet for octet.
        const inGaps = new Set<number>();
        for (const { start, length } of stream.gaps) {
          for (let at = start; at < start + length; at++) inGaps.add(at);
        }
        const misplaced = [...truth.keys()].filter((at) => inGaps.has(at) === there.has(at));
        expect(misplaced).toEqual([]);
        if (stream.file !== null) {
          const expected = Buffer.from(truth.map((octet, at) => (there.has(at) ? octet : 0)));
          const file = readFileSync(join(folder, "lossy", stream.file));
          expect(file.equals(expected)).toBe(true);
        }
        expect(stream.conflictingBytes).toBe(0);
        missing += stream.missingBytes;
      }
    }
    expect(missing).toBeGreaterThan(1000);
  });
});
