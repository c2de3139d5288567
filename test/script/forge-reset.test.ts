// Forged resets: right numbers, checksums, addresses and time, for every state of the connection.

import { describe, expect, it } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { Decoder } from "../../src/decode/decoder.ts";
import { verifyTcpChecksum } from "../../src/decode/checksum.ts";
import { Outcome } from "../../src/decode/outcome.ts";
import { ChecksumState, SegmentCursor, TcpFlag } from "../../src/decode/segment-cursor.ts";
import { forgeReset } from "../../src/script/forge-reset.ts";
import { loadScripts, openScripts } from "../../src/extract/script-wiring.ts";
import type { Script } from "../../src/script/script-api.ts";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { Engine } from "../../src/extract/engine.ts";
import { MemorySink } from "../support/memory-sink.ts";
import { pcapFile } from "../support/capture-builder.ts";
import {
  ethernet,
  gre,
  internetChecksum,
  ipv4,
  tcpInIp,
  tcpPacket,
} from "../support/packet-builder.ts";
import { HANDSHAKE, packetOf } from "./run-scripts.ts";
import { Readable } from "node:stream";

interface Forged {
  readonly time: string;
  readonly from: "c" | "s";
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
}

function decode(bytes: Uint8Array, linkType = 1): SegmentCursor {
  const packet = Object.assign(new PacketCursor(), {
    bytes,
    start: 0,
    end: bytes.length,
    originalLength: bytes.length,
    linkType,
  });
  const segment = new SegmentCursor();
  const decoder = new Decoder({ decapsulate: true, decapPorts: [] });
  expect(decoder.decode(packet, segment)).toBe(Outcome.TCP);
  expect(verifyTcpChecksum(segment)).toBe(ChecksumState.GOOD);
  expect(segment.payloadLength).toBe(0);
  return segment;
}

/** Runs a script and gives the packets that were forged. */
async function forgedBy(script: Script, lines: readonly string[]): Promise<Forged[]> {
  const capture = pcapFile(lines.map(packetOf), { resolution: "nano" });
  const input = await CaptureInput.open(["-"], { standardInput: Readable.from([capture]) });
  const stage = openScripts(await loadScripts({ scripts: [script] }), {}, new MemorySink());
  const forged: Forged[] = [];
  stage.host.injector = {
    inject: (bytes, like) => {
      const segment = decode(bytes);
      const { flags, seq, ack } = segment;
      forged.push({
        time: `${like.seconds}.${String(like.nanos / 1e8)}`,
        from: segment.destinationPort === 80 ? "c" : "s",
        flags: flags === TcpFlag.RST ? "R" : flags === (TcpFlag.RST | TcpFlag.ACK) ? "RA" : "?",
        seq: seq >>> 0,
        ack: ack >>> 0,
      });
    },
  };
  const engine = new Engine(DEFAULT_ENGINE_OPTIONS, stage.sink, null);
  await stage.start(engine);
  await engine.run(input, null);
  await stage.sink.finish();
  expect(stage.host.errors).toEqual([]);
  return forged;
}

const resetOn = (text: string, half = false): Script => ({
  rules: [
    {
      on: "receivePacket",
      eval: (flow, packet) => {
        if (!packet.payload.text().includes(text)) return;
        if (half) flow.halfReset();
        else flow.reset();
      },
    },
  ],
});

