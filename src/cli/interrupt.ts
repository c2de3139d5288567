// SIGINT and SIGTERM: the first one asks the run to stop, write what it has and report; the second one
// ends the process at once.

/** What a shell reports for a process that the signal ended. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof SIGNAL_EXIT_CODES;

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

/** `process`, or its stand-in in tests. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  removeListener(signal: StopSignal, listener: () => void): unknown;
}

/** Listens from its making until `release`. */
export class Interrupt {
  /** The signal that came first, or null. */
  received: StopSignal | null = null;
  readonly #controller = new AbortController();
  readonly #source: SignalSource;
  readonly #listeners: readonly (readonly [StopSignal, () => void])[];

  constructor(source: SignalSource, endBySignal: (signal: StopSignal) => void) {
    this.#source = source;
    this.#listeners = STOP_SIGNALS.map((name) => [
      name,
      () => {
        if (this.received !== null) {
          this.release();
          endBySignal(name);
          return;
        }
        this.received = name;
        this.#controller.abort();
      },
    ]);
    for (const [name, listener] of this.#listeners) source.on(name, listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    for (const [name, listener] of this.#listeners) this.#source.removeListener(name, listener);
  }
}
