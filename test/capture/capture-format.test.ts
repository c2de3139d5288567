import { describe, expect, test } from "vitest";
import { captureFormat, compressionOf, notACapture } from "../../src/capture/capture-format.ts";
import { pcapFile, pcapngFile, snoopFile } from "../support/capture-builder.ts";
import { readOctets } from "./read-capture.ts";

describe("the first octets tell", () => {
  test.each([
    ["pcap", pcapFile([])],
    ["pcap", pcapFile([], { endian: "big" })],
    ["pcap", pcapFile([], { resolution: "nano" })],
    ["pcap", pcapFile([], { magic: 0xa1b2cd34, endian: "big" })],
    ["pcapng", pcapngFile([])],
    ["pcapng", pcapngFile([], { endian: "big" })],
    ["snoop", snoopFile([])],
    [null, Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4])],
    [null, Buffer.from("snoopy and his friends")],
    [null, Buffer.alloc(12)],
    [null, Buffer.alloc(0)],
  ])("%s", (format, octets) => {
    expect(captureFormat(octets)).toBe(format);
    expect(compressionOf(octets)).toBeNull();
  });
});

describe("what is no capture is an error that shows the first octets", () => {
  test.each([
    ["an empty file", Buffer.alloc(0), "it has no octets"],
    [
      "a text",
      Buffer.from("Dear reader,\nhow are you"),
      '44 65 61 72 20 72 65 61 64 65 72 2c "Dear reader,"',
    ],
    [
      "a JPEG",
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46]),
      'ff d8 ff e0 00 10 4a 46 "......JF"',
    ],
    ["one octet", Buffer.from([0xd4]), 'd4 "."'],
    ["a pcap header that is cut", pcapFile([]).subarray(0, 23), "23 octets and begins with d4 c3"],
    [
      "a section header that is cut",
      pcapngFile([]).subarray(0, 27),
      "27 octets and begins with 0a 0d",
    ],
    [
      "a snoop header that is cut",
      snoopFile([]).subarray(0, 15),
      "15 octets and begins with 73 6e",
    ],
  ])("%s", async (_name, octets, text) => {
    await expect(readOctets(octets)).rejects.toMatchObject({
      code: "NOT_A_CAPTURE",
      file: "-",
      message: expect.stringContaining(text),
    });
  });

  test("the error names the file", () => {
    expect(notACapture("some/file", new Uint8Array(3)).message).toMatch(
      /^some\/file is not a capture/,
    );
  });
});
