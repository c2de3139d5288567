// The time of the packet in hand, as scripts see it: one object a packet, made when it is asked for.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import { CaptureTime } from "./capture-time.ts";

export class ScriptClock {
  #seconds = 0;
  #nanos = 0;
  #now = new CaptureTime(0, 0);

  /** Runs once a packet. */
  set(packet: PacketCursor): void {
    this.#seconds = packet.seconds;
    this.#nanos = packet.nanos;
  }

  /** May be kept. The same object until the time changes. */
  now(): CaptureTime {
    const now = this.#now;
    if (now.seconds === this.#seconds && now.nanos === this.#nanos) return now;
    return (this.#now = new CaptureTime(this.#seconds, this.#nanos));
  }
}
