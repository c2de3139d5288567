// One packet as a script sees it: numbers are taken over, octets can be had during the call only.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { CaptureTime } from "./capture-time.ts";
import type { FileTarget } from "./payload-view.ts";
import { PayloadView } from "./payload-view.ts";
import type { Direction, PayloadBuffer, ScriptPacket } from "./script-api.ts";

/** What a script may do to the packet in hand. */
export interface PacketActions {
  drop(): void;
  reset(toClient: boolean): void;
}

const FLAG_LETTERS = ["F", "S", "R", "P", "A", "U", "E", "C"];

export class PacketView implements ScriptPacket {
  readonly number: number;
  readonly timestamp: CaptureTime;
  readonly direction: Direction;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly capturedLength: number;
  readonly originalLength: number;
  readonly payloadLength: number;
  readonly payload: PayloadBuffer;
  readonly #flags: number;
  readonly #actions: PacketActions;
  readonly #whole: PayloadView;
  readonly #payload: PayloadView;
  #isOver = false;

  constructor(
    packet: PacketCursor,
    segment: SegmentCursor,
    direction: Direction,
    timestamp: CaptureTime,
    files: FileTarget,
    actions: PacketActions,
  ) {
    this.number = packet.number;
    this.timestamp = timestamp;
    this.direction = direction;
    this.seq = segment.seq >>> 0;
    this.ack = segment.ack >>> 0;
    this.window = segment.window;
    this.capturedLength = packet.end - packet.start;
    this.originalLength = packet.originalLength;
    this.payloadLength = segment.payloadLength;
    this.#flags = segment.flags;
    this.#actions = actions;
    this.#whole = new PayloadView(files, packet.bytes, packet.start, packet.end);
    this.#payload = new PayloadView(files, segment.bytes, segment.payloadStart, segment.payloadEnd);
    this.payload = this.#payload;
  }

  revoke(): void {
    this.#isOver = true;
    this.#whole.revoke();
    this.#payload.revoke();
  }

  get flags(): string {
    return FLAG_LETTERS.filter((_, bit) => (this.#flags & (1 << bit)) !== 0).join("");
  }

  get bytes(): Uint8Array {
    return this.#whole.bytes;
  }

  drop(): void {
    this.#check();
    this.#actions.drop();
  }

  reset(): void {
    this.#check();
    this.#actions.reset(true);
  }

  halfReset(): void {
    this.#check();
    this.#actions.reset(false);
  }

  #check(): void {
    if (!this.#isOver) return;
    throw new TypeError("the packet has been handled: decide while its handler is called");
  }
}
