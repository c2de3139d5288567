// The built program on what users point it at: several files, pipes, compressed input, tunnels, wrong
// checksums; and what they choose of it.

import { execFileSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import type { Report } from "../../src/report/report.ts";
import { conversationPackets, responseOf } from "../cli/small-captures.ts";
import { endingOf, runShell, runTcpx, scratchDirectory, startTcpx } from "../cli/run-tcpx.ts";
import { BPF_FIXTURES } from "../filter/bpf-fixtures.ts";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { ethernet, tcpPacket, udpPacket, vxlan } from "../support/packet-builder.ts";

const scratch = scratchDirectory();
afterAll(() => scratch.remove());

/** Packets of a conversation: handshake 3, request 1, response and acknowledgments 6, end 3. */
const PACKETS = 13;

const inScratch = (name: string): string => join(scratch.path, name);

function moved(packets: readonly BuiltPacket[], seconds: number): BuiltPacket[] {
  return packets.map((packet) => ({ ...packet, seconds: packet.seconds + seconds }));
}

const first = conversationPackets({ clientPort: 40_001 });
const second = moved(conversationPackets({ clientPort: 40_002 }), 100);
const third = moved(conversationPackets({ clientPort: 40_003 }), 200);
const START = first[0]!.seconds;

beforeAll(() => {
  writeFileSync(inScratch("three.pcap"), pcapFile([...first, ...second, ...third]));
  mkdirSync(inScratch("parts"));
  writeFileSync(inScratch("parts/a-late.pcap"), pcapFile([...second.slice(6), ...third]));
  writeFileSync(inScratch("parts/b-early.pcap"), pcapFile([...first, ...second.slice(0, 6)]));
});

let runs = 0;

interface Extracted {
  readonly report: Report;
  readonly flows: readonly FlowSummary[];
  readonly stderr: string;
  readonly status: number | null;
  readonly octetsOf: (file: string | null) => Buffer;
}

/** Extracts into a directory of its own. */
async function extracted(words: readonly string[], input?: Uint8Array): Promise<Extracted> {
  const directory = inScratch(`out-${++runs}`);
  const settings = input === undefined ? {} : { input };
  const ending = await runTcpx(["extract", ...words, "-o", directory, "--json"], settings);
  const { stdout, stderr, status } = ending;
  if (stdout === "") throw new Error(`no report: ${stderr}`);
  const lines = readFileSync(join(directory, "flows.jsonl"), "utf8").split("\n").slice(0, -1);
  return {
    report: JSON.parse(stdout) as Report,
    flows: lines
      .map((line) => JSON.parse(line) as FlowSummary)
      .toSorted((one, other) => one.flow - other.flow),
    stderr,
    status,
    octetsOf: (file) => readFileSync(join(directory, file!)),
  };
}

const portsOf = ({ flows }: Extracted): number[] => flows.map(({ clientPort }) => clientPort);

describe("filters", () => {
  it.each([
    [["--filter", "port 40002"], [40_002], 2 * PACKETS],
    [["-f", "not portrange 40002-40003 and host 10.0.0.2"], [40_001], 2 * PACKETS],
    [["--flow", "1,3"], [40_001, 40_003], PACKETS],
    [["--flow", "2-3"], [40_002, 40_003], PACKETS],
    [["--after", String(START + 50)], [40_002, 40_003], PACKETS],
    [["--before", String(START + 50)], [40_001], 2 * PACKETS],
    [["--after", String(START + 50), "--before", String(START + 150)], [40_002], 2 * PACKETS],
    [
      ["--after", new Date((START + 50) * 1000).toISOString(), "--flow", "3"],
      [40_003],
      2 * PACKETS,
    ],
  ])("%j", async (words, ports, filtered) => {
    const run = await extracted([inScratch("three.pcap"), ...words]);
    expect(run.status).toBe(0);
    expect(portsOf(run)).toEqual(ports);
    expect(run.report.decode.outcomes.filtered).toBe(filtered);
    expect(run.report.decode.outcomes.tcp).toBe(3 * PACKETS - filtered);
    for (const { s2c } of run.flows)
      expect(run.octetsOf(s2c.file)).toEqual(Buffer.from(responseOf()));
  });

  it("--bpf takes what tcpdump -ddd wrote", async () => {
    const fixture = BPF_FIXTURES.find(({ expression }) => expression === "ip6")!;
    writeFileSync(inScratch("ip6.bpf"), fixture.program);
    const run = await extracted([inScratch("three.pcap"), "--bpf", inScratch("ip6.bpf")]);
    expect(run.report.decode.outcomes.filtered).toBe(3 * PACKETS);
    expect(run.report.decode.otherPackets).toBe(3 * PACKETS);
    // ret #65535: everything
    writeFileSync(inScratch("all.bpf"), "1\n6 0 0 65535\n");
    const all = await extracted([inScratch("three.pcap"), "--bpf", inScratch("all.bpf")]);
    expect(portsOf(all)).toEqual([40_001, 40_002, 40_003]);
  });

  it("point at the word that is wrong: exit code 2", async () => {
    const { status, stderr } = await runTcpx(["stats", inScratch("three.pcap"), "-f", "prot 80"]);
    expect(status).toBe(2);
    expect(stderr).toContain("BAD_FILTER");
    expect(stderr).toContain("prot");
  });
});

describe("several files", () => {
  const late = (): string => inScratch("parts/a-late.pcap");
  const early = (): string => inScratch("parts/b-early.pcap");

  it("in the order given, flows go on across them", async () => {
    const run = await extracted([early(), late()]);
    expect(run.stderr).toBe("");
    expect(portsOf(run)).toEqual([40_001, 40_002, 40_003]);
    expect(run.report.loss.missingBytes).toBe(0);
    for (const { s2c } of run.flows)
      expect(run.octetsOf(s2c.file)).toEqual(Buffer.from(responseOf()));
  });

  it.each([[[]], [["--sort-files"]]])(
    "a directory, in the order of names or of time: %j",
    async (words) => {
      const run = await extracted([inScratch("parts"), ...words]);
      expect(run.report.capture.packets).toBe(3 * PACKETS);
      expect(run.report.input.files).toHaveLength(2);
      const isSorted = words.length > 0;
      expect(run.stderr.includes("FILES_OUT_OF_ORDER")).toBe(!isSorted);
      if (isSorted) expect(portsOf(run)).toEqual([40_001, 40_002, 40_003]);
    },
  );
});

describe("standard input", () => {
  it("may be compressed", async () => {
    const run = await extracted(["-"], gzipSync(pcapFile(first)));
    expect(portsOf(run)).toEqual([40_001]);
    expect(run.octetsOf(run.flows[0]!.s2c.file)).toEqual(Buffer.from(responseOf()));
  });
});

describe("standard input of the shell", () => {
  it.each([
    ["a pipe", "cat three.pcap | $TCPX stats - --json"],
    [
      "a pipe that gives an octet now and then",
      "{ head -c 1; sleep 0.05; head -c 700; sleep 0.05; cat; } < three.pcap | $TCPX stats - --json",
    ],
    ["a file", "$TCPX stats - --json < three.pcap"],
    ["the rest of a file", "{ head -c 1000 > /dev/null; $TCPX stats - --json; } < behind.pcap"],
  ])("%s", async (_, line) => {
    const whole = readFileSync(inScratch("three.pcap"));
    writeFileSync(inScratch("behind.pcap"), Buffer.concat([Buffer.alloc(1000), whole]));
    const { status, stdout, stderr } = await runShell(`cd ${inScratch(".")}; ${line}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { capture, loss } = JSON.parse(stdout) as Report;
    expect(capture.packets).toBe(3 * PACKETS);
    expect(loss.missingBytes).toBe(0);
  });

  it("a directory", async () => {
    const { status, stderr } = await runShell(`$TCPX stats - < ${inScratch(".")}`);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^tcpx: READ_FAILED: -: .*EISDIR.*\n$/u);
  });
});

describe("a FIFO", () => {
  it("shows flows as they end, while it is open", async () => {
    const fifo = inScratch("fifo");
    execFileSync("mkfifo", [fifo]);
    const directory = inScratch("fifo-out");
    const child = startTcpx(["extract", fifo, "-o", directory]);
    const ending = endingOf(child);
    const writer = createWriteStream(fifo);
    // The last packet of the third waits, the first two flows have lingered by then.
    writer.write(pcapFile([...first, ...second, ...third.slice(0, -1)]));
    const flows = join(directory, "flows.jsonl");
    const lines = (): string[] =>
      existsSync(flows) ? readFileSync(flows, "utf8").split("\n").slice(0, -1) : [];
    while (lines().length < 1 && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const [line] = lines();
    expect(JSON.parse(line!)).toMatchObject({ flow: 1, clientPort: 40_001, end: "fin" });
    expect(child.exitCode).toBe(null);
    writer.end(pcapFile(third.slice(-1)).subarray(24));
    expect(await ending).toMatchObject({ status: 0, stderr: "" });
    expect(lines()).toHaveLength(3);
  });
});

describe("a device", () => {
  it("is no capture: one line, exit code 3", async () => {
    const { status, stderr } = await runTcpx(["stats", "/dev/null"]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^tcpx: NOT_A_CAPTURE: .*\n$/);
  });
});

describe("checksums", () => {
  const segment = { flags: "PA", payload: "0123456789" } as const;
  const withBad = (addressHasGood: boolean): Buffer => {
    const packets = [0, 1, 2, 3].map((index) =>
      tcpPacket({
        ...segment,
        seq: 100 + index * 10,
        id: index,
        checksum: addressHasGood && index !== 2 ? "good" : "bad",
      }),
    );
    return pcapFile(packets.map((bytes, seconds) => ({ seconds, bytes })));
  };

  it.each([
    // Nothing of this address was ever right: the card was to compute them.
    ["auto", false, 0, 40],
    // This address computes them: the wrong one is refused.
    ["auto", true, 1, 30],
    ["verify", false, 4, 0],
    ["verify", true, 1, 30],
    ["count", true, 0, 40],
    ["ignore", true, 0, 40],
  ])("%s, with right ones of the address: %s", async (mode, addressHasGood, refused, written) => {
    writeFileSync(inScratch("checksums.pcap"), withBad(addressHasGood));
    const { report } = await extracted([inScratch("checksums.pcap"), "--checksums", mode]);
    expect(report.decode.checksum.refused).toBe(refused);
    expect(report.decode.outcomes["bad-checksum"]).toBe(refused);
    expect(report.loss.writtenBytes).toBe(written);
  });

  it("auto is the default", async () => {
    writeFileSync(inScratch("checksums.pcap"), withBad(true));
    const { report } = await extracted([inScratch("checksums.pcap")]);
    expect(report.run.checksums).toBe("auto");
    expect(report.decode.checksum.refused).toBe(1);
  });
});

describe("tunnels", () => {
  const onPort = (destinationPort: number): Buffer => {
    const packets = first.map((packet) => {
      const payload = vxlan({ network: 9, payload: packet.bytes });
      return { ...packet, bytes: ethernet({ payload: udpPacket({ destinationPort, payload }) }) };
    });
    return pcapFile(packets);
  };

  it.each([
    [4789, [], 1],
    [4789, ["--no-decap"], 0],
    [8472, [], 0],
    [8472, ["--decap-port", "vxlan=8472"], 1],
    [8472, ["--decap-port", "geneve=7000", "--decap-port", "vxlan=8472"], 1],
    [8472, ["--decap-port", "vxlan=8472", "--no-decap"], 0],
  ])("VXLAN on port %i with %j: %i flows", async (port, words, flows) => {
    writeFileSync(inScratch("vxlan.pcap"), onPort(port));
    const run = await extracted([inScratch("vxlan.pcap"), ...words]);
    expect(run.flows).toHaveLength(flows);
    expect(run.report.decode.outcomes["not-tcp"]).toBe(flows === 0 ? PACKETS : 0);
    for (const flow of run.flows) expect(flow.encapsulation).toEqual(["vxlan:9"]);
  });

  it("of no known name are wrong usage", async () => {
    const words = ["stats", inScratch("three.pcap"), "--decap-port", "vxlam=1"];
    const { status, stderr } = await runTcpx(words);
    expect(status).toBe(2);
    expect(stderr).toContain("vxlam");
  });
});

describe("interface statistics", () => {
  it("are in the report, and their drops in its text", async () => {
    const capture = pcapngFile(first, {
      interfaces: [{ name: "eth7", linkType: 1 }],
      statistics: [{ interface: 0, received: 500, droppedByInterface: 3, droppedByKernel: 4 }],
    });
    writeFileSync(inScratch("drops.pcapng"), capture);
    const { report } = await extracted([inScratch("drops.pcapng")]);
    expect(report.input.files[0]!.interfaces).toMatchObject([
      { name: "eth7", packets: PACKETS, received: 500, droppedByInterface: 3, droppedByKernel: 4 },
    ]);
    const { stdout } = await runTcpx(["stats", inScratch("drops.pcapng")]);
    expect(stdout).toMatch(/dropped by the kernel: 4 /);
    expect(stdout).toMatch(/dropped by the interface: 3 /);
  });
});
