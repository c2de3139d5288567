// tcp.md §1.4: which segments with a wrong checksum are refused.

import { describe, expect, it } from "vitest";
import { ChecksumPolicy, type ChecksumMode } from "../../src/decode/checksum-policy.ts";
import { SegmentCursor } from "../../src/decode/segment-cursor.ts";

function segmentFrom(source3: number, source0 = 0): SegmentCursor {
  const segment = new SegmentCursor();
  segment.source0 = source0;
  segment.source3 = source3;
  return segment;
}

describe("ChecksumPolicy", () => {
  it.each<[ChecksumMode, boolean, boolean]>([
    ["auto", false, true],
    ["verify", true, true],
    ["count", false, false],
    ["ignore", false, false],
  ])("%s refuses before the address was right: %s, after: %s", (mode, before, after) => {
    const policy = new ChecksumPolicy(mode);
    expect(policy.refuses(segmentFrom(1))).toBe(before);
    policy.confirm(segmentFrom(1));
    expect(policy.refuses(segmentFrom(1))).toBe(after);
  });

  it("auto judges every address by itself", () => {
    const policy = new ChecksumPolicy("auto");
    policy.confirm(segmentFrom(1));
    expect(policy.refuses(segmentFrom(2))).toBe(false);
    expect(policy.refuses(segmentFrom(1, 0x2001_0db8))).toBe(false);
  });

  it("auto forgets the address that was not used for longest", () => {
    const policy = new ChecksumPolicy("auto", 2);
    policy.confirm(segmentFrom(1));
    policy.confirm(segmentFrom(2));
    expect(policy.refuses(segmentFrom(1))).toBe(true);
    policy.confirm(segmentFrom(3));
    expect([1, 2, 3].map((address) => policy.refuses(segmentFrom(address)))).toEqual([
      true,
      false,
      true,
    ]);
  });
});
