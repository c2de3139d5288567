// The cases of pcap_tcp_assembler, with the modulus that TCP has: what its tests say of messages over
// segments, duplicates, jumps, flags and loss, and its table of holes. Where tcpx differs (it reports
// what the other only drops) the case says so.

import { describe, expect, it } from "vitest";
import { HeldBudget, OrderedStream } from "../../../src/script/ordered-stream.ts";
import { messages } from "../../../src/script/messages.ts";
import type { Script } from "../../../src/script/script-api.ts";
import { HANDSHAKE, runScripts } from "../run-scripts.ts";

/** Messages of ten octets that begin with M. */
function tens(notes: string[], window = 64): Script {
  return messages({
    window,
    detect: (bytes) => (bytes[0] === 0x4d && bytes.length >= 10 ? 10 : 0),
    onMessage: (_engine, _time, _flow, direction, position, bytes) => {
      notes.push(`${direction} ${position} ${bytes.toString("latin1")}`);
    },
    onLoss: (_engine, _time, _flow, direction, { start, end, missing, unrecognised }) => {
      notes.push(`${direction} ${start}-${end} lost ${missing} unknown ${unrecognised}`);
    },
  });
}

async function told(lines: readonly string[], window?: number): Promise<string[]> {
  const notes: string[] = [];
  await runScripts([tens(notes, window)], lines);
  return notes;
}

const ONE = "M123456789";
const TWO = "Mabcdefghi";
const THREE = "MABCDEFGHI";

describe("messages", () => {
  it("one segment, no SYN (test_it_works)", async () => {
    // Two segments: what lies before the first octet of a midstream flow is waited for.
    expect(
      await told([`1.0 c PA 1000 1 ${ONE}`, "1.1 s A 1 1010", `1.2 c PA 1010 1 ${TWO}`]),
    ).toEqual([`c2s 0 ${ONE}`, `c2s 10 ${TWO}`]);
  });

  it.each([1, 2, 3, 7, 9, 10, 11, 13, 30])(
    "across segments of %i octets (test_messages_cross_segments)",
    async (size) => {
      const all = ONE + TWO + THREE;
      const lines = [...HANDSHAKE];
      for (let at = 0; at < all.length; at += size) {
        lines.push(`1.0 c PA ${101 + at} 301 ${all.slice(at, at + size)}`);
      }
      expect(await told(lines)).toEqual([`c2s 0 ${ONE}`, `c2s 10 ${TWO}`, `c2s 20 ${THREE}`]);
    },
  );

  it.each([
    ["a border of segments", 4_294_967_286, ["M123456789", "Mabcdefghi", "MABCDEFGHI"]],
    ["within a segment", 4_294_967_291, ["M123456789", "Mabcdefghi", "MABCDEFGHI"]],
    ["one octet before it", 4_294_967_295, ["M123456789", "Mabcdefghi", "MABCDEFGHI"]],
  ])("over the wrap, modulo 2^32: %s (test_sequence_number_rotated)", async (_, isn, parts) => {
    const seq = (position: number): number => (isn + 1 + position) % 2 ** 32;
    const start = [`0.0 c S ${isn}`, `0.1 s SA 300 ${seq(0)}`, `0.2 c A ${seq(0)} 301`];
    const segment = (index: number, time: string): string =>
      `${time} c PA ${seq(10 * index)} 301 ${parts[index]}`;
    const whole = parts.map((part, index) => `c2s ${10 * index} ${part}`);
    const inOrder = [segment(0, "1.0"), segment(1, "1.1"), segment(2, "1.2")];
    expect(await told([...start, ...inOrder])).toEqual(whole);
    // Delayed: the first one last; and a copy from before the wrap behind it is nothing new.
    const delayed = [segment(1, "1.0"), segment(2, "1.1"), segment(0, "1.2"), segment(0, "1.3")];
    expect(await told([...start, ...delayed])).toEqual(whole);
    // The middle one lost: exactly ten octets, not nine.
    const lossy = [segment(0, "1.0"), segment(2, "1.1"), `1.2 s A 301 ${seq(30)}`];
    expect(await told([...start, ...lossy, `1.3 c A ${seq(30)} 301`])).toEqual([
      whole[0],
      "c2s 10-20 lost 10 unknown 0",
      whole[2],
    ]);
  });

  it("a retransmission that starts old brings its new tail (p09)", async () => {
    const lines = [...HANDSHAKE, `1.0 c PA 101 301 ${ONE}`, `1.1 c PA 106 301 56789${TWO}`];
    expect(await told(lines)).toEqual([`c2s 0 ${ONE}`, `c2s 10 ${TWO}`]);
  });

  it("garbage, a hole, a message right behind it (p03): two numbers, the message kept", async () => {
    const lines = [
      ...HANDSHAKE,
      "1.0 c PA 101 301 xxxxxxxxxx",
      `1.1 c PA 121 301 ${ONE}`,
      "1.2 s A 301 131",
    ];
    expect(await told(lines)).toEqual(["c2s 0-20 lost 10 unknown 10", `c2s 20 ${ONE}`]);
  });

  it("a jump far beyond the window is a gap with its length, not a new stream (p05)", async () => {
    const lines = [
      ...HANDSHAKE,
      `1.0 c PA 101 301 ${ONE}`,
      `1.1 c PA 70111 301 ${TWO}`,
      "1.2 s A 301 70121",
    ];
    expect(await told(lines)).toEqual([
      `c2s 0 ${ONE}`,
      "c2s 10-70010 lost 70000 unknown 0",
      `c2s 70010 ${TWO}`,
    ]);
  });

  it("a FIN before the hole is filled loses nothing and turns nothing round (p17)", async () => {
    const lines = [
      ...HANDSHAKE,
      `1.0 c FPA 111 301 ${TWO}`,
      `1.1 c PA 101 301 ${ONE}`,
      "1.2 s A 301 122",
    ];
    expect(await told(lines)).toEqual([`c2s 0 ${ONE}`, `c2s 10 ${TWO}`]);
  });

  it("a half-close leaves the other direction alone (p07)", async () => {
    const lines = [
      ...HANDSHAKE,
      "1.0 s PA 301 101 M1234",
      "1.1 c FA 101 306",
      "1.2 s PA 306 102 56789",
      "1.3 s FA 311 102",
    ];
    expect(await told(lines)).toEqual([`s2c 0 ${ONE}`]);
  });

  it("an RST hands on what was there, of both directions (test_flags_rst)", async () => {
    const lines = [...HANDSHAKE, `1.0 c PA 101 301 ${ONE}`, "1.1 s PA 301 111 rest", "1.2 c R 111"];
    expect(await told(lines)).toEqual([`c2s 0 ${ONE}`, "s2c 0-4 lost 0 unknown 4"]);
  });

  it("a SYN with another number on the same key is another flow (test_flags_syn)", async () => {
    const again = ["5.0 c S 900000", "5.1 s SA 7000 900001", "5.2 c A 900001 7001"];
    const lines = [
      ...HANDSHAKE,
      `1.0 c PA 101 301 ${ONE}`,
      ...again,
      `6.0 c PA 900001 7001 ${TWO}`,
    ];
    expect(await told(lines)).toEqual([`c2s 0 ${ONE}`, `c2s 0 ${TWO}`]);
  });

  it("a consumer that refuses everything costs a window, and says so at the end (p19)", async () => {
    const lines = [...HANDSHAKE];
    for (let at = 0; at < 400; at += 40) {
      lines.push(`1.0 c PA ${101 + at} 301 ${"x".repeat(40)}`);
    }
    expect(await told(lines, 32)).toEqual(["c2s 0-400 lost 0 unknown 400"]);
  });
});

