// The engine's short way for most packets: a call takes as many from the block in hand as are just what their
// flows expect next, the very next octets in order or an acknowledgment alone, in plain Ethernet, IPv4 or IPv6, and
// TCP. It works on the same records, windows and index as everything else, in the run's memory, and does to them
// just what the stages would; the first packet that is anything else is left to these.
//
//     block   | p p p p p p p p p p | ? | p p p | ...      p: taken here, one call a run of them
//                                     ^ decoder, tracker, rules, reassembler, sink
//
// What runs once a packet is in assembly/ (AssemblyScript); here is what runs once a call.

import type { CaptureInput } from "../capture/capture-input.ts";
import type { PlainRecords } from "../capture/plain-records.ts";
import { NO_BYTES } from "../bytes.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import type { CaptureClock } from "../flow/capture-clock.ts";
import { memoryOf } from "../octet-memory.ts";
import type { OctetMemory } from "../octet-memory.ts";
import type { OpenHeads } from "../output/write-heads.ts";
import type { Reassembler } from "../reassembly/reassembler.ts";
import { RECORD_WORDS } from "../flow/flow-record.ts";
import type { FastPathModule } from "./fast-path-module.ts";
import * as Result from "./run-result.ts";

/** Octets of tables that the fast path itself takes of a run's memory. */
export const FAST_PATH_TABLE_BYTES: number = (Result.RESULT_WORDS + Result.MOST_TURNS) * 4;
/** Most packets that are handled the long way, one by one, before the short way is tried again. */
const LONGEST_PAUSE = 64;
const LATEST_SECOND = 0xffff_ffff;

export interface FastPathParts {
  readonly clock: CaptureClock;
  readonly table: FlowTable;
  readonly reassembler: Reassembler;
  readonly heads: OpenHeads;
  readonly hashSeed: number;
  readonly maxJump: number;
  readonly verifiesChecksums: boolean;
}

export class FastPath {
  /** Of the last call of `run`. */
  packets = 0;
  ipv6Packets = 0;
  capturedBytes = 0;
  /** Captured octets of the packets that clients sent. */
  clientBytes = 0;
  payloadBytes = 0;

  readonly #parts: FastPathParts;
  readonly #memory: OctetMemory;
  readonly #module: FastPathModule;
  readonly #result: Int32Array;
  readonly #turns: Int32Array;
  /** What the module was told of, and may have changed since. */
  #records: PlainRecords | null = null;
  #block: Uint8Array = NO_BYTES;
  /** Index of the block's first octet in the memory; -1 if it lies elsewhere. */
  #blockStart = -1;
  #entries: Int32Array | null = null;
  #oldEntries: Int32Array | null = null;
  #ends: Float64Array | null = null;
  /** False once a table has grown out of the memory. */
  #isOpen = true;
  #emptyRuns = 0;
  #pause = 0;

  private constructor(
    parts: FastPathParts,
    memory: OctetMemory,
    module: FastPathModule,
    result: Int32Array,
  ) {
    this.#parts = parts;
    this.#memory = memory;
    this.#module = module;
    this.#result = result;
    this.#turns = result.subarray(Result.RESULT_WORDS);
  }

  /** Null where tables or windows lie in no memory with a module. */
  static open(parts: FastPathParts): FastPath | null {
    const { table, heads, hashSeed, reassembler } = parts;
    const memory = memoryOf(heads.touched.buffer);
    const records = table.store.inMemory;
    if (memory === null || memory.module === null || records?.buffer !== memory.buffer) return null;
    const result = memory.int32(Result.RESULT_WORDS + Result.MOST_TURNS);
    if (result === null) return null;
    const { module } = memory;
    module.openFlows(records.byteOffset, records.length / RECORD_WORDS, hashSeed);
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
    if (records === null || clock.isBehind || !this.#isReady(records)) return;
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
    if (packets === 0) {
      if (this.#emptyRuns < LONGEST_PAUSE) this.#emptyRuns++;
      this.#pause = this.#emptyRuns;
      return;
    }
    this.#emptyRuns = 0;
    window.at = end - this.#blockStart;
    const seconds = result[Result.SECONDS]! >>> 0;
    const nanos = result[Result.NANOS]!;
    input.passed(records, packets, seconds, nanos);
    clock.passed(seconds, nanos);
    table.touchAll(this.#turns, result[Result.TURNS]!);
    this.packets = packets;
    this.ipv6Packets = result[Result.IPV6_PACKETS]!;
    this.capturedBytes = end - start - packets * records.headerBytes;
    this.clientBytes = result[Result.CLIENT_BYTES]!;
    this.payloadBytes = result[Result.PAYLOAD_BYTES]!;
    reassembler.spend(this.payloadBytes);
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
      const { fractionsPerSecond, nanosPerFraction, longest } = records;
      this.#module.openRecords(fractionsPerSecond, nanosPerFraction, longest);
    }
    if (index.entries !== this.#entries || index.oldEntries !== this.#oldEntries) this.#openIndex();
    if (heads.end !== this.#ends) this.#openHeads();
    return this.#isOpen && this.#blockStart >= 0;
  }

  #openIndex(): void {
    const { entries, oldEntries } = this.#parts.table.index;
    this.#entries = entries;
    this.#oldEntries = oldEntries;
    const old = oldEntries ?? entries;
    const [at, oldAt] = [this.#addressOf(entries), this.#addressOf(old)];
    if (at < 0 || oldAt < 0) this.#isOpen = false;
    else this.#module.openIndex(at, entries.length / 2 - 1, oldAt, old.length / 2 - 1);
  }

  #openHeads(): void {
    const { heads, touched } = this.#parts.heads;
    const { end, target, room, slot, ring } = heads;
    this.#ends = end;
    const columns = [end, target, room, slot, ring, touched] as const;
    const [ends, targets, rooms, windows, rings, marks] = columns.map((view) =>
      this.#addressOf(view),
    );
    if ([ends!, targets!].some((address) => address < 0)) this.#isOpen = false;
    else this.#module.openHeads(ends!, targets!, rooms!, windows!, rings!, marks!);
  }

  /** Index of the view's first octet in the memory; -1 if it lies elsewhere. */
  #addressOf(view: ArrayBufferView): number {
    return view.buffer === this.#memory.buffer ? view.byteOffset : -1;
  }
}
