// Notes and summary of a flow -> sentences. Pure.

import { TcpFlag } from "../decode/segment-cursor.ts";
import { FlowState } from "../flow/flow-cursor.ts";
import type { FlowSummary, Gap, StreamSummary } from "../report/flow-summary.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { Direction, FlowNotes, PacketNote } from "./flow-notes.ts";
import { MOST_NOTES } from "./flow-notes.ts";

/** Gaps of a stream that are told one by one. */
const MOST_GAPS = 50;
const { FIN, SYN, RST, ACK } = TcpFlag;

/** The lines of `tcpx explain CAPTURE --flow N`. */
export function explanation(
  summary: FlowSummary,
  notes: FlowNotes,
  options: EngineOptions,
): string[] {
  const words = new Words(summary, notes, options);
  return [
    `Flow ${summary.flow}: ${words.client} -> ${words.server}`,
    "",
    "How it began",
    ...indented([...words.beginning(), ...words.roles(), ...words.handshake()]),
    "How it ended",
    ...indented([...words.ending(), ...words.successors()]),
    ...(["c2s", "s2c"] as const).flatMap((direction) => [
      `Stream ${direction}, ${words.way(direction)}`,
      ...indented([...words.origin(direction), ...words.stream(direction)]),
    ]),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

class Words {
  readonly client: string;
  readonly server: string;
  readonly #summary: FlowSummary;
  readonly #notes: FlowNotes;
  readonly #options: EngineOptions;

  constructor(summary: FlowSummary, notes: FlowNotes, options: EngineOptions) {
    this.#summary = summary;
    this.#notes = notes;
    this.#options = options;
    this.client = endpoint(summary.client, summary.clientPort);
    this.server = endpoint(summary.server, summary.serverPort);
  }

  way(direction: Direction): string {
    return direction === "c2s"
      ? `${this.client} to ${this.server}`
      : `${this.server} to ${this.client}`;
  }

  beginning(): string[] {
    const { opening } = this.#notes;
    if (opening === null) return [];
    const { packet, time, flags, seq, earlier, waiting } = opening;
    const what = `Packet ${packet} (${time}), ${kindOf(flags)}`;
    if (waiting > 0) {
      return [
        `${what}, opened it: its payload fits the sequence numbers of no earlier flow of these`,
        `endpoints (the newest is flow ${earlier}) and continues packet ${waiting}, which fitted none either:`,
        "a port used again, whose handshake was not captured.",
      ];
    }
    if (earlier > 0 && (flags & (SYN | ACK)) === SYN) {
      return [
        `${what} with sequence number ${seq}, opened it: flow ${earlier} of the same endpoints began`,
        "with another number, so this is a new connection.",
      ];
    }
    if (earlier > 0) {
      return [
        `${what}, opened it: its numbers fit neither direction of flow ${earlier}, which had closed.`,
      ];
    }
    const lines = [`${what}, opened it: no flow of these endpoints was there.`];
    const { resumes } = this.#summary;
    if (resumes !== null) {
      lines.push(
        `Flow ${resumes} of the same endpoints had left by its timeout; this one goes on without a SYN.`,
      );
    }
    return lines;
  }

  roles(): string[] {
    const { roleBasis, clientPort, serverPort } = this.#summary;
    const isClient = `${this.client} is the client`;
    switch (roleBasis) {
      case "syn":
        return [`${isClient}: it sent the SYN.`];
      case "syn-ack":
        return [
          `${isClient}: the other side answered it with a SYN+ACK; its SYN was not captured.`,
        ];
      case "port":
        return [
          `${isClient}, by a guess: no handshake was seen, and port ${clientPort} is not below 1024,`,
          `while ${serverPort} is.`,
        ];
      case "first-packet":
        return [`${isClient}, by a guess: no handshake was seen, and it sent the first packet.`];
    }
  }

  handshake(): string[] {
    const syn = this.#first((note) => (note.flags & (SYN | ACK | RST)) === SYN);
    const answer = this.#first((note) => (note.flags & (SYN | ACK | RST)) === (SYN | ACK));
    switch (this.#summary.start) {
      case "handshake":
        return [`Handshake: SYN in packet ${syn?.packet}, SYN+ACK in packet ${answer?.packet}.`];
      case "partial": {
        const seen =
          syn === null ? `a SYN+ACK (packet ${answer?.packet})` : `a SYN (packet ${syn.packet})`;
        return [`Of the handshake only ${seen} was captured.`];
      }
      case "midstream":
        return ["It was under way when the capture saw it first: no SYN, no SYN+ACK."];
    }
  }

  ending(): string[] {
    const { end } = this.#summary;
    const { timeouts, maxFlows } = this.#options;
    const last = this.#notes.packets.at(-1);
    const since = last === undefined ? "" : ` since packet ${last.packet} (${last.time})`;
    switch (end) {
      case "fin": {
        const fins = (["c2s", "s2c"] as const).map((direction) => {
          const fin = this.#first(
            (note) => note.direction === direction && (note.flags & (FIN | SYN | RST)) === FIN,
          );
          return `packet ${fin?.packet} (${direction})`;
        });
        return [`\`fin\`: the FINs of both directions were seen, ${fins.join(" and ")}.`];
      }
      case "rst": {
        const reset = this.#first(
          (note) => (note.flags & RST) !== 0 && note.state === FlowState.RESET,
        );
        const from = reset?.direction === "c2s" ? "client" : "server";
        return [
          `\`rst\`: packet ${reset?.packet} (${reset?.time}) is an RST of the ${from} whose number lies where the`,
          "other side would have accepted it, and the FINs of both directions had not been seen before.",
        ];
      }
      case "timeout":
        return [
          `\`timeout\`: silent${since} for the ${secondsOf(last?.state, timeouts)} s that its state allows`,
          `(${stateWord(last?.state)}).`,
        ];
      case "replaced":
        return this.#notes.supersededBy > 0
          ? [
              `\`replaced\`: the handshake of flow ${this.#notes.supersededBy} on the same endpoints was completed, and`,
              `this one stayed silent${since}.`,
            ]
          : ["`replaced`: too many flows shared its endpoints, and it was the oldest."];
      case "evicted":
        return [
          `\`evicted\`: ${maxFlows} flows were in memory (--max-flows), and it was silent longest${since}.`,
        ];
      case "open":
        return [
          `\`open\`: the capture ended first; its last packet is ${last?.packet} (${last?.time}).`,
        ];
      case "script":
        return ["`script`: a script ended it."];
    }
  }

  successors(): string[] {
    return this.#notes.successors.map(
      ({ flow, packet, time, flags }) =>
        `Packet ${packet} (${time}), ${kindOf(flags)}, opened flow ${flow} on the same endpoints.`,
    );
  }

  origin(direction: Direction): string[] {
    const stream = this.#summary[direction];
    const isSyn = (note: PacketNote) => note.direction === direction && (note.flags & SYN) !== 0;
    switch (stream.originBasis) {
      case "syn": {
        const first = `sequence number ${((stream.isn ?? 0) + 1) % 2 ** 32}`;
        const syn = this.#first(isSyn);
        return [`Position 0 is the octet after the SYN of packet ${syn?.packet}: ${first}.`];
      }
      case "syn-ack":
        return ["Position 0 is what the peer's SYN+ACK acknowledges; the SYN was not captured."];
      case "first-payload": {
        const first = this.#first((note) => note.direction === direction && note.position === 0);
        const where =
          first === null ? "" : ` (packet ${first.packet}, sequence number ${first.seq})`;
        return [
          `Position 0 is the first payload octet seen${where}: what came before is not known.`,
        ];
      }
      case null:
        return stream.packets === 0
          ? ["No packet of this direction was captured: nothing of it counts as missing."]
          : ["No octet of it was seen, and no SYN: it has no positions."];
    }
  }

  stream(direction: Direction): string[] {
    const stream = this.#summary[direction];
    const { streamBytes, writtenBytes, missingBytes, gapCount, gaps } = stream;
    const lines = [
      missingBytes === 0
        ? `${streamBytes} bytes long, nothing missing.`
        : `${streamBytes} bytes long, ${writtenBytes} captured, ${missingBytes} missing in ${gapCount} gap${gapCount === 1 ? "" : "s"}.`,
      ...this.#oddities(direction, stream),
    ];
    for (const gap of gaps.slice(0, MOST_GAPS)) lines.push(...this.#gap(direction, gap));
    if (gapCount > MOST_GAPS) {
      lines.push(`... and ${gapCount - MOST_GAPS} further gaps, which flows.jsonl lists.`);
    }
    const { notKept } = this.#notes;
    if (notKept > 0 && gapCount > 0) {
      lines.push(
        `The flow has ${notKept} packets beyond the ${MOST_NOTES} that were looked at for this.`,
      );
    }
    return lines;
  }

  #oddities(direction: Direction, stream: StreamSummary): string[] {
    const lines: string[] = [];
    if (stream.finUnseen) {
      lines.push("One octet beyond its end was acknowledged: its FIN, which was not captured.");
    }
    const counted: readonly (readonly [number, string])[] = [
      [stream.implausibleResets, "RSTs lay outside the window and closed nothing"],
      [stream.implausibleBytes, "bytes lay so far off that nothing supports them: not written"],
      [stream.beforeStartBytes, "bytes lay before position 0: not written"],
      [stream.conflictingBytes, "bytes came again with other content"],
      [stream.badChecksums, "segments had a wrong checksum"],
      [stream.duplicatedPackets, "packets were captured twice"],
      [stream.afterFinBytes, "bytes came beyond the FIN"],
      [stream.afterResetBytes, "bytes came after an RST"],
    ];
    for (const [count, what] of counted) if (count > 0) lines.push(`${count} ${what}.`);
    const far = this.#first(
      (note) =>
        note.direction === direction && (note.flags & RST) !== 0 && note.state < FlowState.CLOSED,
    );
    if (far !== null) lines.push(`The first RST that closed nothing is packet ${far.packet}.`);
    return lines;
  }

  #gap(direction: Direction, gap: Gap): string[] {
    const { start, length, cause } = gap;
    const end = start + length;
    const near = new Neighbours(this.#notes.packets, direction, start, end);
    const lines = [
      `Gap [${start}, ${end}), ${length} bytes, ${cause}:`,
      `  before it: ${near.before === null ? "nothing, it begins the stream" : brought(near.before)}`,
      `  behind it: ${near.behind === null ? "nothing, it ends the stream" : brought(near.behind)}`,
    ];
    switch (cause) {
      case "discarded":
        lines.push(
          near.refused === null
            ? "  evidence: a captured packet carried it, and a limit (--max-bytes, --max-total) refused it"
            : `  evidence: packet ${near.refused.packet} (${near.refused.time}) carried it with a wrong checksum and was refused`,
        );
        break;
      case "snapped":
        lines.push(
          `  evidence: packet ${near.cut?.packet} carried [${near.cut?.position}, ${wireEnd(near.cut)}), and the snap length left ${near.cut?.captured} bytes of it`,
        );
        break;
      case "ackedUnseen":
        lines.push(
          near.acked === null
            ? "  evidence: the peer acknowledged it"
            : `  evidence: packet ${near.acked.packet} (${near.acked.time}) ${acknowledged(near.acked, start, end)}`,
          "  it crossed the network and the receiver had it: the capture missed it",
        );
        break;
      case "neverAcked":
        lines.push(`  evidence: ${this.#unacknowledged(direction, start)}`);
        break;
    }
    return lines;
  }

  #unacknowledged(direction: Direction, start: number): string {
    const peer = this.#summary[direction === "c2s" ? "s2c" : "c2s"];
    if (peer.packets === 0)
      return "no packet of the peer was captured, so nothing tells if it arrived";
    let highest: PacketNote | null = null;
    for (const note of this.#notes.packets) {
      if (note.direction === direction || note.isRefused || !(note.ack >= 0)) continue;
      if (note.ack <= start && (highest === null || note.ack > highest.ack)) highest = note;
    }
    const upTo =
      highest === null
        ? "the peer acknowledged nothing of the stream"
        : `the peer acknowledged no more than ${highest.ack} (packet ${highest.packet})`;
    return `${upTo}: it was lost before the capture, or its acknowledgment was`;
  }

  #first(matches: (note: PacketNote) => boolean): PacketNote | null {
    return this.#notes.packets.find((note) => !note.isRefused && matches(note)) ?? null;
  }
}

