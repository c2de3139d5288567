// Events behind a handler that returned a promise: they wait, in order, one handler in flight at a
// time. While something waits the run takes no further packet (`StreamSink.congested`), so that no
// more can queue up than one packet, or the end of the run, brings.
//
//     packet --event--> handler ... promise        next events --> thunks     drained(): one by one

/** Calls `callback` after the time; the result takes it back. The only clock of the stage. */
export type Timer = (milliseconds: number, callback: () => void) => () => void;

export const SYSTEM_TIMER: Timer = (milliseconds, callback) => {
  const timeout = setTimeout(callback, milliseconds);
  return () => clearTimeout(timeout);
};

/** How a promise came out. */
export type Settled =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "late" };

interface Waiting {
  readonly promise: Promise<Settled>;
  readonly goOn: (settled: Settled) => void;
}

export class EventQueue {
  readonly #timer: Timer;
  readonly #limitMillis: number;
  #waiting: Waiting | null = null;
  readonly #thunks: (() => void)[] = [];
  /** Index of the first thunk that was not called. */
  #first = 0;
  #draining: Promise<void> | null = null;

  /** `limitMillis`: how long a promise may take; 0 for ever. */
  constructor(timer: Timer, limitMillis: number) {
    this.#timer = timer;
    this.#limitMillis = limitMillis;
  }

  /** True while a handler's promise is pending or events wait behind it. */
  get isBusy(): boolean {
    return this.#waiting !== null || this.#first < this.#thunks.length;
  }

  /** True while a handler's promise is pending. */
  get isPending(): boolean {
    return this.#waiting !== null;
  }

  /** A handler returned a promise; `goOn` goes on with the same event. Nothing may be pending. */
  wait(promise: PromiseLike<unknown>, goOn: (settled: Settled) => void): void {
    this.#waiting = { promise: this.settle(promise), goOn };
  }

  /** An event that has to wait for what is pending. */
  push(thunk: () => void): void {
    this.#thunks.push(thunk);
  }

  /** Resolves once nothing is pending; never rejects. */
  async drained(): Promise<void> {
    while (this.isBusy) {
      this.#draining ??= this.#drain();
      await this.#draining;
      this.#draining = null;
    }
  }

  /** The promise's outcome, or "late" where it takes longer than the limit. Never rejects. */
  settle(promise: PromiseLike<unknown>): Promise<Settled> {
    return new Promise((resolve) => {
      const cancel =
        this.#limitMillis > 0
          ? this.#timer(this.#limitMillis, () => resolve({ kind: "late" }))
          : () => undefined;
      const done = (settled: Settled): void => {
        cancel();
        resolve(settled);
      };
      // A script's own thenable may throw, or call back twice.
      Promise.resolve(promise).then(
        (value: unknown) => done({ kind: "done", value }),
        (error: unknown) => done({ kind: "failed", error }),
      );
    });
  }

  async #drain(): Promise<void> {
    while (this.isBusy) {
      const waiting = this.#waiting;
      if (waiting !== null) {
        const settled = await waiting.promise;
        this.#waiting = null;
        waiting.goOn(settled);
        continue;
      }
      const thunk = this.#thunks[this.#first++]!;
      if (this.#first === this.#thunks.length) {
        this.#thunks.length = 0;
        this.#first = 0;
      }
      thunk();
    }
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
