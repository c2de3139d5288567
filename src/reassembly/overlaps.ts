// A further copy of octets that were handed on before: which copy is kept (tcp.md §3.4). With `first`
// and `last` that is the same everywhere; a target-based policy decides segment by segment, and only
// for what waits behind a hole:
//
//     stream    |####....[  a  ][ b ]        #### is contiguous: nothing replaces it
//     in hand       [========]               one decision against a, none against ####

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { OctetReceiver } from "./octet-receiver.ts";
import { isTargetBased, newCopyWins } from "./overlap-policy.ts";
import type { OverlapPolicy } from "./overlap-policy.ts";
import { Rare } from "./rare-counters.ts";
import { SegmentRuns } from "./segment-runs.ts";
import type { StreamCursor } from "./stream-cursor.ts";

const NO_RUNS = new SegmentRuns();

export class Overlaps {
  readonly #receiver: OctetReceiver;
  readonly #policy: OverlapPolicy;
  /** Whose octet is whose must be remembered. */
  readonly #keepsRuns: boolean;
  /** Ends of the segment in hand. */
  #segmentStart = 0;
  #segmentEnd = 0;

  constructor(receiver: OctetReceiver, policy: OverlapPolicy) {
    this.#receiver = receiver;
    this.#policy = policy;
    this.#keepsRuns = isTargetBased(policy);
  }

  /** The captured octets of the segment in hand are `[start, end)` until the next call. */
  begin(start: number, end: number): void {
    this.#segmentStart = start;
    this.#segmentEnd = end;
  }

  /** `bytes[start, end)` of the segment in hand lie at `position`, where octets are already. */
  compare(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const settled = (stream.sideIfAny?.settledEnd ?? 0) - position;
    let unknown = 0;
    if (settled > 0) {
      unknown = Math.min(settled, end - start);
      stream.count(Rare.NOT_COMPARED_BYTES, unknown);
      if (unknown === end - start) return;
    }
    const from = position + unknown;
    if (this.#keepsRuns) this.#compareRuns(stream, from, bytes, start + unknown, end, packet);
    else {
      const newWins = this.#policy === "last";
      this.#receiver.again(stream, from, bytes, start + unknown, end, packet, newWins);
    }
  }

  /** Remembers the segment in hand as far as it waits behind a hole. */
  claim(stream: StreamCursor, isWhole: boolean): void {
    if (!this.#keepsRuns || !stream.hasSide) return;
    const { side } = stream;
    const { holes } = side;
    if (holes.count === 0) {
      side.runs = null;
      return;
    }
    side.runs ??= new SegmentRuns();
    const contiguous = holes.start(0);
    if (isWhole && this.#segmentEnd > contiguous) {
      side.runs.claim(this.#policy, this.#segmentStart, this.#segmentEnd);
    }
    side.runs.forgetBelow(contiguous);
  }

  /** One decision for each segment that waits there; where none does, the octets are contiguous. */
  #compareRuns(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const runs = stream.sideIfAny?.runs ?? NO_RUNS;
    const limit = position + (end - start);
    const offset = start - position;
    let at = position;
    for (let index = runs.indexBehind(position); at < limit; index++) {
      const heldStart = index < runs.count ? Math.min(runs.start(index), limit) : limit;
      if (heldStart > at) {
        this.#receiver.again(stream, at, bytes, at + offset, heldStart + offset, packet, false);
        at = heldStart;
      }
      if (at === limit) return;
      const to = Math.min(limit, runs.end(index));
      const newWins = newCopyWins(
        this.#policy,
        this.#segmentStart,
        this.#segmentEnd,
        runs.start(index),
        runs.end(index),
      );
      this.#receiver.again(stream, at, bytes, at + offset, to + offset, packet, newWins);
      at = to;
    }
  }
}
