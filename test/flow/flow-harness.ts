// A conversation in a few words a line, and the flows that must come of it.
//
//     "0.0 a>b S 100"            at 0 s, a (10.0.0.1:40000) sends b (10.0.0.2:80) a SYN, sequence 100
//     "0.1 b>a SA 300 101"       flags by letter, sequence, acknowledgment
//     "0.3 a>b PA 101 301 hello" payload; w=N window, v=N VLAN path, id=N identification,
//                                sum=N checksum, cut=N snapped,
//                                ws=N window scale option, sack=LEFT-RIGHT,... SACK blocks,
//                                bad: refused checksum

import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import type { PacketPosition } from "../../src/capture/packet-cursor.ts";
import { SegmentCursor, TcpFlag } from "../../src/decode/segment-cursor.ts";
import { CaptureClock } from "../../src/flow/capture-clock.ts";
import type { FlowCursor } from "../../src/flow/flow-cursor.ts";
import { FlowMark, FlowState } from "../../src/flow/flow-cursor.ts";
import type { FlowListener } from "../../src/flow/flow-listener.ts";
import type { TrackerOptions } from "../../src/flow/flow-tracker.ts";
import { FlowTracker } from "../../src/flow/flow-tracker.ts";
import { connectionState, historyText } from "../../src/flow/history.ts";
import { DEFAULT_TIMEOUTS } from "../../src/flow/timeouts.ts";
import { streamEnd, walkGaps } from "../../src/reassembly/gap-walk.ts";
import type { OctetReceiver } from "../../src/reassembly/octet-receiver.ts";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import { Reassembler } from "../../src/reassembly/reassembler.ts";
import type { StreamCursor } from "../../src/reassembly/stream-cursor.ts";
import { Mark, StreamExtras } from "../../src/reassembly/stream-cursor.ts";
import type { FlowEnd } from "../../src/report/flow-summary.ts";
import { GAP_CAUSES } from "../../src/report/report.ts";

export interface EndedFlow {
  flow: number;
  client: string;
  end: FlowEnd;
  start: "handshake" | "partial" | "midstream";
  state: number;
  roleBasis: string;
  replaced: boolean;
  resumes: number;
  history: string;
  connState: string;
  rttNanos: number;
  endedAt: number;
  /** A dot for each missing octet. */
  c2s: string;
  s2c: string;
  gaps: string[];
  counts: (direction: "c2s" | "s2c", column: Rare) => number;
}

const FLAGS: Record<string, number> = {
  F: TcpFlag.FIN,
  S: TcpFlag.SYN,
  R: TcpFlag.RST,
  P: TcpFlag.PSH,
  A: TcpFlag.ACK,
  U: TcpFlag.URG,
  E: TcpFlag.ECE,
  C: TcpFlag.CWR,
};

/** Endpoints by letter: address word and port. */
const ENDPOINTS: Record<string, readonly [number, number]> = {
  a: [0x0a000001, 40_000],
  b: [0x0a000002, 80],
  c: [0x0a000003, 5000],
  d: [0x0a000004, 5000],
  x: [0x0a000001, 40_001],
};

export class FlowHarness implements FlowListener, OctetReceiver {
  readonly clock = new CaptureClock();
  readonly tracker: FlowTracker;
  readonly left: EndedFlow[] = [];
  readonly #packet = new PacketCursor();
  readonly #segment = new SegmentCursor();
  /** Octets by flow number and direction. */
  readonly #octets = new Map<string, Map<number, number>>();
  #number = 0;
  #payload = Buffer.alloc(0);

  constructor(options: Partial<TrackerOptions> = {}) {
    const reassembler = new Reassembler(this, {
      maxJump: options.maxJump ?? 16 * 1024 * 1024,
      maxStreamBytes: Infinity,
      maxTotalBytes: Infinity,
      maxRanges: 65_536,
      overlap: "first",
    });
    this.tracker = new FlowTracker(this.clock, reassembler, new StreamExtras(), this, {
      timeouts: DEFAULT_TIMEOUTS,
      maxFlows: 1000,
      maxJump: 16 * 1024 * 1024,
      vlan: "separate",
      hashSeed: 7,
      ...options,
    });
  }

