// Octets for rings that are full, noted while a call takes packets and copied at its end: of all that a call appends to
// a ring only the last octets stay there, and the others need not be copied at all.
//
//     a call's appends   |aaaa|bbbb|aaaa|bbbb|aaaa| ...      noted: stream, length, source, end
//     ring of a          |..aa|aaaa|aaaa|                    copied: what is no further from its end than its size

import * as Result from "../run-result";
import { putIntoRing } from "./write-heads";

const NOTE_BYTES: usize = Result.COPY_WORDS << 2;

let notes: usize = 0;
let next: usize = 0;

/** Begins with no notes; there is room for MOST_COPIES of them at an address. */
export function beginCopies(at: usize): void {
  notes = at;
  next = at;
}

/** Octets from `source` on, which stay there meanwhile, go before the position `end` of a stream whose ring is full. */
export function copyLater(handle: u32, source: usize, length: i32, end: f64): void {
  store<u32>(next, handle);
  store<i32>(next, length, 4);
  store<usize>(next, source, 8);
  // As many bits as distances in a ring need.
  store<u32>(next, <u32>(<u64>end), 12);
  next += NOTE_BYTES;
  if (next == notes + <usize>Result.MOST_COPIES * NOTE_BYTES) copyAll();
}

/** Copies what was noted, as far as it is not too old by now. */
export function copyAll(): void {
  for (let at = notes; at < next; at += NOTE_BYTES) {
    putIntoRing(load<u32>(at), load<usize>(at, 8), load<i32>(at, 4), load<u32>(at, 12));
  }
  next = notes;
}
