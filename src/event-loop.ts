// A turn of the event loop, without the module of Node's timers that promise one: loading it takes a millisecond.

/** Resolves when timers, signals and what the thread pool has done had their turn. */
export function loopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
