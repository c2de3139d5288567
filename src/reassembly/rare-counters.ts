// Counters of a stream that most streams never need. A row is taken on first use, so that a million
// clean flows do not pay for them; names are those of tcp.md §6.

/** Columns of a row, in the order of flows.jsonl. */
export const Rare = {
  AFTER_HOLE: 0,
  OUT_OF_ORDER: 1,
  OVERLAPPING: 2,
  RETRANSMITTED: 3,
  PROBES: 4,
  NOT_PLACED: 5,
  RETRANSMITTED_BYTES: 6,
  OVERLAPPING_BYTES: 7,
  CONFLICTING_BYTES: 8,
  NOT_COMPARED_BYTES: 9,
  PROBE_BYTES: 10,
  REFUSED_BYTES: 11,
  BEFORE_START_BYTES: 12,
  IMPLAUSIBLE_BYTES: 13,
  RESET_PAYLOAD_BYTES: 14,
  AFTER_FIN_BYTES: 15,
  AFTER_RESET_BYTES: 16,
  LATE_FILL_BYTES: 17,
  SNAPPED_BYTES: 18,
  DUPLICATED_PACKETS: 19,
  ZERO_WINDOWS: 20,
  BAD_CHECKSUMS: 21,
  IMPLAUSIBLE_RESETS: 22,
  OTHER_PATH_PACKETS: 23,
  FURTHER_SYN: 24,
  FURTHER_FIN: 25,
  RST: 26,
  FIN_UNSEEN: 27,
  /** No counter, but as rare: the number of the direction's VLAN stack under `--vlan first`. */
  PATH: 28,
} as const;

export type Rare = (typeof Rare)[keyof typeof Rare];

export const RARE_COLUMNS: number = Object.keys(Rare).length;

const ROWS_PER_SLAB = 1024;

/** Rows in slabs and a free list; row 0 stands for "none taken" and reads as zeros. */
export class RareCounters {
  readonly #slabs: Float64Array[] = [new Float64Array(ROWS_PER_SLAB * RARE_COLUMNS)];
  readonly #free: number[] = [];
  #next = 1;

  /** Takes a row of zeros. */
  take(): number {
    const row = this.#free.pop() ?? this.#next++;
    const slab = row >> 10;
    if (slab === this.#slabs.length) {
      this.#slabs.push(new Float64Array(ROWS_PER_SLAB * RARE_COLUMNS));
    }
    const at = (row & (ROWS_PER_SLAB - 1)) * RARE_COLUMNS;
    this.#slabs[slab]!.fill(0, at, at + RARE_COLUMNS);
    return row;
  }

  /** Gives a row back; row 0 is never taken. */
  release(row: number): void {
    if (row !== 0) this.#free.push(row);
  }

  get(row: number, column: Rare): number {
    return this.#slabs[row >> 10]![(row & (ROWS_PER_SLAB - 1)) * RARE_COLUMNS + column]!;
  }

  add(row: number, column: Rare, amount: number): void {
    this.#slabs[row >> 10]![(row & (ROWS_PER_SLAB - 1)) * RARE_COLUMNS + column]! += amount;
  }
}