describe("a reset", () => {
  it("goes to both ends with the numbers they expect; the packet that caused it was not delivered", async () => {
    expect(
      await forgedBy(resetOn("bad"), [
        ...HANDSHAKE,
        "1.0 c PA 101 301 hello",
        "1.1 s PA 301 106 answer",
        "1.2 c PA 106 307 bad",
        "1.3 c PA 109 307 more",
      ]),
    ).toEqual([
      { time: "1.2", from: "c", flags: "R", seq: 106, ack: 0 },
      { time: "1.2", from: "s", flags: "R", seq: 307, ack: 0 },
    ]);
  });

  it("by half goes to the server only", async () => {
    expect(await forgedBy(resetOn("bad", true), [...HANDSHAKE, "1.0 s PA 301 101 bad"])).toEqual([
      { time: "1.0", from: "c", flags: "R", seq: 101, ack: 0 },
    ]);
  });

  it("names the first octet that the receiver lacks, where a hole is before it", async () => {
    const [toServer] = await forgedBy(resetOn("bad"), [
      ...HANDSHAKE,
      "1.0 c PA 101 301 hello",
      "1.1 c PA 110 301 ahead",
      "1.2 s PA 301 106 bad",
    ]);
    expect(toServer).toMatchObject({ seq: 106 });
  });

  it("counts what the peer acknowledged as delivered, captured or not", async () => {
    const [toServer] = await forgedBy(resetOn("bad"), [
      ...HANDSHAKE,
      "1.1 c PA 110 301 ahead",
      "1.2 s A 301 115",
      "1.3 s PA 301 115 bad",
    ]);
    expect(toServer).toMatchObject({ seq: 115 });
  });

  it("counts a FIN", async () => {
    const [toServer] = await forgedBy(resetOn("bad"), [
      ...HANDSHAKE,
      "1.0 c FA 101 301",
      "1.1 s PA 301 102 bad",
    ]);
    expect(toServer).toMatchObject({ seq: 102 });
  });

  it("wraps with the sequence numbers", async () => {
    const [toServer] = await forgedBy(resetOn("bad"), [
      "0.0 c S 4294967290",
      "0.1 s SA 300 4294967291",
      "0.2 c A 4294967291 301",
      "1.0 c PA 4294967291 301 0123456789",
      "1.1 c PA 5 301 bad",
    ]);
    expect(toServer).toMatchObject({ seq: 5 });
  });

  it("answers a SYN with the ACK of it: nothing else is taken in SYN-SENT", async () => {
    const onSyn: Script = {
      rules: [{ on: "newConnection", eval: (_flow, packet) => packet.reset() }],
    };
    const forged = await forgedBy(onSyn, HANDSHAKE);
    expect(forged[1]).toEqual({ time: "0.0", from: "s", flags: "RA", seq: 0, ack: 101 });
  });

  it("takes the numbers of the packet in hand in a midstream flow", async () => {
    const forged = await forgedBy(resetOn("bad"), ["1.0 c PA 5000 7000 bad"]);
    expect(forged).toEqual([
      { time: "1.0", from: "c", flags: "R", seq: 5000, ack: 0 },
      { time: "1.0", from: "s", flags: "R", seq: 7000, ack: 0 },
    ]);
  });

  it("caused by data leaves out the octets that caused it", async () => {
    const onData: Script = {
      rules: [
        {
          on: "receiveData",
          eval: (flow, data) => {
            if (data.text() === "bad") flow.reset();
          },
        },
      ],
    };
    const [toServer] = await forgedBy(onData, [
      ...HANDSHAKE,
      "1.0 c PA 101 301 ok",
      "1.1 c PA 103 301 bad",
    ]);
    expect(toServer).toMatchObject({ seq: 103 });
  });
});

describe("a forged packet", () => {
  const forge = (bytes: Uint8Array, linkType = 1, turns = true): Uint8Array | null => {
    const packet = Object.assign(new PacketCursor(), {
      bytes,
      start: 0,
      end: bytes.length,
      originalLength: bytes.length,
      linkType,
    });
    const segment = new SegmentCursor();
    const decoder = new Decoder({ decapsulate: true, decapPorts: [] });
    expect(decoder.decode(packet, segment)).toBe(Outcome.TCP);
    return forgeReset(packet, segment, turns, { seq: 1, ack: 2 });
  };

  it("keeps VLAN tags and turns addresses around", () => {
    const original = tcpPacket({ vlans: [{ id: 7 }, { id: 8 }], payload: "x", source: "10.9.8.7" });
    const bytes = forge(original)!;
    expect([...bytes.subarray(0, 12)]).toEqual([
      ...original.subarray(6, 12),
      ...original.subarray(0, 6),
    ]);
    expect([...bytes.subarray(12, 22)]).toEqual([...original.subarray(12, 22)]);
    const segment = decode(bytes);
    expect([segment.sourcePort, segment.destinationPort]).toEqual([80, 40_000]);
    expect(segment.destination3 >>> 0).toBe(0x0a090807);
    expect(internetChecksum(bytes.subarray(22, 42))).toBe(0);
  });

  it("goes along with the packet where it does not turn", () => {
    const original = tcpPacket({ payload: "x" });
    const bytes = forge(original, 1, false)!;
    expect([...bytes.subarray(0, 14)]).toEqual([...original.subarray(0, 14)]);
    expect(decode(bytes).sourcePort).toBe(40_000);
  });

  it("is right for IPv6 and raw IP", () => {
    const addresses = { source: "2001:db8::1", destination: "2001:db8::2" };
    expect(decode(forge(tcpPacket({ ...addresses, payload: "x" }))!).ipVersion).toBe(6);
    expect(decode(forge(tcpInIp({ payload: "x" }), 101)!, 101).ipVersion).toBe(4);
  });

  it("is not made of a packet in a tunnel", () => {
    const inner = tcpInIp({ payload: "x" });
    expect(
      forge(ethernet({ payload: ipv4({ protocol: 47, payload: gre({ payload: inner }) }) })),
    ).toBeNull();
  });
});
