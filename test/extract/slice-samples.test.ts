// Every sample: a slice of all flows holds as many packets as the report counts for flows, in one pass
// and in two, and says of the flows what the capture itself says.

import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import type { Report } from "../../src/report/report.ts";
import { newFolder } from "../output/output-folder.ts";

const SAMPLES = fileURLToPath(new URL("../../samples", import.meta.url));
const captures = readdirSync(SAMPLES, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(pcap|pcapng|cap|snoop|pcap\.gz)$/u.test(name))
  .filter((name) => !name.includes("not-a-capture"))
  .toSorted();

/** What a report says of flows and their octets. */
function flowsOf({ flows, segments, payload, loss, streams }: Report): object {
  return { flows, segments, payload, loss, streams };
}

it("there are samples", () => expect(captures.length).toBeGreaterThan(5));

describe.each(captures)("%s", (name) => {
  const path = join(SAMPLES, name);

  it.each([1, 2] as const)("in %i passes", async (passes) => {
    const file = join(newFolder(), "slice.pcapng");
    const input =
      passes === 2
        ? { captures: [path] }
        : { captures: ["-"], standardInput: createReadStream(path) };
    const { report, outputError } = await extract({ ...input, command: "slice", slice: { file } });
    expect(outputError).toBeNull();
    const { c2s, s2c } = report.decode.direction;
    expect(report.slice).toMatchObject({
      passes,
      packets: c2s.packets + s2c.packets,
      forgotten: 0,
    });
    const again = await extract({ captures: [file] });
    expect(flowsOf(again.report)).toEqual(flowsOf(report));
    expect(again.report.decode.packetsWithoutFlow).toBe(0);
  });
});
