// The network of a generated capture: connections send segments into it, each becomes a packet, the clock goes
// on by a little, and the packet passes the capture point. Runs once a packet.

import { CapturePoint, PERFECT } from "./capture-point.js";
import { PayloadPool } from "./payload-pool.js";
import { PcapWriter } from "./pcap-writer.js";
import { Random } from "./random.js";
import { SegmentBuilder } from "./segment-builder.js";

/** Linux counts initial sequence numbers up by one in 64 ns (RFC 6528 asks for such a clock). */
const ISN_PER_MICRO = 1000 / 64;

export class Wire {
  pool = new PayloadPool();
  random;
  #writer;
  #capturePoint;
  #builder = new SegmentBuilder();
  #microsPerPacket;

  /** `emit(octets)` gets the capture chunk by chunk. */
  constructor(emit, seed, { microsPerPacket, faults = PERFECT }) {
    this.random = new Random(seed);
    this.#writer = new PcapWriter(emit);
    this.#capturePoint = new CapturePoint(this.#writer, new Random(~seed), faults);
    this.#microsPerPacket = microsPerPacket;
  }

  /** Sends one segment; see SegmentBuilder.build. */
  send(sender, receiver, flags, octets, start, end, sum) {
    const builder = this.#builder;
    this.#writer.clockMicros += 1 + this.random.below(2 * this.#microsPerPacket - 1);
    const clockMicros = this.#writer.clockMicros;
    builder.build(sender, receiver, flags, clockMicros, octets, start, end, sum);
    this.#capturePoint.pass(builder.packet, builder.length, builder.payloadBytes);
  }

  /** Lets time pass in silence. */
  wait(micros) {
    this.#writer.clockMicros += micros;
  }

  /** The initial sequence number of a connection that begins now; later ones of the same ports are higher. */
  isn(scrambled) {
    return (scrambled + Math.floor(this.#writer.clockMicros * ISN_PER_MICRO)) | 0;
  }

  /** Ends the capture. Returns what is in it. */
  end() {
    this.#capturePoint.end();
    this.#writer.end();
    return {
      packets: this.#writer.packets,
      bytes: this.#writer.bytes,
      capturedBytes: this.#capturePoint.capturedBytes,
    };
  }
}
