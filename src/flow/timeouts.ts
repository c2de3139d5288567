// How long a flow may be silent, by its state, in capture time (tcp.md §5.3; Tranalyzer's values).

export interface Timeouts {
  /** Seconds; fractions are kept to the nanosecond. */
  readonly new: number;
  readonly established: number;
  readonly closing: number;
  readonly closed: number;
  readonly reset: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  new: 120,
  established: 610,
  closing: 120,
  closed: 10,
  reset: 10,
};
