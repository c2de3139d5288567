// Reads a generated capture in the plainest way there is and puts its streams together octet by octet: the
// slow, obviously right twin that the generator's manifest is held against. Knows only what the generator
// writes: classic pcap, Ethernet, IPv4, TCP.

import { createHash } from "node:crypto";

export interface DissectedStream {
  /** `address:port` of the sender, and of the receiver. */
  from: string;
  to: string;
  /** By position relative to the sequence number of the SYN (1 is the first octet). */
  octets: Map<number, number>;
}

export interface Dissection {
  packets: number;
  /** Seconds and microseconds of each packet as one number of microseconds. */
  times: number[];
  wrongChecksums: number;
  /** Streams in order of their SYN; those of which no SYN was captured are left out. */
  streams: DissectedStream[];
  /** Packets after which the number of connections open (SYN seen, fewer than two FINs) was highest. */
  mostOpen: number;
  /** Whole records in order, as hexadecimal: for counting duplicates. */
  records: string[];
}

/** The sum that RFC 1071 describes, one word after the other; 0xffff over data with its checksum. */
export function slowSum(octets: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) {
    sum += octets[at]! * 256 + (octets[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

export function dissect(capture: Buffer): Dissection {
  if (capture.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error("not a pcap");
  const result: Dissection = {
    packets: 0,
    times: [],
    wrongChecksums: 0,
    streams: [],
    mostOpen: 0,
    records: [],
  };
  const newest = new Map<string, { stream: DissectedStream; isn: number }>();
  const fins = new Map<string, number>();
  for (let at = 24; at < capture.length;) {
    const length = capture.readUInt32LE(at + 8);
    result.packets++;
    result.times.push(capture.readUInt32LE(at) * 1e6 + capture.readUInt32LE(at + 4));
    const packet = capture.subarray(at + 16, at + 16 + length);
    if (packet.length !== length) throw new Error(`record at ${at} is cut`);
    result.records.push(packet.toString("hex"));
    at += 16 + length;

    const ip = packet.subarray(14, 14 + packet.readUInt16BE(16));
    const tcp = ip.subarray(20);
    const pseudo = Buffer.concat([
      ip.subarray(12, 20),
      Buffer.from([0, 6, tcp.length >> 8, tcp.length & 0xff]),
    ]);
    if (slowSum(ip.subarray(0, 20)) !== 0xffff) result.wrongChecksums++;
    if (slowSum(Buffer.concat([pseudo, tcp])) !== 0xffff) result.wrongChecksums++;

    const from = `${ip.subarray(12, 16).join(".")}:${tcp.readUInt16BE(0)}`;
    const to = `${ip.subarray(16, 20).join(".")}:${tcp.readUInt16BE(2)}`;
    const seq = tcp.readUInt32BE(4);
    const flags = tcp[13]!;
    const key = `${from} ${to}`;
    const both = [from, to].sort().join(" ");
    if ((flags & 0x02) !== 0) {
      const stream: DissectedStream = { from, to, octets: new Map() };
      newest.set(key, { stream, isn: seq });
      result.streams.push(stream);
      fins.set(both, 0);
    }
    if ((flags & 0x01) !== 0) {
      fins.set(both, (fins.get(both) ?? 0) + 1);
      if (fins.get(both) === 2) fins.delete(both);
    }
    result.mostOpen = Math.max(result.mostOpen, fins.size);
    const sent = newest.get(key);
    if (sent === undefined) continue;
    const payload = tcp.subarray((tcp[12]! >> 4) * 4);
    payload.forEach((octet, index) => {
      sent.stream.octets.set(((seq - sent.isn) >>> 0) + index, octet);
    });
  }
  return result;
}

/** A stream without gaps as octets. @throws Error if there is a gap. */
export function contiguous({ octets }: DissectedStream): Buffer {
  return Buffer.from(
    Array.from({ length: octets.size }, (_, index) => {
      const octet = octets.get(index + 1);
      if (octet === undefined) throw new Error(`octet ${index} of ${octets.size} is missing`);
      return octet;
    }),
  );
}

export function sha256(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}
