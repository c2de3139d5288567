import { describe, expect, test } from "vitest";
import {
  STATUS_ENTRIES,
  StatusBit,
  WARNING_HALF,
  decodeStatusWord,
  formatStatusWord,
  parseStatusWord,
  statusNames,
  statusText,
} from "../../src/report/status-word.ts";
import { TcpxError } from "../../src/errors.ts";

const CONTEXT = { overlap: "first", badChecksums: 1, refusedChecksums: 0 };

/** The contract: users, jq recipes and `--fail-on` rely on bits and names. */
const TABLE = [
  ["0x00000001", "ackedUnseen"],
  ["0x00000002", "neverAcked"],
  ["0x00000004", "snapped"],
  ["0x00000008", "discarded"],
  ["0x00000010", "conflict"],
  ["0x00000020", "checksum"],
  ["0x00000040", "fragIncomplete"],
  ["0x00000080", "timeBackwards"],
  ["0x00000100", "midstream"],
  ["0x00000200", "oneWay"],
  ["0x00000400", "timeout"],
  ["0x00000800", "openAtEnd"],
  ["0x00001000", "evicted"],
  ["0x00002000", "captureDrops"],
  ["0x00004000", "inputDamaged"],
  ["0x00008000", "undecodable"],
  ["0x00010000", "retransmission"],
  ["0x00020000", "overlap"],
  ["0x00040000", "outOfOrder"],
  ["0x00080000", "duplicatePacket"],
  ["0x00100000", "probe"],
  ["0x00200000", "reset"],
  ["0x00400000", "tupleReuse"],
  ["0x00800000", "wrap"],
  ["0x01000000", "fragReassembled"],
  ["0x02000000", "ipv4"],
  ["0x04000000", "ipv6"],
  ["0x08000000", "checksumOffload"],
  ["0x10000000", "lengthZero"],
  ["0x20000000", "encapsulated"],
] as const;

describe("the status word", () => {
  test("has these bits under these names", () => {
    expect(STATUS_ENTRIES.map(({ bit, name }) => [formatStatusWord(bit), name])).toEqual(TABLE);
    expect(STATUS_ENTRIES.map(({ bit }) => bit)).toEqual(Object.values(StatusBit));
  });

  test("warns in the low half and informs in the high one", () => {
    for (const { bit, half } of STATUS_ENTRIES) {
      expect(half).toBe((bit & WARNING_HALF) === 0 ? "information" : "warning");
    }
    expect(STATUS_ENTRIES.filter(({ half }) => half === "warning")).toHaveLength(16);
  });

  test("is written as 0x and eight digits, whatever the sign", () => {
    expect(formatStatusWord(0)).toBe("0x00000000");
    expect(formatStatusWord(-1)).toBe("0xffffffff");
    expect(formatStatusWord(0x80000001 | 0)).toBe("0x80000001");
  });

  test.each([
    ["0x0", 0],
    ["0x03ff2ff7", 0x03ff2ff7],
    ["0X03FF2FF7", 0x03ff2ff7],
    ["0xffffffff", -1],
  ])("%s is read as %i", (text, word) => {
    expect(parseStatusWord(text)).toBe(word);
  });

  test.each(["", "0x", "03ff2ff7", "12", "0x123456789", "0xg", " 0x1", "0x1\n", "-0x1"])(
    "%j is no word",
    (text) => {
      expect(() => parseStatusWord(text)).toThrow(TcpxError);
      expect(() => parseStatusWord(text)).toThrow(
        "expected 0x and one to eight hexadecimal digits",
      );
    },
  );

  test("decodes to the names of its bits, lowest first", () => {
    expect(statusNames("0x02000001")).toEqual(["ackedUnseen", "ipv4"]);
    expect(statusNames(StatusBit.IPV6 | StatusBit.EVICTED)).toEqual(["evicted", "ipv6"]);
    expect(statusNames(0)).toEqual([]);
    expect(statusNames("0xc0000000")).toEqual([]);
    expect(decodeStatusWord("0xffffffff")).toEqual(STATUS_ENTRIES);
  });
});

describe("texts that say what was done", () => {
  const text = (bit: StatusBit, context: Partial<typeof CONTEXT> = {}): string =>
    statusText(decodeStatusWord(bit)[0]!, { ...CONTEXT, ...context });

  test.each([
    ["first", "first copy kept"],
    ["last", "last copy kept"],
    ["bsd", "copy kept by the bsd policy"],
    ["solaris", "copy kept by the solaris policy"],
  ])("overlap policy %s: %s", (overlap, expected) => {
    expect(text(StatusBit.CONFLICT, { overlap })).toBe(
      `Overlapping bytes with conflicting content, ${expected}`,
    );
  });

  test.each([
    [5, 0, "segments kept"],
    [5, 5, "segments refused"],
    [5, 4, "some segments refused"],
  ])("%i wrong checksums, %i refused: %s", (badChecksums, refusedChecksums, expected) => {
    expect(text(StatusBit.CHECKSUM, { badChecksums, refusedChecksums })).toBe(
      `TCP checksum errors, ${expected}`,
    );
  });

  test("all others are the same in every run", () => {
    for (const status of STATUS_ENTRIES) {
      if (status.bit === StatusBit.CONFLICT || status.bit === StatusBit.CHECKSUM) continue;
      expect(statusText(status, CONTEXT)).toBe(status.text);
    }
  });
});
