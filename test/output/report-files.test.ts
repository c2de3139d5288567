import * as nodeFileSystem from "node:fs";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileSystem } from "../../src/output/file-system.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import { writeReportFiles } from "../../src/output/report-files.ts";
import { newFolder, systemError } from "./output-folder.ts";

describe("the report's files", () => {
  test("take their names by rename when they are whole", async () => {
    const folder = newFolder();
    const steps: string[] = [];
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      renameSync: (from, to) => {
        steps.push(`${String(from).split("/").at(-1)} ${readFileSync(from, "utf8")}`);
        nodeFileSystem.renameSync(from, to);
      },
    };
    const directory = await OutputDirectory.prepare(folder, { fileSystem });
    await writeReportFiles(directory, { json: "{}", text: "text" });
    expect(steps).toEqual(["report.json.part {}", "report.txt.part text"]);
    expect(readdirSync(folder).toSorted()).toEqual([".tcpx-run", "report.json", "report.txt"]);
    expect(readFileSync(join(folder, "report.txt"), "utf8")).toBe("text");
  });

  test("that can't be written are an error of the output; a run with force removes what is left", async () => {
    const folder = newFolder();
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      renameSync: () => {
        throw systemError("ENOSPC");
      },
    };
    const directory = await OutputDirectory.prepare(folder, { fileSystem });
    await expect(writeReportFiles(directory, { json: "{}", text: "" })).rejects.toMatchObject({
      code: "WRITE_FAILED",
      exitCode: 4,
      file: "report.json",
    });
    expect(readdirSync(folder)).toContain("report.json.part");
    await OutputDirectory.prepare(folder, { force: true });
    expect(readdirSync(folder)).toEqual([".tcpx-run"]);
  });
});
