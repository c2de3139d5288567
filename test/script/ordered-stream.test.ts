// Order out of disorder: a slow twin, limits, and what each hole waits for.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeldBudget, OrderedStream } from "../../src/script/ordered-stream.ts";

interface Trace {
  readonly stream: OrderedStream;
  readonly events: string[];
  readonly budget: HeldBudget;
}

function trace(mayMove = false, limit?: number, budget = new HeldBudget()): Trace {
  const events: string[] = [];
  const stream = new OrderedStream(
    "c2s",
    mayMove,
    {
      octets: (_stream, position, bytes, start, end) => {
        events.push(`${position} ${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`);
      },
      gap: (_stream, position, length) => events.push(`gap ${position}+${length}`),
      lateFill: (_stream, length) => events.push(`late ${length}`),
    },
    budget,
    limit,
  );
  return { stream, events, budget };
}

const write = (stream: OrderedStream, position: number, text: string): void => {
  const bytes = Buffer.from(`..${text}..`, "latin1");
  stream.write(position, bytes, 2, 2 + text.length);
};

describe("a hole", () => {
  it("is lost once acknowledged before a further segment, not before", () => {
    const { stream, events } = trace();
    write(stream, 2, "cd");
    stream.acknowledge(4, false);
    stream.acknowledge(4, false);
    expect(events).toEqual([]);
    stream.acknowledge(4, true);
    expect(events).toEqual(["gap 0+2", "2 cd"]);
  });

  it("that filled leaves no acknowledgment behind for the next one", () => {
    const { stream, events } = trace();
    write(stream, 2, "cd");
    stream.acknowledge(4, false);
    write(stream, 0, "ab");
    write(stream, 6, "gh");
    stream.acknowledge(4, true);
    stream.furtherByPeer();
    expect(events).toEqual(["0 abcd"]);
    write(stream, 4, "ef");
    expect(events).toEqual(["0 abcd", "4 efgh"]);
  });

  it("is lost where more is held than may be, of this stream or of all", () => {
    const one = trace(false, 300);
    write(one.stream, 10, "k".repeat(100));
    write(one.stream, 200, "l".repeat(100));
    expect(one.events).toEqual(["gap 0+10", `10 ${"k".repeat(100)}`]);
    const shared = new HeldBudget(300);
    const two = trace(false, 1000, shared);
    const three = trace(false, 1000, shared);
    write(two.stream, 10, "k".repeat(100));
    write(three.stream, 10, "k".repeat(100));
    expect([two.events.length, three.events.length]).toEqual([0, 2]);
    two.stream.forget();
    expect(shared.bytes).toBe(0);
  });

  it("before the first octet of a midstream flow holds back 256 KiB at most", () => {
    const { stream, events } = trace(true);
    const piece = "x".repeat(64 * 1024);
    for (let i = 0; i < 3; i++) write(stream, i * piece.length, piece);
    expect(events.length).toBe(0);
    write(stream, 3 * piece.length, piece);
    expect(events.length).toBe(1);
  });
});

describe("an origin that moves back", () => {
  it("moves what is held, and what comes after what was told", () => {
    const { stream, events } = trace(true);
    write(stream, 0, "cd");
    stream.rebase(2);
    write(stream, 0, "ab");
    stream.fixOrigin();
    expect(events).toEqual(["0 abcd"]);
    stream.rebase(3);
    write(stream, 0, "xyz");
    write(stream, 7, "ef");
    expect(events).toEqual(["0 abcd", "late 3", "7 ef"]);
  });
});

describe("a further copy that wins", () => {
  it("replaces what is held, not what was told", () => {
    const { stream, events } = trace();
    write(stream, 0, "ab");
    write(stream, 4, "ef");
    stream.overwrite(0, Buffer.from("XXXXXX"), 0, 6);
    write(stream, 2, "cd");
    expect(events).toEqual(["0 ab", "2 cdXX"]);
  });
});

describe("what is held", () => {
  it("is a copy, also of a Buffer that is used again", () => {
    const { stream, events } = trace();
    const bytes = Buffer.from("cd", "latin1");
    stream.write(2, bytes, 0, 2);
    bytes.fill(0x78);
    write(stream, 0, "ab");
    expect(events).toEqual(["0 abcd"]);
  });
});

describe("order", () => {
  it("is that of a slow twin, each octet once, whatever comes when", () => {
    const LENGTH = 60;
    const plan = fc.record({
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: LENGTH - 1 }), { maxLength: 20 }),
      order: fc.array(fc.nat(), { minLength: 21, maxLength: 21 }),
      lost: fc.array(fc.boolean(), { minLength: 21, maxLength: 21 }),
      acks: fc.array(fc.nat(LENGTH), { minLength: 21, maxLength: 21 }),
      mayMove: fc.boolean(),
    });
    fc.assert(
      fc.property(plan, ({ cuts, order, lost, acks, mayMove }) => {
        const text = Array.from({ length: LENGTH }, (_, i) => String.fromCharCode(48 + i)).join("");
        const bounds = [0, ...cuts.sort((a, b) => a - b), LENGTH];
        const pieces = bounds
          .slice(1)
          .map((end, i) => [bounds[i]!, end] as const)
          .filter((_, i) => lost[i] !== true)
          .map((piece, i) => [piece, order[i]!] as const)
          .sort((a, b) => a[1] - b[1])
          .map(([piece]) => piece);
        const { stream, events, budget } = trace(mayMove);
        pieces.forEach(([start, end], i) => {
          write(stream, start, text.slice(start, end));
          stream.acknowledge(acks[i]!, acks[i]! % 2 === 0);
        });
        stream.flush(LENGTH);
        let at = 0;
        let late = 0;
        for (const event of events) {
          const told = /^(\d+) (.*)$/s.exec(event);
          const gap = /^gap (\d+)\+(\d+)$/.exec(event);
          if (told !== null) {
            expect(Number(told[1])).toBe(at);
            expect(told[2]).toBe(text.slice(at, at + told[2]!.length));
            at += told[2]!.length;
          } else if (gap === null) late += Number(event.slice(5));
          else {
            expect(Number(gap[1])).toBe(at);
            at += Number(gap[2]);
          }
        }
        expect(at).toBe(LENGTH);
        const written = pieces.reduce((sum, [start, end]) => sum + end - start, 0);
        const toldOctets = events
          .filter((event) => /^\d/.test(event))
          .reduce((sum, event) => sum + event.slice(event.indexOf(" ") + 1).length, 0);
        expect(toldOctets + late).toBe(written);
        expect(budget.bytes).toBe(0);
      }),
      { seed: 6, numRuns: 1000 },
    );
  });
});
