// One TCP segment of a planned connection -> one Ethernet packet (RFC 791, RFC 9293, RFC 7323) with right
// checksums, built in a reused buffer and handed on. Options as Linux sends them: MSS, SACK permitted,
// timestamps and window scale on a SYN, timestamps on everything else. Runs once a packet: allocates nothing.

export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;

const ETHERNET = 14;
const IPV4 = 20;
const TCP_AT = ETHERNET + IPV4;
const TCP_OF_SYN = 40;
const TCP_OF_OTHERS = 32;
const WINDOW_SCALE = 10;
/** Octets in the pcap for a packet of this many payload octets (no SYN), record header included. */
export const RECORD_OVERHEAD = 16 + TCP_AT + TCP_OF_OTHERS;

/** One end of a connection, and what it has sent so far. The address is an unsigned 32-bit integer. */
export class Endpoint {
  address = 0;
  port = 0;
  /** The next sequence number to send. */
  seq = 0;
  ipId = 0;
  /** Added to the clock's milliseconds for the timestamps option: each host counts from elsewhere. */
  timestampBase = 0;

  reset(address, port, isn, ipId) {
    this.address = address;
    this.port = port;
    this.seq = isn;
    this.ipId = ipId;
    this.timestampBase = Math.imul(address ^ isn, 0x85ebca6b) >>> 4;
  }
}

export class SegmentBuilder {
  /** The octets of the packet built last. */
  packet = Buffer.alloc(65_536);
  /** Its length, and how much of it is payload. */
  length = 0;
  payloadBytes = 0;

  constructor() {
    const packet = this.packet;
    packet.set([2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0x08, 0x00, 0x45]);
    packet[ETHERNET + 6] = 0x40; // don't fragment
    packet[ETHERNET + 8] = 64;
    packet[ETHERNET + 9] = 6;
  }

  /**
   * Builds a segment with the payload `octets[start, end)`, whose one's complement sum is `sum`, and
   * counts it as sent. It acknowledges all that the receiver has sent, since nothing is lost between
   * the two ends: losses happen at the capture point.
   */
  build(sender, receiver, flags, clockMicros, octets, start, end, sum) {
    const packet = this.packet;
    const isSyn = (flags & SYN) !== 0;
    const headerBytes = isSyn ? TCP_OF_SYN : TCP_OF_OTHERS;
    const payloadBytes = end - start;
    const ipBytes = IPV4 + headerBytes + payloadBytes;

    packet[5] = receiver.address & 0xff;
    packet[11] = sender.address & 0xff;
    writeUint16(packet, ETHERNET + 2, ipBytes);
    writeUint16(packet, ETHERNET + 4, sender.ipId);
    writeUint16(packet, ETHERNET + 10, 0);
    writeUint32(packet, ETHERNET + 12, sender.address);
    writeUint32(packet, ETHERNET + 16, receiver.address);
    writeUint16(packet, ETHERNET + 10, ~fold(sumWords(packet, ETHERNET, TCP_AT)));

    writeUint16(packet, TCP_AT, sender.port);
    writeUint16(packet, TCP_AT + 2, receiver.port);
    writeUint32(packet, TCP_AT + 4, sender.seq);
    writeUint32(packet, TCP_AT + 8, (flags & ACK) === 0 ? 0 : receiver.seq);
    packet[TCP_AT + 12] = (headerBytes / 4) << 4;
    packet[TCP_AT + 13] = flags;
    writeUint16(packet, TCP_AT + 14, isSyn ? 64_240 : 64);
    writeUint16(packet, TCP_AT + 16, 0);
    this.#writeOptions(sender, receiver, flags, Math.floor(clockMicros / 1000));

    const payloadAt = TCP_AT + headerBytes;
    octets.copy(packet, payloadAt, start, end);
    // The pseudo header: both addresses, the protocol, the length of header and payload.
    const pseudoSum = sumWords(packet, ETHERNET + 12, TCP_AT) + 6 + headerBytes + payloadBytes;
    const checksum = ~fold(pseudoSum + sumWords(packet, TCP_AT, payloadAt) + sum);
    writeUint16(packet, TCP_AT + 16, checksum);

    sender.ipId = (sender.ipId + 1) & 0xffff;
    sender.seq = (sender.seq + payloadBytes + (isSyn ? 1 : 0) + (flags & FIN)) | 0;
    this.length = payloadAt + payloadBytes;
    this.payloadBytes = payloadBytes;
  }

  #writeOptions(sender, receiver, flags, clockMillis) {
    const packet = this.packet;
    let at = TCP_AT + 20;
    if ((flags & SYN) === 0) {
      packet[at] = packet[at + 1] = 1;
      at += 2;
    } else {
      writeUint32(packet, at, 0x020405b4);
      writeUint16(packet, at + 4, 0x0402);
      at += 6;
    }
    writeUint16(packet, at, 0x080a);
    writeUint32(packet, at + 2, sender.timestampBase + clockMillis);
    writeUint32(packet, at + 6, (flags & ACK) === 0 ? 0 : receiver.timestampBase + clockMillis);
    if ((flags & SYN) !== 0) writeUint32(packet, at + 10, 0x01030300 | WINDOW_SCALE);
  }
}

/** The sum of the 16-bit words of a range, unfolded; an odd last octet is the high half of a word. */
export function sumWords(octets, start, end) {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (octets[at] << 8) | octets[at + 1];
  return at < end ? sum + (octets[at] << 8) : sum;
}

/** A sum below 2^31 brought to 16 bits by adding the carries (RFC 1071). */
export function fold(sum) {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

function writeUint16(octets, at, value) {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

function writeUint32(octets, at, value) {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}
