// A sink that distrusts the engine: it keeps the ranges written of each stream and throws where an octet
// comes twice, where what never came is compared or replaced, or where a flow's summary does not list
// exactly the ranges that did not come as its gaps.

import type { PacketPosition } from "../../src/capture/packet-cursor.ts";
import { WindowSink } from "../../src/output/memory-window-sink.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  StreamHandle,
} from "../../src/output/stream-sink.ts";
import { NO_STREAM } from "../../src/output/stream-sink.ts";
import type { FlowSummary, Gap, StreamSummary } from "../../src/report/flow-summary.ts";
import { checkStreamIdentities } from "../../src/report/identities.ts";

/** Ranges `[starts[i], ends[i])`, ascending, no two of which touch. */
interface WrittenRanges {
  starts: number[];
  ends: number[];
  bytes: number;
  spilledGaps: number;
}

export class CheckingSink extends WindowSink {
  override readonly wantsSummaries: boolean = true;
  /** It looks at each segment. */
  override readonly openHeads = null;
  readonly summaries: FlowSummary[] = [];
  /** What was wrong first; what follows from it may hide it on the way out. */
  firstFault: Error | null = null;
  readonly #streams = new Map<StreamHandle, WrittenRanges>();

  override openStream(identity: FlowIdentity, direction: "c2s" | "s2c"): StreamHandle {
    const handle = super.openStream(identity, direction);
    if (handle === NO_STREAM) throw new Error("the window sink took no stream");
    if (this.#streams.has(handle)) throw new Error(`stream ${handle} is open twice`);
    this.#streams.set(handle, { starts: [], ends: [], bytes: 0, spilledGaps: 0 });
    return handle;
  }

  override write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    this.#guard(() => {
      checkView(position, bytes, start, end);
      add(this.#rangesOf(stream), position, position + end - start);
    });
    super.write(stream, position, bytes, start, end, packet);
  }

  override compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): Comparison {
    this.#guard(() => {
      checkView(position, bytes, start, end);
      requireWritten(this.#rangesOf(stream), position, position + end - start, "compared");
    });
    const found = super.compare(stream, position, bytes, start, end, packet);
    const isPossible =
      found.differing >= 0 &&
      found.notCompared >= 0 &&
      found.differing + found.notCompared <= end - start;
    if (!isPossible) throw new Error(`compared ${end - start} octets: ${JSON.stringify(found)}`);
    return found;
  }

  override overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    this.#guard(() => {
      checkView(position, bytes, start, end);
      requireWritten(this.#rangesOf(stream), position, position + end - start, "replaced");
    });
    super.overwrite(stream, position, bytes, start, end, packet);
  }

  override rebase(stream: StreamHandle, shift: number): void {
    if (!(shift > 0)) throw new Error(`rebased by ${shift}`);
    const ranges = this.#rangesOf(stream);
    ranges.starts = ranges.starts.map((at) => at + shift);
    ranges.ends = ranges.ends.map((at) => at + shift);
    super.rebase(stream, shift);
  }

  override spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void {
    this.#rangesOf(stream).spilledGaps += gaps.length;
    super.spillGaps(stream, gaps);
  }

  override endFlow(end: FlowEnding): void {
    const { summary } = end;
    if (summary === null) throw new Error("a flow ended without its summary");
    this.#check(end.c2s, summary.c2s, end.c2sLength, `flow ${summary.flow} c2s`);
    this.#check(end.s2c, summary.s2c, end.s2cLength, `flow ${summary.flow} s2c`);
    this.summaries.push(summary);
    super.endFlow(end);
    this.#streams.delete(end.c2s);
    this.#streams.delete(end.s2c);
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.firstFault ??= error as Error;
      throw error;
    }
  }

  /** Streams whose flow has not ended. */
  get open(): number {
    return this.#streams.size;
  }

  #check(handle: StreamHandle, stream: StreamSummary, length: number, name: string): void {
    const faults = checkStreamIdentities(stream);
    const ranges =
      handle === NO_STREAM
        ? { starts: [], ends: [], bytes: 0, spilledGaps: 0 }
        : this.#rangesOf(handle);
    if (ranges.bytes !== stream.writtenBytes) {
      faults.push(`writtenBytes ${stream.writtenBytes}, but ${ranges.bytes} came`);
    }
    if (length !== stream.streamBytes) {
      faults.push(`streamBytes ${stream.streamBytes}, but its length is ${length}`);
    }
    const { ends } = ranges;
    if (ends.length > 0 && ends.at(-1)! > length) {
      faults.push(`written to ${ends.at(-1)}, beyond its length ${length}`);
    }
    // Otherwise some were settled before the end, and told to whoever has a file for them.
    const listsAll = ranges.spilledGaps === 0 && stream.gapsListed === stream.gapCount;
    if (listsAll) faults.push(...gapFaults(ranges, stream));
    if (faults.length > 0) throw new Error(`${name}: ${faults.join("; ")}`);
  }

  #rangesOf(stream: StreamHandle): WrittenRanges {
    const ranges = this.#streams.get(stream);
    if (ranges === undefined) throw new Error(`stream ${stream} is not open`);
    return ranges;
  }
}

