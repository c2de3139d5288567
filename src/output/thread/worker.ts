// The thread: does what is in the ring, in order, and sleeps when nothing is. Compiled to one script by compile.js.

import { workerData } from "node:worker_threads";
import { CommandRing, DONE, KIND, Kind, SLEEPS, SUBMITTED, WAITS } from "./command-ring.ts";
import { executeCommand } from "./execute-command.ts";
import type { ThreadData } from "./file-thread.ts";

const { memory, at } = workerData as ThreadData;
const ring = new CommandRing(memory, at);
const { header } = ring;

for (let number = 0; ;) {
  if (Atomics.load(header, SUBMITTED) === number) {
    Atomics.store(header, SLEEPS, 1);
    // Returns at once if there is something by now.
    Atomics.wait(header, SUBMITTED, number);
    Atomics.store(header, SLEEPS, 0);
    continue;
  }
  const slot = ring.slotOf(number);
  if (ring.word(slot, KIND) === Kind.END) break;
  executeCommand(ring, slot);
  number = (number + 1) | 0;
  Atomics.store(header, DONE, number);
  if (Atomics.load(header, WAITS) !== 0) Atomics.notify(header, DONE);
}