  #streamOf(stream: StreamCursor): Map<number, number> {
    const key = `${this.tracker.flow.number} ${stream.direction}`;
    const known = this.#octets.get(key);
    if (known !== undefined) return known;
    const fresh = new Map<number, number>();
    this.#octets.set(key, fresh);
    return fresh;
  }

  octets(stream: StreamCursor, position: number, bytes: Uint8Array, start: number, end: number) {
    stream.marks |= Mark.OPENED;
    const octets = this.#streamOf(stream);
    for (let i = start; i < end; i++) octets.set(position + i - start, bytes[i]!);
  }

  again(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
    _newWins: boolean,
  ): void {
    const octets = this.#streamOf(stream);
    for (let i = start; i < end; i++) {
      if (octets.get(position + i - start) !== bytes[i]) stream.count(Rare.CONFLICTING_BYTES);
    }
  }

  finished(): void {}

  rebased(stream: StreamCursor, shift: number): void {
    const octets = this.#streamOf(stream);
    const moved = [...octets].map(([at, octet]) => [at + shift, octet] as const);
    octets.clear();
    for (const [at, octet] of moved) octets.set(at, octet);
  }

  opened(): void {
    // Every flow is wanted.
  }

  payloadMoved(): void {
    // Nor is any left out that could give or take.
  }

  ended(flow: FlowCursor, end: FlowEnd): void {
    const synSeen = flow.has(FlowMark.SYN);
    const answerSeen = flow.has(FlowMark.SYN_ACK);
    const gaps: string[] = [];
    const rare = { c2s: new Map<Rare, number>(), s2c: new Map<Rare, number>() };
    const text = (stream: StreamCursor): string => {
      const { length } = streamEnd(stream);
      walkGaps(stream, length, {
        gap: (_stream, start, octets, cause) =>
          gaps.push(`${stream.direction} ${start}+${octets} ${GAP_CAUSES[cause]}`),
      });
      for (const column of Object.values(Rare)) {
        rare[stream.direction].set(column, stream.rare(column));
      }
      const octets = this.#octets.get(`${flow.number} ${stream.direction}`);
      return Array.from({ length }, (_, at) => {
        const octet = octets?.get(at);
        return octet === undefined ? "." : String.fromCharCode(octet);
      }).join("");
    };
    const client = Object.entries(ENDPOINTS).find(
      ([, [word, port]]) => word === flow.clientWord(3) && port === flow.clientPort,
    );
    this.left.push({
      flow: flow.number,
      client: client?.[0] ?? "?",
      end,
      start: synSeen && answerSeen ? "handshake" : synSeen || answerSeen ? "partial" : "midstream",
      state: flow.state,
      roleBasis: flow.roleBasis,
      replaced: flow.has(FlowMark.REPLACED_BY_SYN),
      resumes: flow.resumes,
      history: historyText(flow),
      connState: connectionState(flow),
      rttNanos: flow.handshakeRttNanos,
      endedAt: this.clock.seconds,
      c2s: text(flow.c2s),
      s2c: text(flow.s2c),
      gaps,
      counts: (direction, column) => rare[direction].get(column) ?? 0,
    });
  }

  /** Plays lines; empty ones and those that begin with # are nothing. */
  play(...lines: string[]): this {
    for (const line of lines.flatMap((text) => text.split("\n"))) {
      const trimmed = line.trim();
      if (trimmed !== "" && !trimmed.startsWith("#")) this.#line(trimmed);
    }
    return this;
  }

  /** Ends the capture and gives the flows by number. */
  finish(): EndedFlow[] {
    this.tracker.endAll();
    return this.left.sort((one, other) => one.flow - other.flow);
  }

  #line(line: string): void {
    const words = line.split(/\s+/);
    const [time, ends, flags, ...rest] = words as [string, string, string, ...string[]];
    const options = new Map<string, number>();
    const plain: string[] = [];
    let sackOption = Buffer.alloc(0);
    for (const word of rest) {
      if (word.startsWith("sack=")) {
        sackOption = sackBlocks(word.slice("sack=".length));
        continue;
      }
      const option = /^(w|v|id|sum|cut|ws|next)=(\d+)$/.exec(word);
      if (option === null) plain.push(word);
      else options.set(option[1]!, Number(option[2]));
    }
    const isRefused = plain.at(-1) === "bad";
    if (isRefused) plain.pop();
    const hasAck = flags.includes("A");
    const [seq, ack, payload] = hasAck ? plain : [plain[0], "0", plain[1]];
    const [source, destination] = ends.split(">").map((letter) => ENDPOINTS[letter]!) as [
      readonly [number, number],
      readonly [number, number],
    ];
    const [whole, fraction] = time.split(".");
    const packet = this.#packet;
    packet.seconds = Number(whole);
    packet.nanos = Number((fraction ?? "").padEnd(9, "0"));
    packet.number = ++this.#number;
    packet.followingSeconds = options.get("next") ?? packet.seconds;
    const segment = this.#segment;
    this.#payload = Buffer.from(payload ?? "", "latin1");
    Object.assign(segment, {
      bytes: this.#payload,
      payloadStart: 0,
      payloadEnd: this.#payload.length,
      payloadLength: this.#payload.length + (options.get("cut") ?? 0),
      source3: source[0],
      destination3: destination[0],
      sourcePort: source[1],
      destinationPort: destination[1],
      seq: Number(seq) | 0,
      ack: Number(ack) | 0,
      flags: flags.split("").reduce((sum, letter) => sum | (FLAGS[letter] ?? 0), 0),
      window: options.get("w") ?? 65_000,
      vlanPath: options.get("v") ?? 0,
      ipId: options.get("id") ?? this.#number,
      tcpChecksum: options.get("sum") ?? 0,
      optionsStart: 0,
      optionsEnd: 0,
      packets: 1,
    });
    const shift = options.get("ws");
    const scaleOption = shift === undefined ? [] : [3, 3, shift];
    segment.bytes = Buffer.concat([this.#payload, Buffer.from(scaleOption), sackOption]);
    segment.optionsStart = this.#payload.length;
    segment.optionsEnd = segment.bytes.length;
    if (this.clock.advance(packet)) this.tracker.sweep();
    if (isRefused) this.tracker.refuse(packet, segment);
    else this.tracker.handle(packet, segment, false);
  }
}

/** "101-105,110-112" as an option: NOP, NOP, SACK (RFC 2018 §3), a timestamp's room before it. */
function sackBlocks(text: string): Buffer<ArrayBuffer> {
  const edges = text.split(/[-,]/).map(Number);
  const option = Buffer.alloc(4 + edges.length * 4);
  option.set([1, 1, 5, 2 + edges.length * 4]);
  for (const [i, edge] of edges.entries()) option.writeInt32BE(edge | 0, 4 + i * 4);
  return Buffer.concat([Buffer.from([1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]), option]);
}

export { FlowState, Rare };

/** A handshake of a with b at the given second: ISNs 100 and 300. */
export function handshake(second: number, client = "a", server = "b", isn = 100, peer = 300) {
  return [
    `${second}.0 ${client}>${server} S ${isn}`,
    `${second}.1 ${server}>${client} SA ${peer} ${isn + 1}`,
    `${second}.2 ${client}>${server} A ${isn + 1} ${peer + 1}`,
  ].join("\n");
}
