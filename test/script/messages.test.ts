// pcap_tcp_assembler's recovery, with the right numbers: messages across holes, refusals, windows and
// the wrap; what is missing and what was not recognised are two numbers.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageOptions } from "../../src/script/messages.ts";
import { MessageStream, messages } from "../../src/script/messages.ts";
import { HANDSHAKE, runScripts } from "./run-scripts.ts";

/** "M" and a digit: that many octets in all. */
const options = (more: Partial<MessageOptions> = {}): MessageOptions => ({
  detect: (bytes) => {
    if (bytes[0] !== 0x4d) return 0;
    const length = (bytes[1] ?? 0) - 0x30;
    return bytes.length > 1 && length >= 2 && length <= 9 && bytes.length >= length ? length : 0;
  },
  onMessage: () => undefined,
  ...more,
});

/** Plays parts (text, or a number of missing octets) and notes what comes out. */
function play(
  parts: readonly (string | number)[],
  more: Partial<MessageOptions> = {},
  lost = false,
): string[] {
  const stream = new MessageStream(options(more), lost);
  let position = 0;
  const events = parts.flatMap((part) => {
    const at = position;
    position += typeof part === "number" ? part : part.length;
    return typeof part === "number"
      ? stream.gap(at, part)
      : stream.octets(at, Buffer.from(part, "latin1"));
  });
  return [...events, ...stream.end()].map((event) =>
    event.kind === "message"
      ? `${event.position} ${event.bytes.toString("latin1")}`
      : `loss ${event.loss.start}-${event.loss.end} missing ${event.loss.missing} unrecognised ${event.loss.unrecognised}`,
  );
}

