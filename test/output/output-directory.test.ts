import { execFileSync } from "node:child_process";
import * as nodeFileSystem from "node:fs";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MANIFEST_NAME } from "../../src/output/directory-manifest.ts";
import type { FileSystem } from "../../src/output/file-system.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import type { OutputDirectoryOptions } from "../../src/output/output-directory.ts";
import { newFolder, systemError } from "./output-folder.ts";

const STREAM = "000001-10.0.0.1.40001-10.0.0.2.80.c2s";

function prepare(path: string, options: OutputDirectoryOptions = {}): Promise<OutputDirectory> {
  return OutputDirectory.prepare(path, options);
}

function names(path: string): string[] {
  return readdirSync(path).toSorted();
}

/** A folder with what a run in it left: the manifest, and some of its files. */
async function usedFolder(
  files: readonly string[],
  options: OutputDirectoryOptions = {},
): Promise<string> {
  const folder = newFolder();
  await prepare(folder, options);
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "x");
  }
  return folder;
}

describe("the output directory", () => {
  test("is made, its parents too", async () => {
    const path = join(newFolder(), "a", "b", "out");
    const directory = await prepare(path);
    expect(directory.path).toBe(path);
    expect(directory.name).toBe("out");
    expect(names(path)).toEqual([MANIFEST_NAME]);
  });

  test("is taken if it is there and empty", async () => {
    const folder = newFolder();
    await prepare(folder);
    expect(names(folder)).toEqual([MANIFEST_NAME]);
  });

  test("may be named by a link", async () => {
    const folder = newFolder();
    const link = join(newFolder(), "link");
    symlinkSync(folder, link);
    const directory = await prepare(link);
    expect(directory.path).toBe(folder);
    expect(names(folder)).toEqual([MANIFEST_NAME]);
  });

  test.each(["report.txt", "notes", MANIFEST_NAME, ".hidden"])(
    "is refused if it is not empty (%s), and nothing in it changes",
    async (name) => {
      const folder = newFolder();
      writeFileSync(join(folder, name), "mine");
      await expect(prepare(folder)).rejects.toMatchObject({
        code: "OUTPUT_NOT_EMPTY",
        exitCode: 2,
        message: expect.stringMatching(/--force/u),
      });
      expect(names(folder)).toEqual([name]);
      expect(readFileSync(join(folder, name), "utf8")).toBe("mine");
    },
  );

  test.each([
    ["a file", (folder: string) => writeFileSync(join(folder, "out"), "")],
    ["below a file", (folder: string) => writeFileSync(join(folder, "out"), ""), "out/below"],
    [
      "a link to nowhere",
      (folder: string) => symlinkSync(join(folder, "nowhere"), join(folder, "out")),
    ],
  ])("is refused if it is %s", async (_, make, path = "out") => {
    const folder = newFolder();
    make(folder);
    await expect(prepare(join(folder, path), { force: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^OUTPUT_NOT_(A_DIRECTORY|WRITABLE)$/u),
    });
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });

  test.each(["EACCES", "EROFS", "ENOSPC"])(
    "that can't be written (%s) is exit code 4",
    async (code) => {
      const fileSystem: FileSystem = {
        ...nodeFileSystem,
        openSync: () => {
          throw systemError(code);
        },
      };
      await expect(prepare(newFolder(), { fileSystem })).rejects.toMatchObject({
        code: "OUTPUT_NOT_WRITABLE",
        exitCode: 4,
      });
    },
  );

  test("is not even made for a template that is refused", async () => {
    const path = join(newFolder(), "out");
    await expect(prepare(path, { template: "{flow}" })).rejects.toMatchObject({
      code: "BAD_OPTION",
    });
    expect(existsSync(path)).toBe(false);
  });

  test("has a manifest before its first file that names the run and its file names", async () => {
    const folder = newFolder();
    await prepare(folder, { run: "extract a.pcap", template: "{flow}.{direction}", groupSize: 10 });
    expect(JSON.parse(readFileSync(join(folder, MANIFEST_NAME), "utf8"))).toEqual({
      schema: "tcpx.run/1",
      run: "extract a.pcap",
      names: { template: "{flow}.{direction}", group: 10 },
    });
  });
});

