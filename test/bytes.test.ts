// Octets copied into memory of their own.

import { describe, expect, it } from "vitest";
import { copyOctets } from "../src/bytes.ts";

describe("a copy of octets", () => {
  it.each([
    { of: "Uint8Array", bytes: Uint8Array.of(1, 2, 3, 4, 5) },
    { of: "Buffer", bytes: Buffer.from([1, 2, 3, 4, 5]) },
    { of: "view", bytes: Uint8Array.of(0, 0, 1, 2, 3, 4, 5).subarray(2) },
  ])("of a $of stays what it was", ({ bytes }) => {
    const copy = copyOctets(bytes, 1, 4);
    bytes.fill(9);
    expect(copy).toEqual(Uint8Array.of(2, 3, 4));
    // No part of a larger memory, which it would keep from being freed.
    expect(copy.buffer.byteLength).toBe(3);
  });

  it("of nothing is empty", () => {
    expect(copyOctets(Uint8Array.of(1, 2), 1, 1)).toHaveLength(0);
  });
});
