// Between the network and the capture: what a capturing machine does to packets. A perfect one hands on
// everything; a bad one misses some, sees some late and some twice. The network itself lost nothing, so the
// two ends go on talking and acknowledge what the capture never saw. Runs once a packet.

const MOST_HELD = 64;

/** Shares of the packets: missing, and of the others late by 1 to `latestBy` packets, and seen twice. */
export const PERFECT = Object.freeze({ missing: 0, late: 0, latestBy: 0, twice: 0 });

export class CapturePoint {
  /** Octets of payload of which at least one copy got into the capture. */
  capturedBytes = 0;
  #writer;
  #random;
  #faults;
  /** Packets that are late: `length` 0 is a free place, `due` the count of packets seen to wait for. */
  #held = [];
  #heldCount = 0;
  #seen = 0;

  constructor(writer, random, faults) {
    this.#writer = writer;
    this.#random = random;
    this.#faults = faults;
    for (let index = 0; index < (faults.late > 0 ? MOST_HELD : 0); index++) {
      this.#held.push({ packet: Buffer.alloc(2048), length: 0, due: 0 });
    }
  }

  /** A packet passes on the wire. */
  pass(packet, length, payloadBytes) {
    if (this.#faults === PERFECT) {
      this.capturedBytes += payloadBytes;
      this.#writer.write(packet, length);
      return;
    }
    if (this.#random.chance(this.#faults.missing)) return;
    this.capturedBytes += payloadBytes;
    this.#seen++;
    if (this.#random.chance(this.#faults.late) && this.#hold(packet, length)) return;
    this.#writer.write(packet, length);
    if (this.#random.chance(this.#faults.twice)) this.#writer.write(packet, length);
    if (this.#heldCount > 0) this.#release(this.#seen);
  }

  /** Lets go of all that is still held. */
  end() {
    this.#release(Number.POSITIVE_INFINITY);
  }

  #hold(packet, length) {
    for (const place of this.#held) {
      if (place.length > 0) continue;
      packet.copy(place.packet, 0, 0, length);
      place.length = length;
      place.due = this.#seen + this.#random.between(1, this.#faults.latestBy);
      this.#heldCount++;
      return true;
    }
    return false;
  }

  #release(seen) {
    for (const place of this.#held) {
      if (place.length === 0 || place.due > seen) continue;
      this.#writer.write(place.packet, place.length);
      place.length = 0;
      this.#heldCount--;
    }
  }
}
