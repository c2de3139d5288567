// One packet's octets to its TCP segment: the short way of plain packets (IPv4, IPv6, one tag), and the walk
// from layer to layer that everything else takes. The segment is the same in all of them, of 64 octets.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { Decoder } from "../../src/decode/decoder.ts";
import { Outcome } from "../../src/decode/outcome.ts";
import { SegmentCursor } from "../../src/decode/segment-cursor.ts";
import { ACK, Endpoint, SegmentBuilder, sumWords } from "../generator/segment-builder.js";

const PACKETS = 1000;
const PAYLOAD_BYTES = 64;
const ADDRESSES = 12;
const ETHERNET = 14;
const IPV4 = 20;

function plainPacket(): Buffer {
  const client = new Endpoint();
  const server = new Endpoint();
  client.reset(0x0a4d0001, 40_000, 1000, 1);
  server.reset(0x0a4d0002, 80, 2000, 1);
  const payload = Buffer.alloc(PAYLOAD_BYTES, "tcpx");
  const builder = new SegmentBuilder();
  const sum = sumWords(payload, 0, PAYLOAD_BYTES);
  builder.build(client, server, ACK, 0, payload, 0, PAYLOAD_BYTES, sum);
  return Buffer.from(builder.packet.subarray(0, builder.length));
}

const plain = plainPacket();
const addresses = plain.subarray(0, ADDRESSES);
const tcp = plain.subarray(ETHERNET + IPV4);

/** IPv4 without options from 10.77.0.1 to 10.77.0.2; nobody verifies its checksum. */
function ipv4(protocol: number, payload: Buffer): Buffer {
  const header = Buffer.from("4500000000000000400000000a4d00010a4d0002", "hex");
  header.writeUInt16BE(IPV4 + payload.length, 2);
  header[9] = protocol;
  return Buffer.concat([header, payload]);
}

function ipv6(payload: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.set([0x60, 0, 0, 0, payload.length >> 8, payload.length & 0xff, 6, 64]);
  header.set([0x20, 0x01, 0x0d, 0xb8], 8);
  header.set([0x20, 0x01, 0x0d, 0xb8, 1], 24);
  return Buffer.concat([header, payload]);
}

function ethernet(types: string, payload: Buffer): Buffer {
  return Buffer.concat([addresses, Buffer.from(types, "hex"), payload]);
}

const VXLAN_PORTS_AND_HEADER = "c00012b5000000000800000000007b00";
const vxlan = Buffer.concat([Buffer.from(VXLAN_PORTS_AND_HEADER, "hex"), plain]);
vxlan.writeUInt16BE(vxlan.length, 4);
const gre = Buffer.concat([Buffer.from("00000800", "hex"), plain.subarray(ETHERNET)]);

const KINDS: readonly (readonly [name: string, packet: Buffer])[] = [
  ["IPv4", plain],
  ["IPv4 behind one VLAN tag", ethernet("810000640800", plain.subarray(ETHERNET))],
  ["IPv6", ethernet("86dd", ipv6(tcp))],
  ["IPv4 behind two VLAN tags", ethernet("88a80065810000640800", plain.subarray(ETHERNET))],
  ["IPv4 in GRE in IPv4", ethernet("0800", ipv4(47, gre))],
  ["IPv4 in Ethernet in VXLAN in IPv4", ethernet("0800", ipv4(17, vxlan))],
];

const segment = new SegmentCursor();

function decodeAll(decoder: Decoder, packet: PacketCursor): void {
  let payloadBytes = 0;
  for (let count = 0; count < PACKETS; count++) {
    if (decoder.decode(packet, segment) === Outcome.TCP) payloadBytes += segment.payloadLength;
  }
  if (payloadBytes !== PACKETS * PAYLOAD_BYTES) throw new Error(`${payloadBytes} octets`);
}

describe("Decoder.decode", () => {
  for (const [name, bytes] of KINDS) {
    const packet = new PacketCursor();
    packet.bytes = bytes;
    packet.end = packet.originalLength = bytes.length;
    packet.linkType = 1;
    const decoder = new Decoder();
    decodeAll(decoder, packet);
    if (!bytes.subarray(segment.tcpStart, segment.payloadEnd).equals(tcp)) throw new Error(name);
    bench(`1,000 packets: ${name}`, () => decodeAll(decoder, packet));
  }
});