describe("with force", () => {
  test("an earlier run's files are removed, side and temporary files too", async () => {
    const folder = await usedFolder([
      STREAM,
      `${STREAM}.gaps.jsonl`,
      `${STREAM}.index.jsonl`,
      `${STREAM}.conflicts.jsonl`,
      `${STREAM}.part`,
      "flows.jsonl",
      "alerts.jsonl",
      "report.json",
      "report.txt",
      "report.json.part",
    ]);
    await prepare(folder, { force: true });
    expect(names(folder)).toEqual([MANIFEST_NAME]);
  });

  test("those of a killed run as well: the manifest is the first file", async () => {
    const folder = await usedFolder([STREAM, "flows.jsonl"]);
    await prepare(folder, { force: true });
    expect(names(folder)).toEqual([MANIFEST_NAME]);
  });

  test("many of them", async () => {
    const files = Array.from(
      { length: 2000 },
      (_, i) => `${String(i + 1).padStart(6, "0")}-10.0.0.1.1-10.0.0.2.2.s2c`,
    );
    const folder = await usedFolder(files);
    await prepare(folder, { force: true });
    expect(names(folder)).toEqual([MANIFEST_NAME]);
  });

  test("those of the earlier run's template, not of this one's", async () => {
    const folder = await usedFolder(["s.000001.c2s"], { template: "s.{flow}.{direction}" });
    writeFileSync(join(folder, "t.000001.c2s"), "mine");
    await prepare(folder, { force: true });
    expect(names(folder)).toEqual([MANIFEST_NAME, "t.000001.c2s"]);
  });

  test("those in its groups, not those beside them; the subdirectories stay", async () => {
    const folder = await usedFolder([`000001/${STREAM}`, `000001/notes`, `000011/${STREAM}`], {
      groupSize: 10,
    });
    writeFileSync(join(folder, STREAM), "not where the run put its streams");
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other", STREAM), "mine");
    await prepare(folder, { force: true, groupSize: 10 });
    expect(names(folder)).toEqual([MANIFEST_NAME, "000001", STREAM, "000011", "other"].toSorted());
    expect(names(join(folder, "000001"))).toEqual(["notes"]);
    expect(names(join(folder, "000011"))).toEqual([]);
    expect(names(join(folder, "other"))).toEqual([STREAM]);
  });

  test("whatever tcpx did not leave stays as it is, and the run goes on", async () => {
    const folder = await usedFolder([STREAM, "notes.txt", "000001.c2s", "flows.jsonl.bak"]);
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "report.txt"), "mine");
    symlinkSync("/etc/hostname", join(folder, "link"));
    await prepare(folder, { force: true });
    const rest = [MANIFEST_NAME, "000001.c2s", "flows.jsonl.bak", "link", "notes.txt", "sub"];
    expect(names(folder)).toEqual(rest);
    expect(readFileSync(join(folder, "sub", "report.txt"), "utf8")).toBe("mine");
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  });

  test("a directory that no run of tcpx was in keeps everything", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "notes.txt"), "mine");
    await prepare(folder, { force: true });
    expect(names(folder)).toEqual([MANIFEST_NAME, "notes.txt"]);
  });

  test.each([
    STREAM,
    `${STREAM}.gaps.jsonl`,
    "flows.jsonl",
    "report.txt",
    "FLOWS.JSONL",
    "report.json.part",
  ])(
    "a foreign file with a name of the run (%s) is in the way: refused, and it stays",
    async (name) => {
      const folder = newFolder();
      writeFileSync(join(folder, name), "mine");
      await expect(prepare(folder, { force: true })).rejects.toMatchObject({
        code: "OUTPUT_NOT_EMPTY",
        message: expect.stringContaining(name),
      });
      expect(names(folder)).toEqual([name]);
    },
  );

  test.each([STREAM, "report.json"])(
    "a link with a name of the run (%s) is never removed nor followed",
    async (name) => {
      const victim = join(newFolder(), "victim");
      writeFileSync(victim, "mine");
      const folder = await usedFolder([]);
      symlinkSync(victim, join(folder, name));
      await expect(prepare(folder, { force: true })).rejects.toMatchObject({
        code: "OUTPUT_NOT_EMPTY",
      });
      expect(readFileSync(victim, "utf8")).toBe("mine");
      expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
    },
  );

  test("a link in a group's place is not followed", async () => {
    const elsewhere = newFolder();
    writeFileSync(join(elsewhere, STREAM), "mine");
    const folder = await usedFolder([], { groupSize: 10 });
    symlinkSync(elsewhere, join(folder, "000001"));
    await expect(prepare(folder, { force: true, groupSize: 10 })).rejects.toMatchObject({
      code: "OUTPUT_NOT_EMPTY",
    });
    expect(names(elsewhere)).toEqual([STREAM]);
  });

  test("a directory with a stream's name stays and is in the way", async () => {
    const folder = await usedFolder([]);
    mkdirSync(join(folder, STREAM));
    await expect(prepare(folder, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_EMPTY",
    });
    expect(names(folder)).toContain(STREAM);
  });
});

