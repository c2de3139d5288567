// The engine's short way for most packets: a call takes as many from the block in hand as are just what their
// flows expect next, the very next octets in order or an acknowledgment alone, in a plain link layer with at most one VLAN tag,
// IPv4 or IPv6, and TCP. It works on the same records, windows and index as everything else, in the run's memory, and does to them
// just what the stages would; the first packet that is anything else is left to these.
//
//     block   | p p p p p p p p p p | ? | p p p | ...      p: taken here, one call a run of them
//                                     ^ decoder, tracker, rules, reassembler, sink
//
// What runs once a packet is in assembly/ (AssemblyScript); here is what runs once a call.

import type { CaptureInput } from "../capture/capture-input.ts";
import type { PlainRecords } from "../capture/plain-records.ts";
import { NO_BYTES } from "../bytes.ts";
import { FlowCursor } from "../flow/flow-cursor.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import type { CaptureClock } from "../flow/capture-clock.ts";
import { PLAIN_LINKS } from "../decode/link/plain-links.ts";
import type { PlainLink } from "../decode/link/plain-links.ts";
import { memoryOf } from "../memory/octet-memory.ts";
import type { OctetMemory } from "../memory/octet-memory.ts";
import type { OpenHeads } from "../output/write-heads.ts";
import type { Reassembler } from "../reassembly/reassembler.ts";
import type { StreamExtras } from "../reassembly/stream-cursor.ts";
import { RECORD_WORDS } from "../memory/flow-record.ts";
import type { FastPathModule } from "../memory/fast-path-module.ts";
import * as Result from "../memory/run-result.ts";

/** Octets for what a call did and has to do in the end. */
const RESULT_BYTES =
  (Result.RESULT_WORDS + Result.MOST_TURNS + Result.MOST_COPIES * Result.COPY_WORDS) * 4 +
  Result.MOST_HOLES * Result.HOLE_FLOATS * 8;
/** Most packets that are handled the long way, one by one, before the short way is tried again. */
const LONGEST_PAUSE = 64;
const LATEST_SECOND = 0xffff_ffff;
/** Where something lies that is not in the memory. */
const OUTSIDE = -1;

export interface FastPathParts {
  readonly clock: CaptureClock;
  readonly table: FlowTable;
  readonly reassembler: Reassembler;
  readonly extras: StreamExtras;
  readonly heads: OpenHeads;
  readonly hashSeed: number;
  readonly maxJump: number;
  readonly verifiesChecksums: boolean;
  /** Numbers of the paths of single tags, by VLAN id. */
  readonly tagNumbers: Int32Array;
  readonly separatesVlans: boolean;
}

export class FastPath {
  /** Of the last call of `run`. */
  packets = 0;
  ipv6Packets = 0;
  /** Those with a VLAN tag. */
  taggedPackets = 0;
  capturedBytes = 0;
  /** Captured octets of the packets that clients sent. */
  clientBytes = 0;
  payloadBytes = 0;

  readonly #parts: FastPathParts;
  readonly #memory: OctetMemory;
  readonly #module: FastPathModule;
  readonly #result: Int32Array;
  readonly #turns: Int32Array;
  readonly #holes: Float64Array;
  /** Whose hole is told of. */
  readonly #flow: FlowCursor;
  /** What the module was told of, and may have changed since. */
  #records: PlainRecords | null = null;
  #block: Uint8Array = NO_BYTES;
  /** Index of the block's first octet in the memory, or OUTSIDE. */
  #blockStart: number = OUTSIDE;
  #entries: Int32Array | null = null;
  #oldEntries: Int32Array | null = null;
  #ends: Float64Array | null = null;
  /** False once a table has grown out of the memory. */
  #isOpen = true;
  #isLinkPlain = false;
  #emptyRuns = 0;
  #pause = 0;

  private constructor(
    parts: FastPathParts,
    memory: OctetMemory,
    module: FastPathModule,
    result: Uint8Array,
  ) {
    this.#parts = parts;
    this.#memory = memory;
    this.#module = module;
    const { buffer, byteOffset } = result;
    const turnsAt = byteOffset + Result.RESULT_WORDS * 4;
    const holesAt = turnsAt + Result.MOST_TURNS * 4;
    this.#result = new Int32Array(buffer, byteOffset, Result.RESULT_WORDS);
    this.#turns = new Int32Array(buffer, turnsAt, Result.MOST_TURNS);
    this.#holes = new Float64Array(buffer, holesAt, Result.MOST_HOLES * Result.HOLE_FLOATS);
    this.#flow = new FlowCursor(parts.extras);
  }

  /** Null where tables or windows lie in no memory with a module. */
  static open(parts: FastPathParts): FastPath | null {
    const { table, heads, hashSeed, reassembler, tagNumbers } = parts;
    const memory = memoryOf(heads.touched.buffer);
    const records = table.store.inMemory;
    if (memory === null || memory.module === null || records?.buffer !== memory.buffer) return null;
    const result = memory.uint8(RESULT_BYTES);
    if (result === null || tagNumbers.buffer !== memory.buffer) return null;
    const { module } = memory;
    module.openFlows(records.byteOffset, records.length / RECORD_WORDS, hashSeed);
    module.openTags(tagNumbers.byteOffset, parts.separatesVlans);
    module.openRules(parts.verifiesChecksums, parts.maxJump, reassembler.shortWayEnd);
    return new FastPath(parts, memory, module, result);
  }

