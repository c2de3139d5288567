import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import { readAll, readOctets, somePackets, withFiles } from "./read-capture.ts";

function fileAt(seconds: number, count = 3): Buffer {
  return pcapFile(somePackets(count, seconds));
}

describe("a directory", () => {
  test("means the captures directly in it, by content, in the order of their names", async () => {
    const files = {
      "b.txt": fileAt(2000),
      "a.pcapng": pcapngFile(somePackets(1, 1000)),
      "Z.dat": fileAt(100),
      "c.gz": gzipSync(fileAt(3000)),
      "notes.md": Buffer.from("no capture"),
      "notes.gz": gzipSync("no capture"),
      empty: Buffer.alloc(0),
    };
    await withFiles(files, async (directory) => {
      mkdirSync(join(directory, "deeper"));
      symlinkSync(join(directory, "nowhere"), join(directory, "dangling"));
      const { input, warnings } = await readAll([directory]);
      expect(input.files.map(({ name }) => name)).toEqual(["Z.dat", "a.pcapng", "b.txt", "c.gz"]);
      expect(input.files.map(({ path }) => path)[0]).toBe(join(directory, "Z.dat"));
      expect(input.files.map(({ packets }) => packets)).toEqual([3, 1, 3, 3]);
      expect(input.errors).toEqual([]);
      expect(warnings).toEqual([]);
    });
  });

  test("without captures is an error", async () => {
    await withFiles({ "notes.md": Buffer.from("no capture") }, async (directory) => {
      await expect(readAll([directory])).rejects.toMatchObject({
        code: "NO_CAPTURES",
        message: `${directory}: none of its 1 entries is a capture`,
      });
    });
  });

  test("with what only looks compressed names the file it can't read", async () => {
    const xz = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]);
    await withFiles({ "a.xz": xz, "b.pcap": fileAt(5) }, async (directory) => {
      const { input, packets } = await readAll([directory]);
      expect(packets).toHaveLength(3);
      expect(input.errors).toMatchObject([{ code: "UNSUPPORTED_COMPRESSION" }]);
    });
  });
});

describe("several files", () => {
  test("are read in the order given, with one numbering; what goes back in time is told", async () => {
    const files = { "1": fileAt(2000), "2": fileAt(1000), "3": fileAt(5000), "4": fileAt(5002) };
    await withFiles(files, async (directory) => {
      const paths = ["1", "2", "3", "4"].map((name) => join(directory, name));
      const { packets, warnings, input } = await readAll(paths);
      expect(packets.map(({ number }) => number)).toEqual(packets.map((_, index) => index + 1));
      expect(packets.map(({ fileIndex }) => fileIndex)).toEqual([
        0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3,
      ]);
      expect(packets.map(({ interfaceIndex }) => interfaceIndex)).toEqual(
        packets.map(({ fileIndex }) => fileIndex),
      );
      // file 4 begins with the second, and before the nanosecond, of file 3's last packet
      expect(warnings.map(({ code, file }) => [code, file])).toEqual([
        ["FILES_OUT_OF_ORDER", paths[1]],
        ["FILES_OUT_OF_ORDER", paths[3]],
      ]);
      expect(input.files.every(({ truncated }) => !truncated)).toBe(true);
    });
  });

  test("are sorted by their first packets, those without any last", async () => {
    const files = {
      "1": fileAt(3000),
      "2": pcapFile([]),
      "3": gzipSync(fileAt(1000)),
      "4": pcapngFile(somePackets(3, 2000)),
      "5": pcapFile([{ seconds: 2000, nanos: 4000, bytes: new Uint8Array(1) }]),
    };
    await withFiles(files, async (directory) => {
      const paths = ["1", "2", "3", "4", "5"].map((name) => join(directory, name));
      const { input, packets } = await readAll(paths, { sortFiles: true });
      expect(input.files.map(({ name }) => name)).toEqual(["3", "5", "4", "1", "2"]);
      expect(packets).toHaveLength(10);
      expect(input.interfaces).toHaveLength(5);
    });
  });

  test("can't be sorted with standard input among them; alone it need not be", async () => {
    await withFiles({ "1": fileAt(1) }, async (directory) => {
      const reading = readAll([join(directory, "1"), "-"], { sortFiles: true });
      await expect(reading).rejects.toMatchObject({ code: "BAD_OPTION" });
    });
    expect((await readOctets(fileAt(1), { sortFiles: true })).packets).toHaveLength(3);
  });

  test("standard input can be given once", async () => {
    await expect(readAll(["-", "-"])).rejects.toMatchObject({ code: "BAD_OPTION" });
  });

  test("no path at all is an error", async () => {
    await expect(readAll([])).rejects.toMatchObject({ code: "NO_CAPTURES" });
  });
});

describe("what can't be read", () => {
  test("is an error of its own while the others are read", async () => {
    await withFiles({ a: fileAt(1), b: Buffer.from("text"), c: fileAt(9) }, async (directory) => {
      const paths = ["a", "b", "missing", "c"].map((name) => join(directory, name));
      const { input, packets } = await readAll([...paths, "/dev/null"]);
      expect(packets).toHaveLength(6);
      expect(input.files.map(({ name }) => name)).toEqual(["a", "c"]);
      expect(input.errors.map(({ code }) => code)).toEqual([
        "NOT_A_CAPTURE",
        "NO_SUCH_FILE",
        "NOT_A_CAPTURE",
      ]);
      expect(input.errors[2]?.message).toContain("/dev/null is a device");
    });
  });

  test("is thrown if it is everything", async () => {
    await expect(readAll(["missing"])).rejects.toMatchObject({
      code: "NO_SUCH_FILE",
      message: "missing: no such file",
    });
  });

  test("and turns out to be no capture only inside does not end the run either", async () => {
    await withFiles({ a: gzipSync("text"), b: fileAt(1) }, async (directory) => {
      const { input, packets } = await readAll([join(directory, "a"), join(directory, "b")]);
      expect(packets).toHaveLength(3);
      expect(input.errors.map(({ code }) => code)).toEqual(["NOT_A_CAPTURE"]);
      expect(packets[0]?.fileIndex).toBe(1);
    });
  });
});
