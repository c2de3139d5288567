// Packets -> a classic pcap (little-endian, microseconds, Ethernet), in chunks of about 1 MiB handed to a
// function. Holds the capture's clock: what passes the capture point is stamped with the time at which it
// passes, so timestamps never go backwards, whatever was held back before. Runs once a packet.
// draft-ietf-opsawg-pcap.

const CHUNK_OCTETS = 1 << 20;
const LONGEST_PACKET = 65_536;
const LINK_TYPE_ETHERNET = 1;
/** 14 November 2023: any time will do, if it is always the same. */
const FIRST_SECOND = 1_700_000_000;

export class PcapWriter {
  /** Microseconds since the first second of the capture. */
  clockMicros = 0;
  /** Packets in the capture so far. */
  packets = 0;
  /** Octets of the capture so far, file header and record headers included. */
  bytes = 0;
  #chunk = Buffer.alloc(CHUNK_OCTETS + LONGEST_PACKET);
  #used = 24;
  #emit;

  /** `emit(octets)` gets each chunk in turn; the view is valid during the call. */
  constructor(emit) {
    this.#emit = emit;
    this.#chunk.writeUInt32LE(0xa1b2c3d4, 0);
    this.#chunk.writeUInt16LE(2, 4);
    this.#chunk.writeUInt16LE(4, 6);
    this.#chunk.writeUInt32LE(262_144, 16);
    this.#chunk.writeUInt32LE(LINK_TYPE_ETHERNET, 20);
  }

  /** Appends a record of the first `length` octets of `packet`, captured whole. */
  write(packet, length) {
    const chunk = this.#chunk;
    const at = this.#used;
    const seconds = Math.floor(this.clockMicros / 1_000_000);
    writeUint32LE(chunk, at, FIRST_SECOND + seconds);
    writeUint32LE(chunk, at + 4, this.clockMicros - seconds * 1_000_000);
    writeUint32LE(chunk, at + 8, length);
    writeUint32LE(chunk, at + 12, length);
    packet.copy(chunk, at + 16, 0, length);
    this.#used = at + 16 + length;
    this.packets++;
    if (this.#used >= CHUNK_OCTETS) this.#flush();
  }

  /** Hands on what is left. Call once, at the end. */
  end() {
    this.#flush();
  }

  #flush() {
    this.#emit(this.#chunk.subarray(0, this.#used));
    this.bytes += this.#used;
    this.#used = 0;
  }
}

function writeUint32LE(octets, at, value) {
  octets[at] = value;
  octets[at + 1] = value >>> 8;
  octets[at + 2] = value >>> 16;
  octets[at + 3] = value >>> 24;
}
