// The only clock: capture time, as the highest timestamp seen (tcp.md §5.1). One packet with a wild
// timestamp neither ends every flow nor freezes the clock: a step of more than an hour forward needs
// the next packet as a second witness.

import type { PacketCursor } from "../capture/packet-cursor.ts";

const LARGEST_STEP_SECONDS = 3600;
export const NANOS_PER_SECOND = 1_000_000_000;

export class CaptureClock {
  /** The clock's value; meaningful once a packet was seen. */
  seconds = 0;
  nanos = 0;
  #started = false;

  /** Lowest and highest timestamps of all packets, wild ones included. */
  lowestSeconds = 0;
  lowestNanos = 0;
  highestSeconds = 0;
  highestNanos = 0;
  #previousSeconds = 0;
  #previousNanos = 0;
  #seenAny = false;

  /** Timestamps that went backwards against their predecessor, and the largest such step. */
  backwards = 0;
  largestBackwardsNanos = 0;
  /** Forward steps that nothing confirmed. */
  ignoredSteps = 0;

  /** Takes the time of the packet in hand; true if the clock moved. */
  advance(packet: PacketCursor): boolean {
    const { seconds, nanos } = packet;
    this.observe(packet);
    if (!this.#started) return this.#start(packet);
    const step = seconds - this.seconds;
    if (step < 0 || (step === 0 && nanos <= this.nanos)) return false;
    if (step > LARGEST_STEP_SECONDS || (step === LARGEST_STEP_SECONDS && nanos > this.nanos)) {
      if (!this.#isConfirmed(packet)) {
        this.ignoredSteps++;
        return false;
      }
    }
    this.seconds = seconds;
    this.nanos = nanos;
    return true;
  }

  /** True where the last packet's time lies ahead of the clock: a wild one, until a second one confirms it. */
  get isBehind(): boolean {
    return isBefore(this.seconds, this.nanos, this.#previousSeconds, this.#previousNanos);
  }

  /** Takes the times of several packets, none earlier than the clock or than the one before: that of the last one. */
  passed(seconds: number, nanos: number): void {
    this.seconds = seconds;
    this.nanos = nanos;
    this.#previousSeconds = seconds;
    this.#previousNanos = nanos;
    if (isBefore(this.highestSeconds, this.highestNanos, seconds, nanos)) {
      this.highestSeconds = seconds;
      this.highestNanos = nanos;
    }
  }

  /**
   * A next packet within an hour of the step confirms it. So does one that is later still: in a sparse
   * capture, with hours between packets, the clock would otherwise stand still for ever.
   */
  #isConfirmed(packet: PacketCursor): boolean {
    return packet.followingSeconds >= packet.seconds - LARGEST_STEP_SECONDS;
  }

  #start(packet: PacketCursor): boolean {
    const { followingSeconds } = packet;
    if (Number.isNaN(followingSeconds) || this.#isConfirmed(packet)) {
      this.seconds = packet.seconds;
      this.nanos = packet.nanos;
      this.#started = true;
      return true;
    }
    // The first timestamp is the wild one: the second starts the clock.
    this.ignoredSteps++;
    this.seconds = followingSeconds;
    this.nanos = 0;
    this.#started = true;
    return true;
  }

  /** Takes note of a packet's time without moving the clock: it lies behind the time limits. */
  observe(packet: PacketCursor): void {
    const { seconds, nanos } = packet;
    if (!this.#seenAny) {
      this.#seenAny = true;
      this.lowestSeconds = this.highestSeconds = seconds;
      this.lowestNanos = this.highestNanos = nanos;
    } else if (
      seconds < this.#previousSeconds ||
      (seconds === this.#previousSeconds && nanos < this.#previousNanos)
    ) {
      this.backwards++;
      const back =
        (this.#previousSeconds - seconds) * NANOS_PER_SECOND + (this.#previousNanos - nanos);
      if (back > this.largestBackwardsNanos) this.largestBackwardsNanos = back;
      if (isBefore(seconds, nanos, this.lowestSeconds, this.lowestNanos)) {
        this.lowestSeconds = seconds;
        this.lowestNanos = nanos;
      }
    } else if (isBefore(this.highestSeconds, this.highestNanos, seconds, nanos)) {
      this.highestSeconds = seconds;
      this.highestNanos = nanos;
    }
    this.#previousSeconds = seconds;
    this.#previousNanos = nanos;
  }
}

function isBefore(seconds: number, nanos: number, otherSeconds: number, otherNanos: number) {
  return seconds < otherSeconds || (seconds === otherSeconds && nanos < otherNanos);
}
