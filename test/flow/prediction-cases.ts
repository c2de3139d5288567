// What the short ways for segments are held against the long one with: option sets, and connections in which
// something comes that no short way may take.

import type { EngineOptions } from "../../src/extract/engine-options.ts";
import { FlowNumbers } from "../../src/filter/flow-numbers.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";

export const OPTIONS: readonly (readonly [string, Partial<EngineOptions>])[] = [
  ["the defaults", {}],
  ["every checksum verified", { checksums: "verify" }],
  ["checksums ignored", { checksums: "ignore" }],
  ["flows left out", { flowNumbers: FlowNumbers.of([{ first: 2, last: 9 }]) }],
  ["what is early left out", { after: { seconds: 1000, nanos: 400_000 } }],
  ["a limit for streams", { maxStreamBytes: 150 }],
  ["a limit for the run", { maxTotalBytes: 2000 }],
  ["the newest copy wins", { overlap: "last" }],
  ["copies as one receiver takes them", { overlap: "linux" }],
  ["paths of VLANs looked at", { vlan: "first" }],
];

const CLIENT = {
  source: "10.0.0.1",
  destination: "10.0.0.2",
  sourcePort: 40_000,
  destinationPort: 80,
};
const SERVER = {
  source: "10.0.0.2",
  destination: "10.0.0.1",
  sourcePort: 80,
  destinationPort: 40_000,
};
const SYN = { ...CLIENT, flags: "S", seq: 100 };
const SYN_ACK = { ...SERVER, flags: "SA", seq: 0, ack: 101 };
const ACK = { ...CLIENT, flags: "A", seq: 101, ack: 1 };
export const HANDSHAKE: readonly TcpPacketFields[] = [SYN, SYN_ACK, ACK];

/** `count` times four octets of the client's, each acknowledged. */
export function dataAndAcks(count: number): TcpPacketFields[] {
  return Array.from({ length: count }, (_, i) => [
    { ...CLIENT, flags: "PA", seq: 101 + 4 * i, ack: 1, payload: "octs" },
    { ...SERVER, flags: "A", seq: 1, ack: 105 + 4 * i },
  ]).flat();
}

/** A microsecond from one to the next. */
export function asCapture(packets: readonly TcpPacketFields[]): BuiltPacket[] {
  return packets.map((fields, i) => ({ seconds: 1000, nanos: i * 1000, bytes: tcpPacket(fields) }));
}

/** What comes once three data segments, up to 113, were acknowledged. */
export const CASES: readonly (readonly [string, ...TcpPacketFields[]])[] = [
  ["a window of zero", { ...SERVER, flags: "A", seq: 1, ack: 112, window: 0 }],
  [
    "a wrong checksum that is only counted",
    { ...CLIENT, flags: "PA", seq: 113, ack: 1, payload: "oops", checksum: 1 },
  ],
  ["no acknowledgment", { ...CLIENT, flags: "P", seq: 113, ack: 200, payload: "oops" }],
  ["the same packet once more", { ...SERVER, flags: "A", seq: 1, ack: 113 }],
  [
    "a window that decides over a reset",
    { ...SERVER, flags: "A", seq: 1, ack: 112, window: 10 },
    { ...CLIENT, flags: "R", seq: 200 },
    { ...CLIENT, flags: "R", seq: 120 },
  ],
  [
    "octets behind a FIN",
    { ...CLIENT, flags: "FA", seq: 113, ack: 1 },
    { ...CLIENT, flags: "PA", seq: 113, ack: 1, payload: "late" },
    { ...SERVER, flags: "A", seq: 1, ack: 114 },
  ],
  [
    "a handshake whose SYN+ACK comes late",
    ...[SYN, ACK, SYN_ACK, { ...ACK, id: 7 }].map((fields) => ({
      ...fields,
      sourcePort: fields.sourcePort + 1,
      destinationPort: fields.destinationPort + 1,
    })),
  ],
  [
    "an acknowledgment of what was not captured",
    { ...SERVER, flags: "A", seq: 1, ack: 200 },
    { ...SERVER, flags: "A", seq: 1, ack: 0x7000_0000 },
  ],
];
