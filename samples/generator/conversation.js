// What two programs say to each other -> packets of a capture, and the truth about its streams.
// Each side knows all that it says; a segment is a range of that. What the capture did not record is
// said with `seen: false`, so that what must be missing is known without any reassembly.

import { createHash } from "node:crypto";
import * as headers from "./headers.js";

const { PROTOCOL, ETHER_TYPE } = headers;

/** The packets of a capture in order, and the clock that stamps them. */
export class Recorder {
  packets = [];
  #micros;
  #flows = 0;
  #fragmentId = 0;

  /** @param {number} startSeconds seconds since 1970 */
  constructor(startSeconds = 1_700_000_000) {
    this.#micros = startSeconds * 1_000_000;
  }

  wait(seconds) {
    this.#micros += Math.round(seconds * 1_000_000);
  }

  /** Records a frame, cut to `snap` octets; each is a millisecond after the one before. */
  add(frame, { snap = 262_144, interface: id = 0 } = {}) {
    const bytes = frame.subarray(0, snap);
    const originalLength = frame.length;
    this.packets.push({ micros: this.#micros, bytes, originalLength, interface: id });
    this.#micros += 1000;
  }

  nextFlow() {
    return ++this.#flows;
  }

  nextFragmentId() {
    return ++this.#fragmentId;
  }
}

/** One connection between two endpoints. */
export class Conversation {
  /** Number of the flow: by its first recorded packet. */
  flow = 0;
  client;
  server;
  #recorder;
  #settings;

  /**
   * @param {Recorder} recorder
   * @param {object} settings addresses, ports and ISNs of both sides; `snap`, `interface` of the
   *   capture; `extensions` (before) and `innerExtensions` (behind the fragment header) of IPv6;
   *   `frame(packet, etherType, fromClient)`: what goes around the IP packet
   */
  constructor(recorder, settings = {}) {
    const { client = "192.0.2.1", clientPort = 40_000, clientIsn = 1_000_000 } = settings;
    const { server = "198.51.100.2", serverPort = 80, serverIsn = 2_000_000_000 } = settings;
    this.#recorder = recorder;
    this.#settings = settings;
    this.client = new Side(this, { address: client, port: clientPort, isn: clientIsn });
    this.server = new Side(this, { address: server, port: serverPort, isn: serverIsn });
    this.client.peer = this.server;
    this.server.peer = this.client;
  }

  /** The three-way handshake. */
  open(options = {}) {
    this.client.syn(options);
    this.server.syn({ ...options, flags: "SA" });
    this.client.ack(options);
  }

  /** FINs of both sides, the client's first, and the last acknowledgment. */
  close(options = {}) {
    this.client.fin(options);
    this.server.fin(options);
    this.client.ack(options);
  }

  /** Puts a TCP segment into packets; true if the capture holds it. */
  emit(side, segment, options) {
    if (options.seen === false) return false;
    if (this.flow === 0) this.flow = this.#recorder.nextFlow();
    const fromClient = side === this.client;
    const packets = this.#ipPackets(side, segment, options);
    const etherType = headers.isIPv6(side.address) ? ETHER_TYPE.ipv6 : ETHER_TYPE.ipv4;
    const enclose = this.#settings.frame ?? plainFrame;
    const frames = packets.map((packet) => enclose(packet, etherType, fromClient));
    const order = options.order ?? frames.map((_, index) => index);
    for (const index of order) this.#recorder.add(frames[index], this.#settings);
    if (options.twice) this.#recorder.add(frames[0], this.#settings);
    return !options.overlap && frames.every((_, index) => order.includes(index));
  }

  /** Payload octets that the snap length leaves of a segment of one packet. */
  kept(side, payloadLength, tcpOptions = []) {
    const { snap, frame = plainFrame } = this.#settings;
    if (snap === undefined) return payloadLength;
    const ip = headers.isIPv6(side.address) ? 40 : 20;
    const around = frame(Buffer.alloc(100), 0, true).length - 100;
    const before = around + ip + 20 + tcpOptions.length;
    return Math.max(0, Math.min(payloadLength, snap - before));
  }

  #ipPackets(side, segment, { cuts = [], overlap = 0 }) {
    const { extensions = [], innerExtensions = [] } = this.#settings;
    const { address: source, peer } = side;
    const destination = peer.address;
    if (!headers.isIPv6(source)) {
      const id = side.nextId();
      return pieces(segment, cuts, overlap).map(({ part, offset, more }) =>
        headers.ipv4({
          source,
          destination,
          protocol: PROTOCOL.tcp,
          payload: part,
          id,
          fragmentOffset: offset,
          moreFragments: more,
        }),
      );
    }
    const [inner, innerKind] = extended(segment, PROTOCOL.tcp, innerExtensions);
    const id = this.#recorder.nextFragmentId();
    return pieces(inner, cuts, overlap).map(({ part, offset, more }) => {
      const isWhole = cuts.length === 0;
      const piece = isWhole
        ? part
        : headers.ipv6Fragment({ nextHeader: innerKind, offset, more, id, part });
      const [payload, nextHeader] = extended(piece, isWhole ? innerKind : 44, extensions);
      return headers.ipv6({ source, destination, nextHeader, payload });
    });
  }

  /**
   * What must come out: each direction of which octets are known, with the gaps that the case claims,
   * checked against what was recorded. `from`: the octet of the truth that is position 0.
   * @param {{ c2s?: object, s2c?: object }} claims
   */
  expect(claims = {}) {
    const { client, server, flow } = this;
    const streams = [
      { flow, direction: "c2s", ...client.expect(claims.c2s) },
      { flow, direction: "s2c", ...server.expect(claims.s2c) },
    ];
    return streams.filter((stream) => stream.length > 0);
  }
}

/** One end of a conversation: what it says, how much of that it sent, and what was recorded. */
export class Side {
  peer;
  address;
  port;
  isn;
  said = Buffer.alloc(0);
  /** End of what was sent so far; the FIN counts as one. */
  sent = 0;
  #seen = new Set();
  #id = 0;
  #conversation;

