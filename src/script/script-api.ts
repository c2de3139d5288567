// The shape of a script and of everything that is handed to it: the contract of docs/scripting.md.
// Types only; what stands behind them is built by the host.

import type { FlowEnd } from "../report/flow-summary.ts";
import type { GapCause } from "../report/report.ts";
import type { CaptureTime } from "./capture-time.ts";
import type { ReadResult, SkipResult, UntilResult } from "./read-result.ts";

/** From the client to the server, or the other way. */
export type Direction = "c2s" | "s2c";

export type LogLevel = "debug" | "info" | "warning" | "error";

/** What the host gives to every handler first; one a script, valid for the whole run. */
export interface ScriptEngine {
  /** Capture time of the packet in hand. */
  readonly now: CaptureTime;
  /** `--set key=value`. */
  readonly args: Readonly<Record<string, string>>;
  readonly version: string;
  /** Real path of the output directory; null where nothing is written (`stats`). */
  readonly outputDirectory: string | null;
  /** One map for all scripts of the run. */
  readonly shared: Map<unknown, unknown>;
  log(level: LogLevel, text: string): void;
  /**
   * A number of the report's `script:` block; one counter a name, shared by all scripts.
   * @throws RangeError beyond 1,000 names
   */
  counter(name: string): ScriptCounter;
}

export interface ScriptCounter {
  readonly value: number;
  add(amount?: number): void;
}

