// What the short way saves: data in order and its acknowledgments through the prediction, and through all the
// rules. Octets go to nobody.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { SegmentCursor, TcpFlag } from "../../src/decode/segment-cursor.ts";
import { FlowCursor } from "../../src/flow/flow-cursor.ts";
import { RECORD_WORDS } from "../../src/memory/flow-record.ts";
import { HeaderPrediction } from "../../src/flow/header-prediction.ts";
import { SegmentRules } from "../../src/flow/segment-rules.ts";
import type { OctetReceiver } from "../../src/reassembly/octet-receiver.ts";
import { Reassembler } from "../../src/reassembly/reassembler.ts";
import { StreamExtras } from "../../src/reassembly/stream-cursor.ts";

const ROUNDS = 500;
const BYTES = 64;
const MAX_JUMP = 16 * 1024 * 1024;
const { SYN, ACK, PSH } = TcpFlag;

const nobody: OctetReceiver = {
  octets: () => undefined,
  again: () => undefined,
  rebased: () => undefined,
  finished: () => undefined,
};

/** An established connection whose client sends, and whose server acknowledges. */
class Connection {
  readonly #prediction: HeaderPrediction;
  readonly #rules: SegmentRules;
  readonly #flow = new FlowCursor(new StreamExtras());
  readonly #packet = new PacketCursor();
  readonly #segment = new SegmentCursor();
  readonly #payload = new Uint8Array(BYTES);
  #seq = 100;
  #id = 0;

  constructor() {
    const reassembler = new Reassembler(nobody, {
      maxJump: MAX_JUMP,
      maxStreamBytes: Infinity,
      maxTotalBytes: Infinity,
      overlap: "first",
      maxRanges: 65_536,
    });
    this.#prediction = new HeaderPrediction(reassembler);
    this.#rules = new SegmentRules(reassembler, MAX_JUMP);
    const words = new Int32Array(RECORD_WORDS);
    this.#flow.bind(0, words, new Float64Array(words.buffer), 0);
    this.#segment.ipVersion = 4;
    this.#segment.window = 1000;
    this.#segment.packets = 1;
    this.#flow.open(this.#segment, true, 0, 0);
    this.#take(false, true, SYN, this.#seq++, 0, 0);
    this.#take(false, false, SYN | ACK, 0, this.#seq, 0);
    this.#take(false, true, ACK, this.#seq, 1, 0);
    this.round(false);
  }

  /** A segment with octets, and its acknowledgment. */
  round(isPredicted: boolean): void {
    const isData = this.#take(isPredicted, true, ACK | PSH, this.#seq, 1, BYTES);
    this.#seq = (this.#seq + BYTES) | 0;
    const isAck = this.#take(isPredicted, false, ACK, 1, this.#seq, 0);
    if (isPredicted && !(isData && isAck)) throw new Error("a segment was not predicted");
  }

  /** True if the segment was predicted, or has completed the handshake. */
  #take(
    isPredicted: boolean,
    isFromClient: boolean,
    flags: number,
    seq: number,
    ack: number,
    bytes: number,
  ): boolean {
    this.#set(flags, seq, ack, bytes);
    const flow = this.#flow;
    const sender = isFromClient ? flow.c2s : flow.s2c;
    return isPredicted
      ? this.#prediction.take(flow, sender, this.#packet, this.#segment)
      : this.#rules.apply(flow, sender, this.#packet, this.#segment);
  }

  #set(flags: number, seq: number, ack: number, bytes: number): void {
    const segment = this.#segment;
    segment.flags = flags;
    segment.seq = seq;
    segment.ack = ack;
    segment.ipId = (++this.#id & 0x7fff) + 1;
    segment.bytes = this.#payload;
    segment.payloadStart = 0;
    segment.payloadEnd = bytes;
    segment.payloadLength = bytes;
  }
}

describe("HeaderPrediction", () => {
  const connection = new Connection();

  bench("1,000 segments of one flow: predicted", () => {
    for (let i = 0; i < ROUNDS; i++) connection.round(true);
  });

  bench("1,000 segments of one flow: by all the rules", () => {
    for (let i = 0; i < ROUNDS; i++) connection.round(false);
  });
});
