import { describe, expect, test } from "vitest";
import { NullSink } from "../../src/output/null-sink.ts";
import { NO_STREAM } from "../../src/output/stream-sink.ts";
import { endingOf, identityOf, packetAt, summaryOf } from "./sink-twin.ts";

const PACKET = packetAt(1);

describe("the null sink", () => {
  test("takes no stream and compares nothing", () => {
    const sink = new NullSink();
    expect(sink.openStream(identityOf(1), "c2s")).toBe(NO_STREAM);
    expect({ ...sink.compare(NO_STREAM, 0, new Uint8Array(5), 1, 4, PACKET) }).toEqual({
      differing: 0,
      notCompared: 3,
    });
  });

  test("never waits, never fails, and has written nothing in the end", async () => {
    const sink = new NullSink();
    sink.write(NO_STREAM, 0, new Uint8Array(5), 0, 5, PACKET);
    sink.endFlow(endingOf(NO_STREAM, 0, 0, summaryOf(1)));
    expect([sink.congested, sink.failed, sink.wantsSummaries]).toEqual([false, false, false]);
    await expect(sink.drained()).resolves.toBeUndefined();
    expect(await sink.finish()).toEqual({ files: 0, bytes: 0, error: null });
  });
});