/** One direction in numbers: live as long as its flow, a snapshot afterwards. */
export interface ScriptStream {
  readonly packets: number;
  /** Payload octets captured, of them written, and the stream's known length so far. */
  readonly capturedBytes: number;
  readonly writtenBytes: number;
  readonly streamBytes: number;
  /** How position 0 was found; null before it was. */
  readonly originBasis: "syn" | "syn-ack" | "first-payload" | null;
  /** Window of the direction's newest packet, not scaled; the scale of its SYN or null. */
  readonly window: number;
  readonly windowScale: number | null;
  readonly mss: number | null;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface AlertFields {
  readonly key: string;
  /** 1 (highest) to 5; 3 where absent. */
  readonly priority?: number;
  readonly message: string;
}

/** Events of `flow.on`. */
export type FlowEvent = "receivePacket" | "receiveData" | "gap" | "attribute" | "endConnection";

/** One flow, as one script sees it. May be kept; after the flow's end it tells what was known then. */
export interface ScriptFlow {
  /** Counts from 1 in order of first packet; `flow` in flows.jsonl. */
  readonly id: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** `10.0.0.1:40000-10.0.0.2:80`, client first; IPv6 addresses in brackets. */
  readonly key: string;
  readonly roleBasis: "syn" | "syn-ack" | "port" | "first-packet";
  readonly firstSeen: CaptureTime;
  readonly lastSeen: CaptureTime;
  readonly state: "new" | "established" | "closing" | "closed" | "reset";
  readonly c2s: ScriptStream;
  readonly s2c: ScriptStream;
  readonly tags: readonly string[];
  /** True once the flow vanishes from the network by `drop`, `reset` or `halfReset`. */
  readonly dropped: boolean;
  /** @throws RangeError beyond 64 tags or 256 characters */
  tag(text: string): void;
  /** A line of alerts.jsonl and one of the report's alarms. */
  alert(alert: AlertFields): void;
  /** An attribute of the flow; `onAttribute` of the scripts that come later gets it. */
  set(name: string, value: string): void;
  /** This script has seen enough of this flow. */
  detach(): void;
  /** Nobody gets octets any more, the files included; what comes is a gap of cause `discarded`. */
  stopReassembly(direction?: Direction): void;
  resumeReassembly(direction?: Direction): void;
  /** Its packets go to `--pcap-out`. */
  mark(): void;
  /** The packet in hand and every later one of the flow vanishes. */
  drop(): void;
  /** The same, and an RST to both ends; `halfReset`: to the server only. */
  reset(): void;
  halfReset(): void;
  /** Ends the flow after the packet in hand; a later packet of its key opens a new one. */
  end(): void;
  /** A listener for this flow alone; called after the rules. @throws RangeError beyond 64 */
  on(event: FlowEvent, listener: (...args: never[]) => unknown): void;
}

/** New octets of a stream; valid during the call (until its promise settles). */
export interface PayloadBuffer {
  readonly length: number;
  /** A copy, made on first use: changing it changes nothing else. */
  readonly bytes: Uint8Array;
  /** The same as a Buffer of its own that may be kept. */
  copy(): Buffer;
  /** Big-endian integers. @throws RangeError outside */
  u8(position: number): number;
  u16(position: number): number;
  u24(position: number): number;
  u32(position: number): number;
  /** Latin-1 unless told. */
  text(encoding?: BufferEncoding, from?: number, to?: number): string;
  /** A part of it, valid as long; limits as `Array.slice` without negative ones. */
  slice(from?: number, to?: number): PayloadBuffer;
  /** Offset, hexadecimal, characters: 16 octets a line. */
  hexdump(): string;
  /** Index of text (Latin-1) or octets, or -1. */
  indexOf(what: string | Uint8Array, from?: number): number;
  /**
   * Writes at the position of the file, which is made on first use in the run; writing the same twice
   * changes nothing. @throws Error where the name leads out of the output directory, or there is none
   */
  writeToFile(name: string, seekPosition: number): void;
  appendToFile(name: string): void;
}

/** One packet; valid during the call. */
export interface ScriptPacket {
  /** Counts from 1 over the run. */
  readonly number: number;
  readonly timestamp: CaptureTime;
  readonly direction: Direction;
  /** Letters of F S R P A U E C. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly capturedLength: number;
  readonly originalLength: number;
  /** Octets of TCP payload on the wire. */
  readonly payloadLength: number;
  /** The captured payload. */
  readonly payload: PayloadBuffer;
  /** A copy of the whole record. */
  readonly bytes: Uint8Array;
  /** This packet vanishes; from a `newConnection` rule the whole flow does. */
  drop(): void;
  reset(): void;
  halfReset(): void;
}

/** Handlers may return promises: awaited, in order. */
export interface ScriptHandlers {
  setup?(engine: ScriptEngine): unknown;
  filter?(engine: ScriptEngine, timestamp: CaptureTime, flow: ScriptFlow): unknown;
  onNewFlow?(engine: ScriptEngine, timestamp: CaptureTime, flow: ScriptFlow): unknown;
  onPayload?(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    direction: Direction,
    seekPosition: number,
    buffer: PayloadBuffer,
  ): unknown;
  onGap?(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    direction: Direction,
    seekPosition: number,
    length: number,
    cause: GapCause,
  ): unknown;
  onPacket?(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    direction: Direction,
    packet: ScriptPacket,
  ): unknown;
  onAttribute?(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    name: string,
    value: string,
  ): unknown;
  onTerminateFlow?(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    reason: FlowEnd,
  ): unknown;
  teardown?(engine: ScriptEngine): unknown;
}

export interface Script extends ScriptHandlers {
  /** In order of evaluation. */
  readonly rules?: readonly (Rule | RuleGroup)[];
}

export const RULE_EVENTS = [
  "newConnection",
  "endConnection",
  "receiveData",
  "receivePacket",
] as const;
export type RuleEvent = (typeof RULE_EVENTS)[number];

/** What `eval`, `init`, `continue` (after the result) and `final` of an event get. */
export interface RuleArguments {
  newConnection: [flow: ScriptFlow, packet: ScriptPacket];
  endConnection: [flow: ScriptFlow, reason: FlowEnd];
  receiveData: [flow: ScriptFlow, data: PayloadBuffer, direction: Direction, seekPosition: number];
  receivePacket: [flow: ScriptFlow, packet: ScriptPacket, direction: Direction];
}

export type AnyRuleArguments = RuleArguments[RuleEvent];

/** A rule whose `eval` answers at once. */
export interface PlainRule<Event extends RuleEvent = RuleEvent> {
  readonly on: Event;
  readonly streamed?: false;
  eval(...args: RuleArguments[Event]): unknown;
}

/** A rule whose `eval` reads a stream; called once a stream. */
export interface StreamedRule {
  readonly on: "receiveData";
  readonly streamed: true;
  eval(flow: ScriptFlow, reader: Reader, direction: Direction): Promise<unknown>;
}

export type Rule =
  | PlainRule<"newConnection">
  | PlainRule<"endConnection">
  | PlainRule<"receiveData">
  | PlainRule<"receivePacket">
  | StreamedRule;

/** `init`, each rule and `continue` after it, `final` where no rule ended the group. */
export interface RuleGroupOf<Event extends RuleEvent> {
  readonly on: Event;
  readonly streamed?: false;
  readonly rules: readonly ((...args: RuleArguments[Event]) => unknown)[];
  init?(...args: RuleArguments[Event]): unknown;
  continue?(result: unknown, ...args: RuleArguments[Event]): unknown;
  final?(...args: RuleArguments[Event]): unknown;
}

export type RuleGroup = { [Event in RuleEvent]: RuleGroupOf<Event> }[RuleEvent];

/** Why a reader ended: as its flow, `drop` where the flow vanished, `detached` where the script did. */
export type ReaderEnd = FlowEnd | "drop" | "detached" | "overrun";

/** One stream in order; see docs/scripting.md for what a gap does to each call. */
export interface Reader extends AsyncIterable<ReadResult> {
  /** Seek position of the next octet to be read. */
  readonly position: number;
  /** Why the stream ended, once all of it was read; null before. */
  readonly reason: ReaderEnd | null;
  /** `n` octets; fewer where a gap or the end comes first; null at the end. */
  read(n: number): Promise<ReadResult | null>;
  /** All that is there, at least one octet or gap; null at the end. */
  available(): Promise<ReadResult | null>;
  /** All up to the end; `isCut` where that is more than a reader may hold. */
  all(): Promise<ReadResult>;
  /** Passes over `n` positions, gaps included; less only at the end. */
  skip(n: number): Promise<SkipResult>;
  /** Octets up to the pattern (Latin-1 text or octets) and with it. */
  until(pattern: string | Uint8Array): Promise<UntilResult | null>;
}