/** The packets that a gap is told by, in one walk over the notes. */
class Neighbours {
  /** Brought the octet just before the gap, and the one just behind it. */
  before: PacketNote | null = null;
  behind: PacketNote | null = null;
  /** The first that acknowledged the gap. */
  acked: PacketNote | null = null;
  /** Carried the gap's first octet, cut by the snap length or refused. */
  cut: PacketNote | null = null;
  refused: PacketNote | null = null;

  constructor(notes: readonly PacketNote[], direction: Direction, start: number, end: number) {
    for (const note of notes) {
      if (note.direction !== direction) {
        if (note.isRefused || this.acked !== null) continue;
        const isAcked = note.ack >= end && (note.flags & RST) === 0;
        if (isAcked || note.sack.some((block) => block.start <= start && block.end >= end)) {
          this.acked = note;
        }
        continue;
      }
      if (note.length === 0) continue;
      const { position, captured, length } = note;
      if (note.isRefused) {
        if (holds(position, length, start)) this.refused ??= note;
        continue;
      }
      if (holds(position, captured, start - 1)) this.before ??= note;
      if (holds(position, captured, end)) this.behind ??= note;
      if (captured < length && holds(position + captured, length - captured, start)) {
        this.cut ??= note;
      }
    }
  }
}

function holds(start: number, length: number, at: number): boolean {
  return at >= start && at < start + length;
}

