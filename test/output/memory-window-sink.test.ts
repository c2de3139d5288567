import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WindowSink } from "../../src/output/memory-window-sink.ts";
import { endingOf, identityOf, packetAt, TwinStream } from "./sink-twin.ts";

const PACKET = packetAt(1);
const WINDOW = 64 * 1024;

function block(length: number, first: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (first + i * 3 + (i >> 8)) & 0xff);
}

describe("a window of what was last seen of a stream", () => {
  test("finds what differs in the last 64 KiB and says of older octets that it can't", () => {
    const sink = new WindowSink();
    const stream = sink.openStream(identityOf(1), "c2s");
    const all = block(200_000, 0);
    for (let at = 0; at < all.length; at += 1000) {
      sink.write(stream, at, all, at, at + 1000, PACKET);
    }
    const changed = all.slice();
    changed[199_999]! ^= 1;
    changed[200_000 - WINDOW]! ^= 1;
    changed[200_000 - WINDOW - 1]! ^= 1;
    const found = sink.compare(stream, 0, changed, 0, changed.length, PACKET);
    expect({ ...found }).toEqual({ differing: 2, notCompared: 200_000 - WINDOW });
  });

  test("takes a payload that is longer", () => {
    const sink = new WindowSink();
    const stream = sink.openStream(identityOf(1), "c2s");
    const all = block(100_000, 5);
    sink.write(stream, 0, all, 0, all.length, PACKET);
    const found = sink.compare(stream, 0, all, 0, all.length, PACKET);
    expect({ ...found }).toEqual({ differing: 0, notCompared: 100_000 - WINDOW });
  });

  test("goes to a stream that speaks, from one that was silent", () => {
    const sink = new WindowSink({ poolBytes: 2 * WINDOW, blockBytes: WINDOW, unitBytes: 1024 });
    const silent = sink.openStream(identityOf(1), "c2s");
    const bytes = block(WINDOW, 9);
    sink.write(silent, 0, bytes, 0, WINDOW, PACKET);
    for (let flow = 2; flow < 6; flow++) {
      const stream = sink.openStream(identityOf(flow), "c2s");
      sink.write(stream, 0, bytes, 0, WINDOW, PACKET);
      expect(sink.compare(stream, 0, bytes, 0, WINDOW, PACKET).notCompared).toBe(0);
    }
    expect(sink.compare(silent, 0, bytes, 0, WINDOW, PACKET).notCompared).toBe(WINDOW);
    sink.write(silent, WINDOW, bytes, 0, 100, PACKET);
    expect({ ...sink.compare(silent, WINDOW, bytes, 0, 100, PACKET) }).toEqual({
      differing: 0,
      notCompared: 0,
    });
  });

  test("does not lose its ring to itself where there is memory for one alone", () => {
    const sink = new WindowSink({ poolBytes: 64, blockBytes: 64, unitBytes: 4 });
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(50, 3);
    let position = 0;
    for (const length of [3, 10, 20, 17]) {
      sink.write(stream, position, bytes, position, position + length, PACKET);
      position += length;
      const found = sink.compare(stream, position - 3, bytes, position - 3, position, PACKET);
      expect({ ...found }).toEqual({ differing: 0, notCompared: 0 });
    }
  });

  test("grows where its ring was filled to the last octet, and loses none", () => {
    const sink = new WindowSink({ poolBytes: 4096, blockBytes: 64, unitBytes: 4 });
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(64, 3);
    for (let at = 0; at < 64; at += 4) {
      sink.write(stream, at, bytes, at, at + 4, PACKET);
      expect({ ...sink.compare(stream, 0, bytes, 0, at + 4, PACKET) }).toEqual({
        differing: 0,
        notCompared: 0,
      });
    }
  });

  test("writes nothing and never makes the engine wait", async () => {
    const sink = new WindowSink();
    expect(sink).toMatchObject({ wantsSummaries: false, congested: false, failed: false });
    await sink.drained();
    expect(await sink.finish()).toEqual({ files: 0, bytes: 0, error: null });
  });

  test("is right wherever it compares, and always compares the last octets (against a map of octets)", () => {
    const step = fc.record({
      kind: fc.constantFrom(
        "append",
        "append",
        "append",
        "late",
        "again",
        "overwrite",
        "rebase",
        "end",
      ),
      stream: fc.integer({ min: 0, max: 3 }),
      at: fc.integer({ min: 0, max: 400 }),
      length: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 })),
    });
    const poolBytes = fc.constantFrom(64, 128, 256, 4096);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), poolBytes, (steps, pool) => {
        const sink = new WindowSink({ poolBytes: pool, blockBytes: 64, unitBytes: 4 });
        const twins = Array.from({ length: 4 }, () => new TwinStream());
        const handles = twins.map(() => sink.openStream(identityOf(1), "c2s"));
        let octet = 0;
        const payload = (length: number): Uint8Array =>
          Uint8Array.from({ length }, () => octet++ & 0xff);
        const write = (i: number, at: number, length: number): void => {
          for (const range of twins[i]!.newRanges(at, at + length)) {
            const bytes = payload(range.length);
            sink.write(handles[i]!, range.start, bytes, 0, bytes.length, PACKET);
            twins[i]!.write(range.start, bytes);
          }
        };
        for (const { kind, stream, at, length } of steps) {
          const twin = twins[stream]!;
          if (kind === "append") write(stream, twin.end + (at % 7 === 0 ? at : 0), length);
          else if (kind === "late") write(stream, at, length);
          else if (kind === "rebase") {
            sink.rebase(handles[stream]!, at);
            twin.rebase(at);
          } else if (kind === "end") {
            sink.endFlow(endingOf(handles[stream]!, twin.end, 0, null));
            twins[stream] = new TwinStream();
            handles[stream] = sink.openStream(identityOf(1), "c2s");
          } else {
            for (const range of twin.writtenRanges(at, at + length)) {
              const bytes = payload(range.length);
              if (kind === "overwrite") {
                sink.overwrite(handles[stream]!, range.start, bytes, 0, bytes.length, PACKET);
                twin.write(range.start, bytes);
              }
              // octet by octet: each is right, or is said not to have been compared
              for (let i = 0; i < range.length; i++) {
                const found = sink.compare(
                  handles[stream]!,
                  range.start + i,
                  bytes,
                  i,
                  i + 1,
                  PACKET,
                );
                const differs = twin.octets.get(range.start + i) === bytes[i] ? 0 : 1;
                if (found.notCompared === 0) expect(found.differing).toBe(differs);
                else expect({ ...found }).toEqual({ differing: 0, notCompared: 1 });
              }
            }
          }
        }
        // enough for all: then every stream has its last 64 octets, if they came in order
        const twin = new TwinStream();
        const stream = sink.openStream(identityOf(1), "c2s");
        for (let i = 0; i < 30; i++) {
          const bytes = payload(1 + ((i * 7) % 40));
          sink.write(stream, twin.end, bytes, 0, bytes.length, PACKET);
          twin.write(twin.end, bytes);
        }
        const content = twin.content(twin.end);
        const held = pool === 4096 ? 64 : 4;
        const found = sink.compare(
          stream,
          twin.end - held,
          content,
          twin.end - held,
          twin.end,
          PACKET,
        );
        expect({ ...found }).toEqual({ differing: 0, notCompared: 0 });
      }),
      { seed: 20_240_610, numRuns: 200 },
    );
  });
});
