// The module's loops over octets against those that they replace, for the payload of a small segment and of a
// full one. A thousand calls a measurement: one alone is shorter than the clock can tell.

import { bench, describe } from "vitest";
import { openFastPathModule } from "../../src/memory/fast-path-module.ts";
import { fold, sumWords } from "../generator/segment-builder.js";

const CALLS = 1000;
const MEMORY_BYTES = 65_536;
/** Where copies go; all that is read lies before it. */
const TARGET = 32_768;

const { buffer, module: kernel } = openFastPathModule(MEMORY_BYTES, false);
const octets = Buffer.from(buffer);
for (let index = 0; index < TARGET; index++) octets[index] = (index * 7 + (index >> 8)) & 0xff;

/** The sum that the kernel gives, in network order and 16 bits (RFC 1071 §2 B). */
function inNetworkOrder(sum: number): number {
  const folded = fold((sum & 0xffff) + (sum >>> 16));
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

function copyByLoop(target: number, start: number, end: number): void {
  for (let at = start; at < end; at++) octets[target + at - start] = octets[at]!;
}

function check(isRight: boolean): void {
  if (!isRight) throw new Error("the work was not done");
}

for (const length of [64, 1448]) {
  const wanted = octets.subarray(1, 1 + length);
  const copied = octets.subarray(TARGET, TARGET + length);
  const expected = kernel.sum(0, length) | 0;
  check(inNetworkOrder(expected) === fold(sumWords(octets, 0, length)));
  for (const copy of [kernel.copy, copyByLoop]) {
    copied.fill(0);
    copy(TARGET, 1, 1 + length);
    check(copied.equals(wanted));
  }

  describe(`1,000 sums of ${length} octets`, () => {
    bench("FastPathModule.sum", () => {
      let all = 0;
      for (let call = 0; call < CALLS; call++) all |= kernel.sum(0, length);
      check(all === expected);
    });

    const expectedOfLoop = sumWords(octets, 0, length);
    bench("a loop over 16-bit words", () => {
      let all = 0;
      for (let call = 0; call < CALLS; call++) all |= sumWords(octets, 0, length);
      check(all === expectedOfLoop);
    });
  });

  describe(`1,000 copies of ${length} octets`, () => {
    bench("FastPathModule.copy", () => {
      for (let call = 0; call < CALLS; call++) kernel.copy(TARGET, 1, 1 + length);
      check(copied[length - 1] === wanted[length - 1]);
    });

    bench("a loop over octets", () => {
      for (let call = 0; call < CALLS; call++) copyByLoop(TARGET, 1, 1 + length);
      check(copied[length - 1] === wanted[length - 1]);
    });
  });

  describe(`1,000 times zeros of ${length} octets`, () => {
    bench("FastPathModule.clear", () => {
      copied.fill(1);
      for (let call = 0; call < CALLS; call++) kernel.clear(TARGET, TARGET + length);
      check(copied[0] === 0 && copied[length - 1] === 0);
    });

    bench("Buffer.fill", () => {
      copied.fill(1);
      for (let call = 0; call < CALLS; call++) octets.fill(0, TARGET, TARGET + length);
      check(copied[0] === 0 && copied[length - 1] === 0);
    });
  });
}
