// The sweep with large steps; all of it is .ci/steps/sweep.sh.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import { boundariesOf, loadSamples, runStep, stepsOf } from "./sweep.ts";

const SAMPLES = join(import.meta.dirname, "../../samples");

let scratch = "";
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "tcpx-sweep-test-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it("cut or flipped, a sample gives a result with a warning or a clear error", async () => {
  let steps = 0;
  for (const sample of await loadSamples(SAMPLES, scratch)) {
    if (sample.bytes.length > 20_000) continue;
    for (const step of stepsOf(sample, 397)) {
      await runStep(step, steps++ % 8 === 0, scratch);
    }
  }
  expect(steps).toBeGreaterThan(300);
}, 240_000);

it.each([
  ["pcap", pcapFile],
  ["pcapng", pcapngFile],
] as const)(
  "knows the boundaries of %s, and that a cut elsewhere is not silent",
  async (_, build) => {
    const packets = [1, 2, 3].map((seconds) => ({ seconds, bytes: tcpPacket({ payload: "abc" }) }));
    for (const endian of ["little", "big"] as const) {
      const bytes = build(packets, { endian });
      const boundaries = boundariesOf(bytes);
      expect(boundaries).toHaveLength(build === pcapFile ? 4 : 5);
      expect(boundaries.at(-1)).toBe(bytes.length);
      const sample = { name: "built", bytes, boundaries, isWhole: true };
      const silent = { ...sample, boundaries: [] };
      const offset = boundaries.at(-2)!;
      await runStep({ sample, kind: "cut", offset }, false, scratch);
      // What the sweep would say if a reader kept silent about a cut.
      const step = { sample: silent, kind: "cut", offset } as const;
      await expect(runStep(step, true, scratch)).rejects.toThrow("nobody says so");
    }
  },
);