describe("messages", () => {
  it("are found one after the other, however segments cut them", () => {
    const expected = ["0 M5abc", "5 M3d", "8 M4ef"];
    expect(play(["M5abcM3dM4ef"])).toEqual(expected);
    expect(play("M5abcM3dM4ef".split(""))).toEqual(expected);
  });

  it("go on behind a gap; what is missing and what was not recognised are told apart, before the message", () => {
    expect(play(["M5abcM9x", 6, "garbage", "M3d"])).toEqual([
      "0 M5abc",
      "loss 5-21 missing 6 unrecognised 10",
      "21 M3d",
    ]);
  });

  it("are found behind garbage, a hole, and right behind it (p03)", () => {
    expect(play(["xxxxxxxxxx", 10, "M91234567"])).toEqual([
      "loss 0-20 missing 10 unrecognised 10",
      "20 M91234567",
    ]);
  });

  it("are searched once the window is full", () => {
    expect(play(["xxxxxxxx", "xxxxxxxx", "M3dM3e"], { window: 16 })).toEqual([
      "loss 0-16 missing 0 unrecognised 16",
      "16 M3d",
      "19 M3e",
    ]);
  });

  it("may be longer than the window", () => {
    const detect = (bytes: Uint8Array): number =>
      bytes[0] === 0x42 ? (bytes.length >= 100 ? 100 : -100) : 0;
    const big = `B${"x".repeat(99)}`;
    expect(
      play([big.slice(0, 50), big.slice(50)], { detect, window: 16, maxMessageBytes: 200 }),
    ).toEqual([`0 ${big}`]);
    expect(play([big], { detect, window: 16, maxMessageBytes: 99 })).toEqual([
      "loss 0-100 missing 0 unrecognised 100",
    ]);
  });

  it("begin somewhere in a midstream flow", () => {
    expect(play(["bcdM3d"], {}, true)).toEqual(["loss 0-3 missing 0 unrecognised 3", "3 M3d"]);
  });

  it("are found by `find` at the places it names only", () => {
    let tries = 0;
    const find = (bytes: Uint8Array): number => Buffer.from(bytes).indexOf("M");
    const detect: MessageOptions["detect"] = (bytes, isEnd) => {
      tries++;
      return options().detect(bytes, isEnd);
    };
    expect(play([5, `${"x".repeat(1000)}M3d`], { find, detect })).toEqual([
      "loss 0-1005 missing 5 unrecognised 1000",
      "1005 M3d",
    ]);
    expect(tries).toBeLessThan(10);
  });

  it("bear a detect that takes more than it was given, or no number", () => {
    for (const answer of [100, Number.NaN, 1.5]) {
      expect(() => play(["abc"], { detect: () => answer })).toThrow(RangeError);
    }
  });

  it("end their loss where the stream ends", () => {
    expect(play(["M3dM9ab", 4])).toEqual(["0 M3d", "loss 3-11 missing 4 unrecognised 4"]);
  });

  it("account for every octet, whatever is lost", () => {
    const part = fc.oneof(
      fc.constantFrom("M3d", "M5abc", "M91234567", "xx", "M", "M9"),
      fc.integer({ min: 1, max: 20 }),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 40 }),
        fc.integer({ min: 4, max: 64 }),
        (parts, window) => {
          const stream = new MessageStream(options({ window }), false);
          let position = 0;
          let missing = 0;
          const events = parts.flatMap((each) => {
            const at = position;
            position += typeof each === "number" ? each : each.length;
            if (typeof each === "number") missing += each;
            return typeof each === "number"
              ? stream.gap(at, each)
              : stream.octets(at, Buffer.from(each));
          });
          let at = 0;
          for (const event of [...events, ...stream.end()]) {
            const start = event.kind === "message" ? event.position : event.loss.start;
            expect(start).toBe(at);
            if (event.kind === "message") at += event.bytes.length;
            else {
              const { loss } = event;
              expect(loss.end - loss.start).toBe(loss.missing + loss.unrecognised);
              missing -= loss.missing;
              at = loss.end;
            }
          }
          expect([at, missing]).toEqual([position, 0]);
        },
      ),
      { seed: 6, numRuns: 500 },
    );
  });

  it("keep a bounded part of a stream in which nothing is recognised", () => {
    const stream = new MessageStream(options({ window: 1024 }), false);
    let calls = 0;
    for (let i = 0; i < 1000; i++) calls += stream.octets(i * 100, Buffer.alloc(100, 0x78)).length;
    expect(calls).toBe(0);
    const [event] = stream.end();
    expect(event).toEqual({
      kind: "loss",
      loss: { start: 0, end: 100_000, missing: 0, unrecognised: 100_000 },
    });
  });
});

describe("messages in a run", () => {
  it("are told per flow and direction, in order, over the wrap, promises awaited", async () => {
    const seen: string[] = [];
    const script = messages(
      options({
        onMessage: async (_engine, time, flow, direction, position, bytes) => {
          await Promise.resolve();
          seen.push(
            `${time.toNumber()} ${flow.id} ${direction} ${position} ${bytes.toString("latin1")}`,
          );
        },
        onLoss: (_engine, _time, _flow, direction, loss) => {
          seen.push(
            `loss ${direction} ${loss.start}-${loss.end} ${loss.missing} ${loss.unrecognised}`,
          );
        },
      }),
    );
    const { report } = await runScripts(
      [script],
      [
        "0.0 c S 4294967290",
        "0.1 s SA 300 4294967291",
        "0.2 c A 4294967291 301",
        "1.0 c PA 4294967291 301 M3aM5",
        "1.1 c PA 0 301 bcdM6",
        "1.2 c PA 7 301 ghM3e",
        "1.3 s A 301 12",
        "1.4 c PA 12 301 M3f",
      ],
    );
    expect(report.script.exceptions).toBe(0);
    expect(seen).toEqual([
      "1 1 c2s 0 M3a",
      "1.1 1 c2s 3 M5bcd",
      "loss c2s 8-14 2 4",
      "1.4 1 c2s 14 M3e",
      "1.4 1 c2s 17 M3f",
    ]);
    expect(HANDSHAKE.length).toBe(3);
  });
});