  constructor(conversation, { address, port, isn }) {
    this.#conversation = conversation;
    this.address = address;
    this.port = port;
    this.isn = isn;
    this.#id = (port * 100) & 0xffff;
  }

  nextId() {
    return this.#id++;
  }

  /** Adds to what this side says without sending it; where that begins. */
  says(octets) {
    const start = this.said.length;
    this.said = Buffer.concat([this.said, Buffer.from(octets)]);
    return start;
  }

  /**
   * Says octets and sends them in segments of `size`; those whose index is in `missed` are not in the
   * capture. With `acked` the peer acknowledges each.
   */
  send(octets, { size = 1000, missed = [], acked = false, ...options } = {}) {
    const start = this.says(octets);
    for (let at = start, index = 0; at < this.said.length; at += size, index++) {
      const seen = !missed.includes(index);
      this.segment(at, Math.min(at + size, this.said.length), { seen, ...options });
      if (acked) this.peer.ack();
    }
  }

  /** Sends the octets `[start, end)` of what it says, for the first time or again. */
  segment(start, end, options = {}) {
    const octets = this.said.subarray(start, end);
    const payload = options.altered ? octets.map((octet) => octet ^ 0x20) : octets;
    const isSeen = this.#packet({ flags: "PA", at: start, payload, ...options });
    const keeps = isSeen && !options.altered && !options.badChecksum;
    const kept = keeps ? this.#conversation.kept(this, payload.length, options.options) : 0;
    for (let at = start; at < start + kept; at++) this.#seen.add(at);
    this.sent = Math.max(this.sent, end);
  }

  syn(options = {}) {
    this.#packet({ flags: "S", at: -1, ...options });
  }

  /** `ack`: position in the peer's stream; all that the peer sent where absent. */
  ack(options = {}) {
    this.#packet({ flags: "A", ...options });
  }

  fin(options = {}) {
    this.#packet({ flags: "FA", ...options });
    this.sent = Math.max(this.sent, (options.at ?? this.sent) + 1);
  }

  reset(options = {}) {
    this.#packet({ flags: "RA", ...options });
  }

  /** A keep-alive or window probe: the octet before the next, once more (RFC 9293 §3.8.4). */
  probe(options = {}) {
    this.#packet({ flags: "A", at: this.sent - 1, payload: Buffer.from([0]), ...options });
  }

  #packet({ flags, at = this.sent, ack = this.peer.sent, payload = Buffer.alloc(0), ...options }) {
    const { address: source, port: sourcePort, peer } = this;
    const segment = headers.tcp({
      source,
      sourcePort,
      destination: peer.address,
      destinationPort: peer.port,
      seq: this.isn + 1 + at,
      ack: flags.includes("A") ? peer.isn + 1 + ack : 0,
      flags,
      payload,
      window: options.window,
      options: options.options,
      badChecksum: options.badChecksum,
    });
    return this.#conversation.emit(this, segment, options);
  }

  expect({ from = 0, length = this.said.length - from, gaps = [] } = {}) {
    const octets = Buffer.from(this.said.subarray(from, from + length));
    let missing = 0;
    for (const [start, size] of gaps) {
      octets.fill(0, start, start + size);
      missing += size;
    }
    for (let at = 0; at < length; at++) {
      const isGap = gaps.some(([start, size]) => at >= start && at < start + size);
      if (isGap !== this.#seen.has(from + at)) continue;
      const found = isGap ? "was recorded" : "was not recorded";
      throw new Error(`${this.address}:${this.port}: octet ${at} ${found}, but the case says so`);
    }
    return {
      source: this.address,
      sourcePort: this.port,
      destination: this.peer.address,
      destinationPort: this.peer.port,
      length,
      present: length - missing,
      gaps,
      sha256: createHash("sha256").update(octets).digest("hex"),
    };
  }
}

function plainFrame(packet, etherType, fromClient) {
  return headers.ethernet(etherType, packet, fromClient);
}

/** Parts of a datagram, cut at multiples of eight; each repeats the last `overlap` octets before it. */
function pieces(octets, cuts, overlap) {
  const bounds = [0, ...cuts, octets.length];
  return bounds.slice(1).map((end, index) => {
    const offset = Math.max(0, bounds[index] - overlap);
    return { part: octets.subarray(offset, end), offset, more: end < octets.length };
  });
}

/** Puts extension headers before a payload; the octets, and the kind of the first header. */
function extended(octets, kind, extensions) {
  let payload = octets;
  let nextHeader = kind;
  for (const extension of extensions.toReversed()) {
    payload = headers.ipv6Extension(extension, nextHeader, payload);
    nextHeader = extension;
  }
  return [payload, nextHeader];
}

/**
 * Text in lines of 16 octets, each telling at which octet it begins: `00000032 server\n`. A file of it
 * shows at a glance whether octets lie where they belong.
 * @param {number} length @param {string} label up to six letters @param {number} from
 */
export function ruler(length, label, from = 0) {
  const lines = [];
  for (let at = from - (from % 16); at < from + length; at += 16) {
    lines.push(`${String(at).padStart(8, "0")} ${label.padEnd(6)}\n`);
  }
  const text = Buffer.from(lines.join(""), "latin1");
  return text.subarray(from % 16, (from % 16) + length);
}

/** @param {string} path @returns {Buffer} */
export function request(path) {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: example.test\r\n\r\n`, "latin1");
}
