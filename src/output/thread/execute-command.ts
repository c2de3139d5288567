// Does one command of the ring. Runs in the thread; in the run itself, where the thread is no more.

import {
  CREATE_TO_WRITE,
  NEW_FILE_MODE,
  NODE_FILE_SYSTEM,
  PartialWriteError,
  writeFully,
} from "../file-system.ts";
import { AT, DESCRIPTOR, KIND, Kind, LENGTH, Outcome, OUTCOME } from "./command-ring.ts";
import { POSITION, RESULT, SIZE } from "./command-ring.ts";
import type { CommandRing } from "./command-ring.ts";

/** Never throws: what came of it is left in the command. */
export function executeCommand(ring: CommandRing, slot: number): void {
  const length = ring.word(slot, LENGTH);
  let failed: Outcome = Outcome.FAILED;
  try {
    if (ring.word(slot, KIND) === Kind.WRITE) write(ring, slot, ring.word(slot, DESCRIPTOR));
    else {
      const path = ring.text(slot);
      const descriptor = NODE_FILE_SYSTEM.openSync(path, CREATE_TO_WRITE, NEW_FILE_MODE);
      failed = Outcome.FAILED_WITH_FILE;
      makeFile(ring, slot, descriptor);
    }
    ring.setWord(slot, RESULT, length);
    ring.setWord(slot, OUTCOME, Outcome.DONE);
  } catch (error) {
    // Only what was made and written whole fails in another way than by its write.
    const written = failed === Outcome.FAILED ? 0 : length;
    ring.setWord(slot, RESULT, error instanceof PartialWriteError ? error.written : written);
    ring.setWord(slot, OUTCOME, failed);
    ring.setText(slot, error instanceof Error ? error.message : String(error));
  }
}

function makeFile(ring: CommandRing, slot: number, descriptor: number): void {
  try {
    write(ring, slot, descriptor);
    const size = ring.float(slot, SIZE);
    const end = ring.float(slot, POSITION) + ring.word(slot, LENGTH);
    if (size > end) NODE_FILE_SYSTEM.ftruncateSync(descriptor, size);
  } finally {
    NODE_FILE_SYSTEM.closeSync(descriptor);
  }
}

function write(ring: CommandRing, slot: number, descriptor: number): void {
  const at = ring.word(slot, AT) >>> 0;
  const length = ring.word(slot, LENGTH);
  writeFully(NODE_FILE_SYSTEM, descriptor, ring.octets, at, length, ring.float(slot, POSITION));
}
