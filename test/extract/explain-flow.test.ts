// One flow in words: for each way a flow begins, splits, ends and loses, the sentence that says so.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { ExplainOptions } from "../../src/extract/explain-flow.ts";
import { explainFlow } from "../../src/extract/explain-flow.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";

const folder = mkdtempSync(join(tmpdir(), "tcpx-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A second, who sends, flags, sequence and acknowledgment number, payload, and what is odd about it. */
type Line = readonly [
  seconds: number,
  from: "client" | "server",
  flags: string,
  seq: number,
  ack?: number,
  payload?: string,
  odd?: { cut?: number; bad?: boolean; sack?: readonly number[] },
];

const CLIENT = { source: "10.0.0.1", sourcePort: 40_000, destination: "10.0.0.2" };
const SERVER = { source: "10.0.0.2", sourcePort: 80, destination: "10.0.0.1" };

async function explain(
  lines: readonly Line[],
  options: Partial<ExplainOptions> = {},
): Promise<string> {
  const packets = lines.map(([seconds, from, flags, seq, ack, payload, odd = {}]) => {
    const edges = (odd.sack ?? []).flatMap((edge) => [0, 0, edge >> 8, edge & 0xff]);
    const bytes = tcpPacket({
      ...(from === "client" ? CLIENT : SERVER),
      destinationPort: from === "client" ? 80 : 40_000,
      flags,
      seq,
      ack: ack ?? 0,
      payload: payload ?? "",
      checksum: odd.bad === true ? "bad" : "good",
      options: edges.length === 0 ? [] : [1, 1, 5, 2 + edges.length, ...edges],
    });
    const captured = bytes.subarray(0, bytes.length - (odd.cut ?? 0));
    return { seconds, bytes: captured, originalLength: bytes.length };
  });
  const capture = join(folder, "capture.pcap");
  writeFileSync(capture, pcapFile(packets));
  const { lines: text } = await explainFlow({ captures: [capture], flow: 1, ...options });
  return text.join("\n");
}

const HANDSHAKE: readonly Line[] = [
  [1000, "client", "S", 100],
  [1000, "server", "SA", 300, 101],
  [1000, "client", "A", 101, 301],
];

const CLOSE: readonly Line[] = [
  [1010, "client", "FA", 101, 301],
  [1010, "server", "FA", 301, 102],
];

describe("explain", () => {
  it("a whole connection", async () => {
    const text = await explain([...HANDSHAKE, [1001, "client", "PA", 101, 301, "hello"]]);
    expect(text).toBe(
      [
        "Flow 1: 10.0.0.1:40000 -> 10.0.0.2:80",
        "",
        "How it began",
        "  Packet 1 (1000.000000000), a SYN, opened it: no flow of these endpoints was there.",
        "  10.0.0.1:40000 is the client: it sent the SYN.",
        "  Handshake: SYN in packet 1, SYN+ACK in packet 2.",
        "How it ended",
        "  `open`: the capture ended first; its last packet is 4 (1001.000000000).",
        "Stream c2s, 10.0.0.1:40000 to 10.0.0.2:80",
        "  Position 0 is the octet after the SYN of packet 1: sequence number 101.",
        "  5 bytes long, nothing missing.",
        "Stream s2c, 10.0.0.2:80 to 10.0.0.1:40000",
        "  Position 0 is the octet after the SYN of packet 2: sequence number 301.",
        "  0 bytes long, nothing missing.",
      ].join("\n"),
    );
  });

  it.each<readonly [string, readonly Line[], Partial<ExplainOptions>, string]>([
    [
      "a port used again",
      [...HANDSHAKE, [1001, "client", "S", 5_000_000]],
      { flow: 2 },
      "sequence number 5000000, opened it: flow 1 of the same endpoints began\n  with another number",
    ],
    [
      "the flow after it",
      [...HANDSHAKE, [1001, "client", "S", 5_000_000]],
      {},
      "Packet 4 (1001.000000000), a SYN, opened flow 2 on the same endpoints.",
    ],
    [
      "a port used again without handshake",
      [
        ...HANDSHAKE,
        [1001, "client", "PA", 101 + 2 ** 31 - 5, 301, "abc"],
        [1002, "client", "PA", 101 + 2 ** 31 - 2, 301, "def"],
      ],
      { flow: 2 },
      "(the newest is flow 1) and continues packet 4, which fitted none either:",
    ],
    [
      "a SYN+ACK that fits no closed flow",
      [...HANDSHAKE, ...CLOSE, [1011, "server", "SA", 7_000_000, 9_000_000]],
      { flow: 2 },
      "its numbers fit neither direction of flow 1, which had closed.",
    ],
    [
      "a flow that goes on after its timeout",
      [...HANDSHAKE, [9000, "client", "A", 101, 301], [9000, "client", "A", 101, 301]],
      { flow: 2 },
      "Flow 1 of the same endpoints had left by its timeout; this one goes on without a SYN.",
    ],
    ["roles by SYN+ACK", [[1, "server", "SA", 300, 101]], {}, "answered it with a SYN+ACK"],
    ["roles by port", [[1, "server", "A", 300, 101]], {}, "port 40000 is not below 1024"],
    ["half a handshake", [[1, "client", "S", 100]], {}, "only a SYN (packet 1) was captured"],
    ["midstream", [[1, "client", "A", 1, 1]], {}, "no SYN, no SYN+ACK"],
    [
      "an origin by SYN+ACK",
      [[1, "server", "SA", 300, 101]],
      {},
      "Position 0 is what the peer's SYN+ACK acknowledges",
    ],
    [
      "an origin by payload, moved back",
      [
        [1, "client", "PA", 500, 1, "def"],
        [2, "client", "PA", 497, 1, "abc"],
      ],
      {},
      "the first payload octet seen (packet 2, sequence number 497)",
    ],
    ["no origin", [[1, "client", "A", 500, 1]], {}, "no SYN: it has no positions"],
    ["no packet", [[1, "client", "S", 500]], {}, "nothing of it counts as missing"],
    ["fin", [...HANDSHAKE, ...CLOSE], {}, "packet 4 (c2s) and packet 5 (s2c)"],
    [
      "rst",
      [...HANDSHAKE, [1001, "server", "R", 301]],
      {},
      "`rst`: packet 4 (1001.000000000) is an RST of the server",
    ],
    [
      "an RST that closed nothing",
      [...HANDSHAKE, [1001, "server", "R", 2 ** 31]],
      {},
      "The first RST that closed nothing is packet 4.",
    ],
    [
      "timeout",
      [...HANDSHAKE, [9000, "client", "A", 101, 301], [9000, "client", "A", 101, 301]],
      {},
      "silent since packet 3 (1000.000000000) for the 610 s that its state allows\n  (established).",
    ],
    [
      "replaced",
      [
        ...HANDSHAKE,
        [1001, "client", "S", 5_000_000],
        [1001, "server", "SA", 7_000_000, 5_000_001],
        [1001, "client", "A", 5_000_001, 7_000_001],
        [1020, "client", "A", 5_000_001, 7_000_001],
      ],
      {},
      "`replaced`: the handshake of flow 2 on the same endpoints was completed",
    ],
    [
      "evicted",
      [...HANDSHAKE, [1001, "client", "S", 5_000_000]],
      { maxFlows: 1 },
      "`evicted`: 1 flows were in memory (--max-flows)",
    ],
    [
      "a gap that was acknowledged",
      [
        ...HANDSHAKE,
        [1001, "client", "PA", 101, 301, "abc"],
        [1002, "client", "PA", 109, 301, "ij"],
        [1003, "server", "A", 301, 111],
      ],
      {},
      [
        "  Gap [3, 8), 5 bytes, ackedUnseen:",
        "    before it: packet 4 (1001.000000000) brought [0, 3)",
        "    behind it: packet 5 (1002.000000000) brought [8, 10)",
        "    evidence: packet 6 (1003.000000000) acknowledges all below 10",
        "    it crossed the network and the receiver had it: the capture missed it",
      ].join("\n"),
    ],
    [
      "a gap that a SACK block covers",
      [
        ...HANDSHAKE,
        [1001, "client", "PA", 121, 301, "x"],
        [1002, "server", "A", 301, 101, "", { sack: [105, 122] }],
      ],
      {},
      "packet 5 (1002.000000000) says by SACK that it holds [4, 21)",
    ],
    [
      "a gap that was never acknowledged",
      [...HANDSHAKE, [1001, "client", "PA", 121, 301, "x"], [1002, "server", "A", 301, 105]],
      {},
      "the peer acknowledged no more than 4 (packet 5): it was lost before the capture",
    ],
    [
      "a gap without a peer",
      [
        [1, "client", "S", 100],
        [2, "client", "PA", 105, 301, "x"],
      ],
      {},
      "no packet of the peer was captured, so nothing tells if it arrived",
    ],
    [
      "a gap that the snap length cut",
      [...HANDSHAKE, [1001, "client", "PA", 101, 301, "abcdefgh", { cut: 5 }]],
      {},
      "packet 4 carried [0, 8), and the snap length left 3 bytes of it",
    ],
    [
      "a gap that was refused",
      [
        ...HANDSHAKE,
        [1001, "client", "PA", 101, 301, "abc", { bad: true }],
        [1002, "client", "PA", 104, 301, "def"],
      ],
      {},
      "packet 4 (1001.000000000) carried it with a wrong checksum and was refused",
    ],
    [
      "a gap that a limit made",
      [...HANDSHAKE, [1001, "client", "PA", 101, 301, "abcdef"]],
      { maxStreamBytes: 4 },
      "a limit (--max-bytes, --max-total) refused it",
    ],
  ])("%s", async (_name, lines, options, sentence) => {
    expect(await explain(lines, options)).toContain(sentence);
  });

  it("explains by what could be read, and says what could not", async () => {
    await explain(HANDSHAKE);
    const captures = [join(folder, "capture.pcap"), join(folder, "not-there.pcap")];
    const { lines, inputErrors } = await explainFlow({ captures, flow: 1 });
    expect(lines[0]).toBe("Flow 1: 10.0.0.1:40000 -> 10.0.0.2:80");
    expect(inputErrors).toMatchObject([{ code: "NO_SUCH_FILE" }]);
  });

  it("says which flows there are where the asked one is not", async () => {
    await expect(explain(HANDSHAKE, { flow: 7 })).rejects.toThrow(
      "--flow: flow 7 is not there; the captures hold 1 flows, numbered from 1",
    );
  });
});