function wireEnd(note: PacketNote | null): number {
  return note === null ? 0 : note.position + note.length;
}

function brought({ packet, time, position, captured }: PacketNote): string {
  return `packet ${packet} (${time}) brought [${position}, ${position + captured})`;
}

function acknowledged(note: PacketNote, start: number, end: number): string {
  if (note.ack >= end) return `acknowledges all below ${note.ack}`;
  const block = note.sack.find((each) => each.start <= start && each.end >= end);
  return `says by SACK that it holds [${block?.start}, ${block?.end})`;
}

function endpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function kindOf(flags: number): string {
  if ((flags & RST) !== 0) return "an RST";
  if ((flags & SYN) !== 0) return (flags & ACK) === 0 ? "a SYN" : "a SYN+ACK";
  return (flags & FIN) === 0 ? "a segment without SYN" : "a FIN";
}

const STATE_WORDS = ["new", "established", "closing", "closed", "reset"] as const;

function stateWord(state: FlowState | undefined): string {
  return state === undefined ? "unknown" : STATE_WORDS[state];
}

function secondsOf(state: FlowState | undefined, timeouts: EngineOptions["timeouts"]): string {
  if (state === undefined || timeouts === null) return "unknown";
  return String(timeouts[STATE_WORDS[state]]);
}
