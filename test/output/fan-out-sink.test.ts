import { describe, expect, test } from "vitest";
import { FanOutSink } from "../../src/output/fan-out-sink.ts";
import { NullSink, WindowSink } from "../../src/output/memory-window-sink.ts";
import type {
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
} from "../../src/output/stream-sink.ts";
import { NO_STREAM } from "../../src/output/stream-sink.ts";
import { endingOf, identityOf, packetAt, summaryOf } from "./sink-twin.ts";

const PACKET = packetAt(1);

/** Writes down what it is told; refuses streams of odd flows if it is picky. */
class Listener extends NullSink {
  override readonly wantsSummaries: boolean;
  override congested = false;
  override failed = false;
  readonly heard: string[] = [];
  readonly #isPicky: boolean;
  readonly #totals: SinkTotals;
  #next: number;

  constructor(firstHandle: number, isPicky: boolean, totals: SinkTotals) {
    super();
    this.#next = firstHandle;
    this.#isPicky = isPicky;
    this.#totals = totals;
    this.wantsSummaries = isPicky;
  }

  override openStream(identity: FlowIdentity): StreamHandle {
    return this.#isPicky && identity.flow % 2 === 1 ? NO_STREAM : this.#next++;
  }

  override write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.heard.push(
      `write ${stream} ${position} ${Buffer.from(bytes.subarray(start, end)).toString()}`,
    );
  }

  override overwrite(stream: StreamHandle, position: number): void {
    this.heard.push(`overwrite ${stream} ${position}`);
  }

  override rebase(stream: StreamHandle, shift: number): void {
    this.heard.push(`rebase ${stream} ${shift}`);
  }

  override spillGaps(stream: StreamHandle): void {
    this.heard.push(`gaps ${stream}`);
  }

  override finishStream(stream: StreamHandle, length: number): void {
    this.heard.push(`finish ${stream} ${length}`);
  }

  override endFlow({ c2s, s2c, c2sLength, summary }: FlowEnding): void {
    this.heard.push(`end ${c2s} ${s2c} ${c2sLength} ${summary === null ? "" : summary.flow}`);
  }

  override finish(): Promise<SinkTotals> {
    return Promise.resolve(this.#totals);
  }
}

function two(): { all: Listener; picky: Listener; sink: FanOutSink } {
  const all = new Listener(10, false, { files: 1, bytes: 10, error: null });
  const picky = new Listener(20, true, { files: 2, bytes: 5, error: new Error("full") });
  return { all, picky, sink: new FanOutSink([all, picky]) };
}

describe("several sinks behind one", () => {
  test("get every call with their own handles, and nothing of streams that they refused", () => {
    const { all, picky, sink } = two();
    const odd = sink.openStream(identityOf(1), "c2s");
    const even = sink.openStream(identityOf(2), "c2s");
    for (const stream of [odd, even]) {
      sink.write(stream, 5, Buffer.from("abcd"), 1, 3, PACKET);
      sink.overwrite(stream, 6, Buffer.from("x"), 0, 1, PACKET);
      sink.rebase(stream, 7);
      sink.spillGaps(stream, []);
      sink.finishStream(stream, 8);
    }
    sink.endFlow(endingOf(odd, 9, 0, summaryOf(1)));
    sink.endFlow({ ...endingOf(0, 9, 0, summaryOf(2)), s2c: even });
    const about = (handle: number): string[] => [
      `write ${handle} 5 bc`,
      `overwrite ${handle} 6`,
      `rebase ${handle} 7`,
      `gaps ${handle}`,
      `finish ${handle} 8`,
    ];
    expect(all.heard).toEqual([...about(10), ...about(11), "end 10 0 9 ", "end 0 11 9 "]);
    expect(picky.heard).toEqual([...about(20), "end 0 0 9 1", "end 0 20 9 2"]);
  });

  test("refuse what all refuse", () => {
    const picky = new Listener(20, true, { files: 0, bytes: 0, error: null });
    const sink = new FanOutSink([new NullSink(), picky]);
    expect(sink.openStream(identityOf(1), "c2s")).toBe(NO_STREAM);
    expect(sink.openStream(identityOf(2), "c2s")).not.toBe(NO_STREAM);
  });

  test("take thousands of streams at once, and use handles again", () => {
    const { all, sink } = two();
    const streams = Array.from({ length: 5000 }, (_, i) =>
      sink.openStream(identityOf(i + 1), "c2s"),
    );
    expect(new Set(streams).size).toBe(5000);
    sink.write(streams[4999]!, 0, Buffer.from("z"), 0, 1, PACKET);
    expect(all.heard).toEqual(["write 5009 0 z"]);
    sink.endFlow(endingOf(streams[77]!, 1, 0, null));
    expect(sink.openStream(identityOf(6000), "c2s")).toBe(streams[77]);
  });

  test("compare with the one that has most at hand", () => {
    const window = new WindowSink({ poolBytes: 4096, blockBytes: 64, unitBytes: 4 });
    const long = new WindowSink();
    const { all } = two();
    const sink = new FanOutSink([all, window, long]);
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = Buffer.alloc(500, 1);
    sink.write(stream, 0, bytes, 0, 500, PACKET);
    bytes[0] = 2;
    expect({ ...sink.compare(stream, 0, bytes, 0, 500, PACKET) }).toEqual({
      differing: 1,
      notCompared: 0,
    });
  });

  test("are congested or failed as soon as one is, and want summaries if one does", () => {
    const { all, sink } = two();
    expect(sink).toMatchObject({ congested: false, failed: false, wantsSummaries: true });
    all.congested = true;
    all.failed = true;
    expect(sink).toMatchObject({ congested: true, failed: true });
    expect(new FanOutSink([new NullSink()]).wantsSummaries).toBe(false);
  });

  test("have written together what each has, and tell the first error", async () => {
    const { sink } = two();
    await sink.drained();
    expect(await sink.finish()).toMatchObject({ files: 3, bytes: 15, error: { message: "full" } });
  });
});
