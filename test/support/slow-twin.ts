// The obviously right, slow twin of reassembly and gap causes (tcp.md §3, §4; report.md): a map of
// octets a stream, a set of positions for each kind of evidence, every octet looked at one by one.
// Knows no jumps (streams are short) and no several flows on a key: it is told whose packet is whose.

import type { Gap } from "../../src/report/flow-summary.ts";
import type { Direction, SentPacket } from "./random-connection.ts";

/** What must come of one direction; names as in flows.jsonl. */
export interface TwinStream {
  readonly octets: ReadonlyMap<number, number>;
  readonly streamBytes: number;
  readonly finUnseen: boolean;
  readonly gaps: readonly Gap[];
  readonly counts: Readonly<Record<string, number>>;
}

export class SlowTwin {
  readonly #streams: Record<Direction, SlowStream> = {
    c2s: new SlowStream(),
    s2c: new SlowStream(),
  };
  /** No packet that may open a flow was seen so far. */
  #isOpen = false;
  readonly #last: Record<Direction, SentPacket | null> = { c2s: null, s2c: null };

  /** `refuses`: segments with a wrong checksum count for nothing. */
  take(packet: SentPacket): void {
    const { direction, flags, payload, ack } = packet;
    const stream = this.#streams[direction];
    const peer = this.#streams[direction === "c2s" ? "s2c" : "c2s"];
    const captured = payload.subarray(0, payload.length - packet.cut);
    if (packet.isBad) {
      if (!this.#isOpen) return;
      stream.packets++;
      if (payload.length > 0) stream.refuse(packet.position, captured);
      return;
    }
    this.#isOpen = true;
    stream.packets++;
    const isDuplicate = this.#last[direction] === packet;
    this.#last[direction] = packet;
    if (flags.includes("S")) {
      stream.setOrigin(0);
      if (flags.includes("A")) peer.setOrigin(0);
    }
    if (ack !== null) {
      peer.acknowledge(ack);
      for (const [left, right] of packet.sack) peer.acknowledgeBlock(left, right);
    }
    if (payload.length > 0) stream.data(packet.position, captured, payload.length, isDuplicate);
    if (flags.includes("F")) stream.finish(packet.position + payload.length);
  }

  end(direction: Direction): TwinStream {
    return this.#streams[direction].end();
  }
}

