// Counts garbage collections, for the promise "allocates nothing per packet".

import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** Garbage collections during `work`, after a first run of it that lets the compiler do its part. */
export async function countCollections(work: () => void): Promise<number> {
  work();
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  await sleep(50);
  observer.observe({ entryTypes: ["gc"] });
  work();
  // entries are delivered by the event loop
  await sleep(50);
  observer.disconnect();
  return collections;
}
