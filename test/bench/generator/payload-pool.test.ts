import { createHash } from "node:crypto";
import { assert, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_RUN, POOL_OCTETS, PayloadPool } from "../../../bench/generator/payload-pool.js";
import { slowSum } from "../support/slow-dissector.js";

const pool = new PayloadPool();

test("the sum of a range by subtraction is that of adding its words one by one", () => {
  assert(
    property(
      nat(POOL_OCTETS - 1),
      nat(4000),
      (start, length) =>
        pool.sum(start, start + length) % 0xffff ===
        slowSum(pool.octets.subarray(start, start + length)) % 0xffff,
    ),
    { seed: 1, numRuns: 500 },
  );
});

test("a run across the end of the ring lies in one piece", () => {
  const start = POOL_OCTETS - 10;
  expect(pool.octets.subarray(POOL_OCTETS, POOL_OCTETS + 10)).toEqual(pool.octets.subarray(0, 10));
  expect(pool.at(start, 12)).toBe(2);
  expect(pool.octets.length).toBe(POOL_OCTETS + LONGEST_RUN);
});

test("the digest of a stream longer than the ring is that of its octets", () => {
  const head = Buffer.from("head");
  const bodyBytes = 2 * POOL_OCTETS + 5;
  const body = Buffer.alloc(bodyBytes);
  for (let at = 0; at < bodyBytes; at++) body[at] = pool.octets[(7 + at) % POOL_OCTETS]!;
  const expected = createHash("sha256").update(head).update(body).digest("hex");
  expect(pool.sha256({ head, bodyStart: 7, bodyBytes })).toBe(expected);
});