describe("the table of holes", () => {
  /** Adds ranges of a stream, lets go of the holes in turn, and tells `(hole)data` pairs. */
  function table(...ranges: readonly (readonly [position: number, length: number])[]): string {
    let state = "";
    const stream = new OrderedStream(
      "c2s",
      false,
      {
        octets: (_stream, _position, _bytes, start, end) => (state += ` ${end - start}`),
        gap: (_stream, _position, length) => (state += ` (${length})`),
        lateFill: () => undefined,
      },
      new HeldBudget(),
    );
    for (const [position, length] of ranges) {
      stream.write(position, new Uint8Array(length), 0, length);
    }
    while (stream.isWaiting) stream.giveUpHole();
    return state.trim();
  }

  it.each<readonly [string, string, readonly (readonly [number, number])[]]>([
    ["empty, whole", "16", [[0, 16]]],
    ["empty, back", "(12) 4", [[12, 4]]],
    ["empty, middle", "(4) 8", [[4, 8]]],
    [
      "data behind data",
      "(4) 12",
      [
        [4, 8],
        [12, 4],
      ],
    ],
    [
      "a hole between data and data",
      "(10) 10 (10) 10 (10) 10",
      [
        [10, 10],
        [30, 10],
        [50, 10],
      ],
    ],
    [
      "the hole before gets shorter (test_shrink_next_hole)",
      "(40) 30 (30) 10",
      [
        [100, 10],
        [50, 10],
        [40, 10],
        [60, 10],
      ],
    ],
    [
      "two are joined (test_join_two)",
      "(10) 50",
      [
        [10, 10],
        [50, 10],
        [20, 30],
      ],
    ],
    [
      "two are joined, in the other order",
      "(10) 50",
      [
        [50, 10],
        [10, 10],
        [20, 30],
      ],
    ],
    [
      "single octets, the middle one last (test_issue_694)",
      "(1) 3",
      [
        [1, 1],
        [3, 1],
        [2, 1],
      ],
    ],
  ])("%s: %s", (_, state, ranges) => {
    expect(table(...ranges)).toBe(state);
  });

  it("is never full: a thousand holes, each kept (test_rejected_add)", () => {
    const ranges = Array.from({ length: 1000 }, (_, i) => [1 + 2 * i, 1] as const);
    expect(table(...ranges)).toBe(Array.from({ length: 1000 }, () => "(1) 1").join(" "));
  });
});