function checkView(position: number, bytes: Uint8Array, start: number, end: number): void {
  const isPossible =
    Number.isSafeInteger(position) &&
    position >= 0 &&
    start >= 0 &&
    start < end &&
    end <= bytes.length;
  if (!isPossible) throw new Error(`octets [${start}, ${end}) of ${bytes.length} for ${position}`);
}

/** The first range that ends at `position` or behind it. */
function firstAtOrAfter(ends: readonly number[], position: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function add(ranges: WrittenRanges, start: number, end: number): void {
  const { starts, ends } = ranges;
  ranges.bytes += end - start;
  const at = firstAtOrAfter(ends, start);
  let next = at;
  const touchesBefore = at < ends.length && ends[at] === start;
  if (touchesBefore) next++;
  if (next < starts.length && starts[next]! < end) {
    throw new Error(`[${start}, ${end}) is written, and so was [${starts[next]}, ${ends[next]})`);
  }
  const touchesNext = next < starts.length && starts[next] === end;
  if (touchesBefore && touchesNext) {
    ends[at] = ends[next]!;
    starts.splice(next, 1);
    ends.splice(next, 1);
  } else if (touchesBefore) ends[at] = end;
  else if (touchesNext) starts[next] = start;
  else {
    starts.splice(at, 0, start);
    ends.splice(at, 0, end);
  }
}

function requireWritten(ranges: WrittenRanges, start: number, end: number, verb: string): void {
  const at = firstAtOrAfter(ranges.ends, start + 1);
  const isWritten =
    at < ranges.starts.length && ranges.starts[at]! <= start && ranges.ends[at]! >= end;
  if (!isWritten) throw new Error(`[${start}, ${end}) is ${verb}, but it never came`);
}

/** Gaps as listed, neighbours of different cause joined, must be what lies between the ranges. */
function gapFaults(ranges: WrittenRanges, stream: StreamSummary): string[] {
  const missing: string[] = [];
  let position = 0;
  for (const [index, start] of ranges.starts.entries()) {
    if (start > position) missing.push(`[${position}, ${start})`);
    position = ranges.ends[index]!;
  }
  if (stream.streamBytes > position) missing.push(`[${position}, ${stream.streamBytes})`);
  const listed: string[] = [];
  let start = 0;
  let end = -1;
  for (const gap of stream.gaps) {
    if (gap.start !== end) {
      if (end >= 0) listed.push(`[${start}, ${end})`);
      start = gap.start;
    }
    end = gap.start + gap.length;
  }
  if (end >= 0) listed.push(`[${start}, ${end})`);
  const one = missing.join(" ");
  const other = listed.join(" ");
  return one === other
    ? []
    : [`gaps are ${one || "none"}, but the summary lists ${other || "none"}`];
}
