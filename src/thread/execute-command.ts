// Does one command of the ring. Runs in the thread; in the run itself, where the thread is no more.

import { closeSync, constants, ftruncateSync, openSync, writeSync } from "node:fs";
import { AT, DESCRIPTOR, KIND, Kind, LENGTH, Outcome, OUTCOME } from "./command-ring.ts";
import { POSITION, RESULT, SIZE } from "./command-ring.ts";
import type { CommandRing } from "./command-ring.ts";

const NEW_FILE =
  constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
const NEW_FILE_MODE = 0o666;

/** Never throws: what came of it is left in the command. */
export function executeCommand(ring: CommandRing, slot: number): void {
  const kind = ring.word(slot, KIND);
  const at = ring.word(slot, AT) >>> 0;
  const length = ring.word(slot, LENGTH);
  const position = ring.float(slot, POSITION);
  ring.setWord(slot, RESULT, 0);
  ring.setWord(slot, OUTCOME, Outcome.DONE);
  let failed: Outcome = Outcome.FAILED;
  try {
    if (kind === Kind.WRITE) {
      write(ring, slot, ring.word(slot, DESCRIPTOR), at, length, position);
    } else if (kind === Kind.WRITE_FILE) {
      const descriptor = openSync(ring.text(slot), NEW_FILE, NEW_FILE_MODE);
      failed = Outcome.FAILED_WITH_FILE;
      try {
        write(ring, slot, descriptor, at, length, position);
        const size = ring.float(slot, SIZE);
        if (size > position + length) ftruncateSync(descriptor, size);
      } finally {
        closeSync(descriptor);
      }
    }
  } catch (error) {
    ring.setWord(slot, OUTCOME, failed);
    ring.setText(slot, error instanceof Error ? error.message : String(error));
  }
}

/** All of it; RESULT says how far it came. */
function write(
  ring: CommandRing,
  slot: number,
  descriptor: number,
  at: number,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length;) {
    const count = writeSync(descriptor, ring.octets, at + done, length - done, position + done);
    if (count === 0) throw new Error("the system wrote nothing and gave no reason");
    done += count;
    ring.setWord(slot, RESULT, done);
  }
}