class SlowStream {
  packets = 0;
  /** Position 0 of the stream, counted from the octet after the SYN. */
  #origin: number | null = null;
  #isOriginFixed = false;
  #highest = 0;
  readonly #octets = new Map<number, number>();
  readonly #snapped = new Set<number>();
  readonly #discarded = new Set<number>();
  readonly #sacked = new Set<number>();
  #sackedEnd = -1;
  #acked = -1;
  #earlyAck: number | null = null;
  #fin = -1;
  readonly #counts: Record<string, number> = {
    capturedBytes: 0,
    writtenBytes: 0,
    snappedBytes: 0,
    inOrder: 0,
    afterHole: 0,
    outOfOrder: 0,
    overlapping: 0,
    retransmitted: 0,
    probes: 0,
    notPlaced: 0,
    retransmittedBytes: 0,
    overlappingBytes: 0,
    conflictingBytes: 0,
    probeBytes: 0,
    refusedBytes: 0,
    beforeStartBytes: 0,
    afterFinBytes: 0,
  };

  setOrigin(position: number): void {
    if (this.#origin === null) this.#begin(position);
    else if (position < this.#origin && !this.#isOriginFixed) this.#moveBack(position);
    else if (position !== this.#origin) return;
    this.#isOriginFixed = true;
  }

  acknowledge(position: number): void {
    if (this.#origin === null) this.#earlyAck = position;
    else if (position >= this.#origin) this.#acked = Math.max(this.#acked, position);
  }

  acknowledgeBlock(left: number, right: number): void {
    if (this.#origin === null || left < this.#origin || right <= this.#acked) return;
    for (let at = left; at < right; at++) this.#sacked.add(at);
    this.#sackedEnd = Math.max(this.#sackedEnd, right);
  }

  finish(position: number): void {
    if (this.#origin === null || position < this.#origin) return;
    this.#fin = Math.max(this.#fin, position);
  }

  refuse(position: number, captured: Uint8Array): void {
    this.#add("capturedBytes", captured.length);
    this.#add("refusedBytes", captured.length);
    this.#add("notPlaced", 1);
    if (this.#origin === null || position < this.#origin) return;
    captured.forEach((_octet, i) => this.#discarded.add(position + i));
  }

  data(start: number, captured: Uint8Array, wireLength: number, isDuplicate: boolean): void {
    this.#add("capturedBytes", captured.length);
    this.#add("snappedBytes", wireLength - captured.length);
    if (this.#origin === null) this.#begin(start);
    if (wireLength === 1 && this.#isProbe(start)) {
      this.#add("probes", 1);
      this.#add("probeBytes", captured.length);
      return;
    }
    if (start < this.#origin! && !this.#isOriginFixed) this.#moveBack(start);
    const highest = this.#highest;
    let placed = 0;
    let old = 0;
    let before = 0;
    for (let at = start; at < start + wireLength; at++) {
      const octet = captured[at - start];
      if (at < this.#origin!) {
        if (octet !== undefined) before++;
        continue;
      }
      this.#highest = Math.max(this.#highest, at + 1);
      const kept = this.#octets.get(at);
      if (octet === undefined) this.#snapped.add(at);
      else if (kept === undefined) {
        placed++;
        this.#octets.set(at, octet);
        if (this.#fin >= 0 && at >= this.#fin) this.#add("afterFinBytes", 1);
      } else {
        old++;
        if (kept !== octet && !isDuplicate) this.#add("conflictingBytes", 1);
      }
    }
    this.#add("beforeStartBytes", before);
    this.#add("writtenBytes", placed);
    const first = Math.max(start, this.#origin!);
    if (first >= start + wireLength) this.#add("notPlaced", 1);
    else if (first === highest) this.#add("inOrder", 1);
    else if (first > highest) this.#add("afterHole", 1);
    else if (placed === 0 && this.#highest === highest) {
      this.#add("retransmitted", 1);
      this.#add("retransmittedBytes", old);
    } else if (old > 0) {
      this.#add("overlapping", 1);
      this.#add("overlappingBytes", old);
    } else this.#add("outOfOrder", 1);
  }

  end(): TwinStream {
    const counts = { ...this.#counts };
    if (this.#origin === null || this.packets === 0) {
      return { octets: new Map(), streamBytes: 0, finUnseen: false, gaps: [], counts };
    }
    const origin = this.#origin;
    let end = Math.max(this.#highest, this.#fin, origin);
    const acked = Math.max(this.#acked, this.#sackedEnd);
    // One beyond the end is the FIN's own number.
    const finUnseen = acked === end + 1 && this.#fin < end;
    if (acked > end + 1) end = acked;
    const gaps: Gap[] = [];
    for (let at = origin; at < end; at++) {
      if (this.#octets.has(at)) continue;
      const cause = this.#causeAt(at);
      const last = gaps.at(-1);
      const start = at - origin;
      if (last !== undefined && last.start + last.length === start && last.cause === cause) {
        last.length++;
      } else gaps.push({ start, length: 1, cause });
    }
    const octets = new Map([...this.#octets].map(([at, octet]) => [at - origin, octet]));
    return { octets, streamBytes: end - origin, finUnseen, gaps, counts };
  }

  #causeAt(at: number): Gap["cause"] {
    if (this.#discarded.has(at)) return "discarded";
    if (this.#snapped.has(at)) return "snapped";
    return at < this.#acked || this.#sacked.has(at) ? "ackedUnseen" : "neverAcked";
  }

  /** One octet just below the highest end, and it is there; or at the FIN's own number. */
  #isProbe(at: number): boolean {
    if (at === this.#highest) return this.#fin === this.#highest;
    return at === this.#highest - 1 && (at < this.#origin! || this.#octets.has(at));
  }

  #begin(position: number): void {
    this.#origin = position;
    this.#highest = position;
    if (this.#earlyAck !== null && this.#earlyAck >= position) this.#acked = this.#earlyAck;
  }

  #moveBack(position: number): void {
    this.#origin = position;
    if (this.#acked < 0 && this.#earlyAck !== null && this.#earlyAck >= position) {
      this.#acked = this.#earlyAck;
    }
  }

  #add(name: string, amount: number): void {
    this.#counts[name]! += amount;
  }
}
