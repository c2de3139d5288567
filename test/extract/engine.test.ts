// What a run ends with, where the reading fails, the ending of flows, or both.

import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { Engine } from "../../src/extract/engine.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { extract } from "../../src/extract/extract.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { MemorySink } from "../support/memory-sink.ts";
import { tcpPacket } from "../support/packet-builder.ts";

const PACKET = tcpPacket({ flags: "PA", seq: 101, payload: "abc" });
const CAPTURE = pcapFile([
  { seconds: 1000, bytes: PACKET },
  { seconds: 1001, bytes: PACKET },
  { seconds: 1002, bytes: PACKET },
]);
/** Ends inside its third packet: an error while reading, under `strict`. */
const CUT = CAPTURE.subarray(0, -1);

/** The error that a run of one flow is rejected with, or null. */
async function errorOfRun(
  capture: Uint8Array,
  onFlow: (summary: FlowSummary) => void,
): Promise<unknown> {
  const standardInput = Readable.from([capture]);
  const input = await CaptureInput.open(["-"], { standardInput, strict: true });
  const engine = new Engine(DEFAULT_ENGINE_OPTIONS, new MemorySink(), onFlow);
  try {
    await engine.run(input, null);
    return null;
  } catch (error) {
    return error;
  } finally {
    await input.close();
  }
}

function failingListener(): never {
  throw new Error("the listener broke");
}

const BOTH = [{ code: "DAMAGED_CAPTURE" }, { message: "the listener broke" }];

describe("the error of a run", () => {
  it("is what ended the reading; flows are ended and told all the same", async () => {
    const flows: number[] = [];
    const error = await errorOfRun(CUT, ({ flow }) => flows.push(flow));
    expect(error).toMatchObject({ code: "DAMAGED_CAPTURE" });
    expect(flows).toEqual([1]);
  });

  it("is what the ending of flows threw, where the reading did not fail", async () => {
    const error = await errorOfRun(CAPTURE, failingListener);
    expect(error).toMatchObject({ message: "the listener broke" });
  });

  it("is both where both failed, the reading's first", async () => {
    const error = await errorOfRun(CUT, failingListener);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({ errors: BOTH });
  });

  it("is both for `extract` as well, which has no sums to report then", async () => {
    const run = extract({
      captures: ["-"],
      standardInput: Readable.from([CUT]),
      strict: true,
      onFlow: failingListener,
    });
    await expect(run).rejects.toMatchObject({ errors: BOTH });
  });
});