describe("a manifest that tcpx did not write is not believed", () => {
  const good = {
    schema: "tcpx.run/1",
    run: "",
    names: { template: "{flow}.{direction}", group: 0 },
  };

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["another schema", JSON.stringify({ ...good, schema: "tcpx.run/2" })],
    ["no names", JSON.stringify({ schema: "tcpx.run/1" })],
    [
      "a template that matches all",
      JSON.stringify({ ...good, names: { template: "{client}", group: 0 } }),
    ],
    ["a regular expression", JSON.stringify({ ...good, names: { template: ".*", group: 0 } })],
    ["a path", JSON.stringify({ ...good, names: { template: "../{flow}.{direction}", group: 0 } })],
    [
      "a path of Windows",
      JSON.stringify({ ...good, names: { template: "..\\{flow}.{direction}", group: 0 } }),
    ],
    [
      "an absurd group",
      JSON.stringify({ ...good, names: { template: "{flow}.{direction}", group: 1e300 } }),
    ],
    [
      "a group as text",
      JSON.stringify({ ...good, names: { template: "{flow}.{direction}", group: "../.." } }),
    ],
    [
      "a template as list",
      JSON.stringify({ ...good, names: { template: ["{flow}.{direction}"], group: 0 } }),
    ],
    ["4 MiB", JSON.stringify({ ...good, run: "x".repeat(4 << 20) })],
  ])("%s", async (_, text) => {
    const folder = newFolder();
    writeFileSync(join(folder, MANIFEST_NAME), text);
    for (const name of ["000001.c2s", "flows.jsonl", "a"])
      writeFileSync(join(folder, name), "mine");
    await expect(prepare(folder, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_EMPTY",
      message: expect.stringContaining(MANIFEST_NAME),
    });
    expect(names(folder)).toEqual([MANIFEST_NAME, "000001.c2s", "a", "flows.jsonl"]);
  });

  test("a link to a good one", async () => {
    const elsewhere = await usedFolder([]);
    const folder = newFolder();
    symlinkSync(join(elsewhere, MANIFEST_NAME), join(folder, MANIFEST_NAME));
    writeFileSync(join(folder, STREAM), "mine");
    await expect(prepare(folder, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_EMPTY",
    });
    expect(names(folder)).toEqual([MANIFEST_NAME, STREAM]);
    expect(names(elsewhere)).toEqual([MANIFEST_NAME]);
  });

  test("a directory", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, MANIFEST_NAME));
    await expect(prepare(folder, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_EMPTY",
    });
  });

  test.skipIf(process.platform === "win32")("a FIFO, which does not block the run", async () => {
    const folder = newFolder();
    execFileSync("mkfifo", [join(folder, MANIFEST_NAME)]);
    await expect(prepare(folder, { force: true })).rejects.toMatchObject({
      code: "OUTPUT_NOT_EMPTY",
    });
  });

  test("an empty one is that of a run killed before its first octet", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, MANIFEST_NAME), "");
    await prepare(folder, { force: true });
    expect(readFileSync(join(folder, MANIFEST_NAME), "utf8")).toContain("tcpx.run/1");
  });
});

describe("groups", () => {
  test("are made once, and a link in their place is refused", async () => {
    const folder = newFolder();
    const directory = await prepare(folder, { groupSize: 2 });
    directory.makeGroup(1);
    directory.makeGroup(2);
    directory.makeGroup(3);
    expect(names(folder)).toEqual([MANIFEST_NAME, "000001", "000003"]);
    symlinkSync(newFolder(), join(folder, "000005"));
    expect(() => directory.makeGroup(6)).toThrow(/link/u);
  });

  test("are not made where another directory has taken the output's place", async () => {
    const folder = join(newFolder(), "out");
    const directory = await prepare(folder, { groupSize: 2 });
    renameSync(folder, `${folder}.moved`);
    symlinkSync(newFolder(), folder);
    expect(() => directory.makeGroup(1)).toThrow(/exchanged/u);
  });
});
