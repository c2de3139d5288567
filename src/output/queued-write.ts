// What waits in the queue of writes: windows of streams, in the order in which they left, and files that are yet to be
// made of one.

/** Windows that one call may take. */
const MAX_TOGETHER = 8;

/** A file that is yet to be made, all of it at once. */
export interface NewFile {
  /** Below the output directory. */
  readonly path: string;
  /** Octets that it is to have at least. */
  readonly size: number;
}

/** One window on its way: positions [position, position + length) at `arena[offset, ...)`. */
export class QueuedWrite {
  readonly slot: number;
  readonly offset: number;
  readonly position: number;
  readonly length: number;
  /** Captured octets in it that no total counts yet. */
  octets: number;
  /** What of it remains to be written: [from, to). */
  from = 0;
  to: number;
  isRunning = false;
  /** What was changed while the write was under way: [dirtyFrom, dirtyTo), empty if not. */
  dirtyFrom = Infinity;
  dirtyTo = 0;
  /** Null if the file is there, or is made by whoever opens it first. */
  newFile: NewFile | null = null;

  constructor(slot: number, offset: number, position: number, length: number, octets: number) {
    this.slot = slot;
    this.offset = offset;
    this.position = position;
    this.length = length;
    this.octets = octets;
    this.to = length;
  }
}

/** The queue of one file. */
export interface FileQueue {
  readonly stream: number;
  readonly writes: QueuedWrite[];
  isRunning: boolean;
  /** The command that makes its file, or null. */
  making: number | null;
  /** Called once, when the queue is empty or given up. */
  whenIdle: (() => void) | null;
}

/** How many windows from the first on follow each other without a gap, whole but for the first. */
export function neighbours(writes: readonly QueuedWrite[]): number {
  let count = 1;
  let end = writes[0]!.position + writes[0]!.to;
  if (writes[0]!.to < writes[0]!.length) return 1;
  while (count < writes.length && count < MAX_TOGETHER) {
    const next = writes[count]!;
    if (next.position !== end || next.from > 0 || next.to < next.length) break;
    end += next.length;
    count++;
  }
  return count;
}
