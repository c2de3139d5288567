// The packet in hand, its flow, and what became of it: dropped, or answered by forged resets.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { FlowRecord } from "./flow-record.ts";
import { forgeReset, resetNumbers } from "./forge-reset.ts";
import type { PacketInjector } from "./packet-injector.ts";
import type { Direction } from "./script-api.ts";

export class PacketInHand {
  /** Where forged packets go; null: nowhere. */
  injector: PacketInjector | null = null;
  /** Resets that could not be forged (tunnels, unusual link layers). */
  forgeryFailures = 0;
  /** By `packet.drop()`: this one packet. */
  isDropped = false;
  #record: FlowRecord | null = null;
  #packet: PacketCursor | null = null;
  #segment: SegmentCursor | null = null;
  #isFromClient = false;
  /** Of the sender, before the packet. */
  #highestBefore = 0;

  /** `record`: null where the flow is none of the scripts'. Runs once a packet. */
  take(
    record: FlowRecord | null,
    packet: PacketCursor,
    segment: SegmentCursor,
    isFromClient: boolean,
    highestBefore: number,
  ): void {
    this.isDropped = false;
    this.#record = record;
    this.#packet = packet;
    this.#segment = segment;
    this.#isFromClient = isFromClient;
    this.#highestBefore = highestBefore;
  }

  get record(): FlowRecord | null {
    return this.#record;
  }

  get packet(): PacketCursor | null {
    return this.#packet;
  }

  get segment(): SegmentCursor | null {
    return this.#segment;
  }

  get direction(): Direction {
    return this.#isFromClient ? "c2s" : "s2c";
  }

  /** False where the packet vanished, also by what its octets caused. */
  get hasPassed(): boolean {
    return !this.isDropped && this.#record?.isDropped !== true;
  }

  /** Answers the packet, of the flow of which `flow` has the numbers: to the server, or to both ends. */
  reset(flow: FlowCursor, toClient: boolean): void {
    this.#forge(flow, true);
    if (toClient) this.#forge(flow, false);
  }

  #forge(flow: FlowCursor, toServer: boolean): void {
    if (this.injector === null) return;
    const packet = this.#packet!;
    const segment = this.#segment!;
    const incoming = toServer ? flow.c2s : flow.s2c;
    const outgoing = toServer ? flow.s2c : flow.c2s;
    const isFromReceiver = this.#isFromClient !== toServer;
    const before = isFromReceiver ? incoming.highest : this.#highestBefore;
    const numbers = resetNumbers(incoming, outgoing, before, segment, isFromReceiver);
    const bytes = forgeReset(packet, segment, isFromReceiver, numbers);
    if (bytes === null) this.forgeryFailures++;
    else this.injector.inject(bytes, packet);
  }
}