  /** Takes packets of the input's block, none if it can't; the fields say what was done. */
  run(input: CaptureInput): void {
    this.packets = 0;
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    const records = input.plainRecords;
    const { clock, table, reassembler } = this.#parts;
    if (records === null || clock.isBehind || !this.#isReady(records)) return this.#rest();
    const { window } = records;
    const start = this.#blockStart + window.at;
    table.boundExpiry();
    const { boundSeconds } = table;
    const isLookSooner = input.lookSeconds <= boundSeconds;
    const limitSeconds = Math.min(isLookSooner ? input.lookSeconds : boundSeconds, LATEST_SECOND);
    if (limitSeconds < 0) return;
    const end = this.#module.takePackets(
      start,
      this.#blockStart + window.end,
      this.#result.byteOffset,
      clock.seconds,
      clock.nanos,
      limitSeconds,
      isLookSooner ? 0 : table.boundNanos,
      reassembler.remaining,
    );
    const result = this.#result;
    const packets = result[Result.PACKETS]!;
    if (packets === 0) return this.#rest();
    this.#emptyRuns = 0;
    window.at = end - this.#blockStart;
    const seconds = result[Result.SECONDS]! >>> 0;
    const nanos = result[Result.NANOS]!;
    input.passed(records, packets, seconds, nanos);
    clock.passed(seconds, nanos);
    if (result[Result.HOLES]! > 0) this.#addHoles(result[Result.HOLES]!);
    table.touchAll(this.#turns, result[Result.TURNS]!);
    this.packets = packets;
    this.ipv6Packets = result[Result.IPV6_PACKETS]!;
    this.taggedPackets = result[Result.TAGGED_PACKETS]!;
    this.capturedBytes = result[Result.CAPTURED_BYTES]!;
    this.clientBytes = result[Result.CLIENT_BYTES]!;
    this.payloadBytes = result[Result.PAYLOAD_BYTES]!;
    reassembler.spend(this.payloadBytes);
  }

  /** Nothing was taken: the longer that goes on, the more packets pass before the next look. */
  #rest(): void {
    if (this.#emptyRuns < LONGEST_PAUSE) this.#emptyRuns++;
    this.#pause = this.#emptyRuns;
  }

  /** Segments left holes behind them: what the reassembler would have kept of each. */
  #addHoles(count: number): void {
    const { table, reassembler } = this.#parts;
    const holes = this.#holes;
    for (let at = 0; at < count * Result.HOLE_FLOATS; at += Result.HOLE_FLOATS) {
      const stream = holes[at + Result.HOLE_STREAM]!;
      table.store.bind(stream >> 1, this.#flow);
      reassembler.addHole(
        (stream & 1) === 0 ? this.#flow.c2s : this.#flow.s2c,
        holes[at + Result.HOLE_START]!,
        holes[at + Result.HOLE_END]!,
      );
    }
  }

  /** Tells the module what is not where it was at the last call; false if something lies out of its reach. */
  #isReady(records: PlainRecords): boolean {
    if (!this.#isOpen) return false;
    const { index } = this.#parts.table;
    const { heads } = this.#parts.heads;
    if (records.window.bytes !== this.#block) {
      this.#block = records.window.bytes;
      this.#blockStart = this.#addressOf(this.#block);
    }
    if (records !== this.#records) {
      this.#records = records;
      this.#openLink(PLAIN_LINKS.get(records.linkType) ?? null);
      const { isPcapng, interfaceId, ticksPerSecond, nanosPerTick, longest } = records;
      this.#module.openRecords(isPcapng, interfaceId, ticksPerSecond, nanosPerTick, longest);
    }
    if (index.entries !== this.#entries || index.oldEntries !== this.#oldEntries) this.#openIndex();
    if (heads.end !== this.#ends) this.#openHeads();
    return this.#isOpen && this.#isLinkPlain && this.#blockStart !== OUTSIDE;
  }

  #openLink(link: PlainLink | null): void {
    this.#isLinkPlain = link !== null;
    if (link !== null) this.#module.openLink(link.typeAt, link.headerBytes);
  }

  #openIndex(): void {
    const { entries, oldEntries } = this.#parts.table.index;
    this.#entries = entries;
    this.#oldEntries = oldEntries;
    const old = oldEntries ?? entries;
    const [at, oldAt] = [this.#addressOf(entries), this.#addressOf(old)];
    if (at === OUTSIDE || oldAt === OUTSIDE) this.#isOpen = false;
    else this.#module.openIndex(at, entries.length / 2 - 1, oldAt, old.length / 2 - 1);
  }

  #openHeads(): void {
    const { heads, touched } = this.#parts.heads;
    const { end, target, room, slot, ring, holes } = heads;
    this.#ends = end;
    const columns = [end, target, room, slot, ring, holes, touched];
    const at = columns.map((column) => this.#addressOf(column));
    if (at.includes(OUTSIDE)) this.#isOpen = false;
    else this.#module.openHeads(at[0]!, at[1]!, at[2]!, at[3]!, at[4]!, at[5]!, at[6]!);
  }

  /** Index of the view's first octet in the memory, or OUTSIDE. */
  #addressOf(view: ArrayBufferView): number {
    return view.buffer === this.#memory.buffer ? view.byteOffset : OUTSIDE;
  }
}
