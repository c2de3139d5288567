// Slices of captures: exactly the records of the chosen flows, as they were captured, from a file (two
// passes) and from a pipe (one).

import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import type { RunOptions, RunResult, SliceOptions } from "../../src/extract/run-options.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { StatusBit } from "../../src/report/status-word.ts";
import { chunked, readOctets } from "../capture/read-capture.ts";
import { conversationPackets } from "../cli/small-captures.ts";
import { newFolder, treeOf } from "../output/output-folder.ts";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { ethernet, ipv4, tcpPacket, tcpSegment, udpPacket } from "../support/packet-builder.ts";

const SECONDS = 1_700_000_000;

/** A packet and the flow to which it belongs; 0 for none. */
interface Told extends BuiltPacket {
  readonly flow: number;
  readonly fromClient: boolean;
}

/** Flow N is on client port 40000 + N; packets of all flows in turn, and UDP between them. */
function interleaved(lost: Readonly<Record<number, readonly number[]>> = {}): Told[] {
  const flows = [1, 2, 3].map((flow) =>
    conversationPackets({ clientPort: 40_000 + flow, lost: lost[flow] ?? [], responseBytes: 5000 }),
  );
  const told: Told[] = [];
  const longest = Math.max(...flows.map((packets) => packets.length));
  for (let turn = 0; turn < longest; turn++) {
    flows.forEach((packets, index) => {
      const packet = packets[turn];
      if (packet === undefined) return;
      const sourcePort = (packet.bytes[34]! << 8) | packet.bytes[35]!;
      told.push({ ...packet, flow: index + 1, fromClient: sourcePort !== 80 });
    });
    told.push({ seconds: 0, bytes: udpPacket({}), flow: 0, fromClient: false });
  }
  return told.map((packet, index) => ({
    ...packet,
    seconds: SECONDS,
    nanos: index * 1_000_000,
    originalLength: packet.bytes.length + (index % 2),
  }));
}

interface Sliced {
  readonly result: RunResult;
  /** The capture written; empty where there is none. */
  readonly written: Buffer;
  readonly folder: string;
}

async function sliceOf(
  capture: Buffer,
  slice: Omit<SliceOptions, "file"> & { readonly file?: string | null } = {},
  options: Partial<RunOptions> & { readonly piped?: boolean } = {},
): Promise<Sliced> {
  const folder = newFolder();
  const { file = "out.pcap", ...rest } = slice;
  const input = join(folder, "in.pcap");
  writeFileSync(input, capture);
  const { piped = false, ...run } = options;
  const result = await extract({
    captures: piped ? ["-"] : [input],
    ...(piped ? { standardInput: chunked(capture, 700) } : {}),
    command: "slice",
    ...run,
    slice: { ...rest, ...(file === null ? {} : { file: join(folder, file) }) },
  });
  const path = join(folder, file ?? "none");
  return { result, written: existsSync(path) ? readFileSync(path) : Buffer.alloc(0), folder };
}

function pcapOf(told: readonly Told[], isWanted: (packet: Told) => boolean): Buffer {
  return pcapFile(told.filter(isWanted));
}

describe.each([{ piped: false }, { piped: true }])("from a pipe: $piped", ({ piped }) => {
  it("all flows, and nothing else", async () => {
    const told = interleaved();
    const { written, result } = await sliceOf(pcapFile(told), {}, { piped });
    expect(written).toEqual(pcapOf(told, ({ flow }) => flow > 0));
    expect(result.report.slice).toEqual({
      file: "out.pcap",
      dir: null,
      files: 1,
      bytes: written.length,
      packets: told.filter(({ flow }) => flow > 0).length,
      flows: 3,
      forged: 0,
      forgotten: 0,
      passes: piped ? 1 : 2,
    });
  });

  it("flows by a filter, one direction", async () => {
    const told = interleaved();
    const filter = parseFlowFilter("port 40002");
    for (const direction of ["c2s", "s2c"] as const) {
      const { written } = await sliceOf(pcapFile(told), { direction }, { piped, filter });
      const wanted = pcapOf(
        told,
        ({ flow, fromClient }) => flow === 2 && fromClient === (direction === "c2s"),
      );
      expect(written).toEqual(wanted);
    }
  });

  it("flows by a status that shows only later, from their first packet on", async () => {
    const told = interleaved({ 1: [2], 3: [4] });
    const withStatus = StatusBit.ACKED_UNSEEN | StatusBit.CONFLICT;
    const { written } = await sliceOf(pcapFile(told), { withStatus }, { piped });
    const { packets } = await readOctets(written);
    const wanted = told.filter(({ flow }) => flow === 1 || flow === 3);
    const octets = wanted.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
    // A pipe's come flow by flow, when the reason does.
    expect(packets.map((packet) => packet.octets).toSorted()).toEqual(octets.toSorted());
    if (!piped) expect(packets.map((packet) => packet.octets)).toEqual(octets);
  });

  it("flows that a script marks at their end", async () => {
    const told = interleaved();
    const script = {
      onTerminateFlow: (_engine: unknown, _time: unknown, flow: { id: number; mark(): void }) => {
        if (flow.id === 3) flow.mark();
      },
    };
    const { written, result } = await sliceOf(
      pcapFile(told),
      { marked: true },
      { piped, scripts: [script] },
    );
    expect(result.scriptErrors).toEqual([]);
    expect(written).toEqual(pcapOf(told, ({ flow }) => flow === 3));
  });

  it("what rules let pass: no flow that they drop, all else, forged resets behind their cause", async () => {
    const told = interleaved();
    const rules = [
      {
        on: "receivePacket" as const,
        eval: (flow: { id: number }, packet: { number: number; drop(): void; reset(): void }) => {
          if (flow.id === 1) packet.drop();
          if (flow.id === 2 && packet.number > 20) packet.reset();
        },
      },
    ];
    const { written, result } = await sliceOf(pcapFile(told), {}, { piped, scripts: [{ rules }] });
    expect(result.scriptErrors).toEqual([]);
    const { packets } = await readOctets(written);
    const cause = told.findIndex(({ flow }, index) => flow === 2 && index + 1 > 20);
    const passing = told.filter(
      ({ flow }, index) => flow === 0 || flow === 3 || (flow === 2 && index < cause),
    );
    const octets = passing.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
    const forged = packets.filter((packet) => !octets.includes(packet.octets));
    expect(packets.map((packet) => packet.octets)).toEqual([
      ...octets.slice(
        0,
        passing.findIndex((packet) => packet.nanos! > told[cause]!.nanos!),
      ),
      ...forged.map((packet) => packet.octets),
      ...octets.slice(passing.findIndex((packet) => packet.nanos! > told[cause]!.nanos!)),
    ]);
    expect(forged).toHaveLength(2);
    for (const packet of forged) {
      expect([packet.seconds, packet.nanos]).toEqual([SECONDS, told[cause]!.nanos]);
    }
    expect(result.report.slice).toMatchObject({ forged: 2, packets: packets.length });
  });

  it("fragments of a chosen datagram, the earlier ones too, and of no other", async () => {
    const payload = tcpSegment({
      sourcePort: 40_001,
      destinationPort: 80,
      payload: "x".repeat(48),
    });
    const other = tcpSegment({ sourcePort: 40_009, destinationPort: 81, payload: "y".repeat(48) });
    const fragment = (id: number, octets: Uint8Array, from: number, to: number): BuiltPacket => ({
      seconds: SECONDS,
      nanos: from * 1000,
      bytes: ethernet({
        payload: ipv4({
          id,
          payload: octets.subarray(from, to),
          fragmentOffset: from,
          moreFragments: to < octets.length,
        }),
      }),
    });
    const packets = [
      fragment(1, payload, 0, 24),
      fragment(2, other, 0, 24),
      fragment(1, payload, 48, payload.length),
      fragment(1, payload, 24, 48),
      fragment(2, other, 24, other.length),
    ];
    const filter = parseFlowFilter("port 80");
    const { written, result } = await sliceOf(pcapFile(packets), {}, { piped, filter });
    expect(result.report.decode.fragments.reassembled).toBe(2);
    expect(written).toEqual(pcapFile([packets[0]!, packets[2]!, packets[3]!]));
    const all = await sliceOf(pcapFile(packets), { marked: false }, { piped });
    expect((await readOctets(all.written)).packets).toHaveLength(5);
  });

  it("a capture for each flow, and one of all", async () => {
    const told = interleaved({ 2: [1] });
    const perFlow = join(newFolder(), "flows");
    const { written, result } = await sliceOf(pcapFile(told), { perFlow }, { piped });
    const tree = treeOf(perFlow);
    tree.delete(".tcpx-run");
    expect([...tree.keys()]).toEqual(
      [1, 2, 3].map((flow) => `00000${flow}-10.0.0.1.4000${flow}-10.0.0.2.80.flow.pcap`),
    );
    [...tree.values()].forEach((octets, index) => {
      expect(octets).toEqual(pcapOf(told, ({ flow }) => flow === index + 1));
    });
    expect(written).toEqual(pcapOf(told, ({ flow }) => flow > 0));
    expect(result.report.slice).toMatchObject({ files: 4, dir: "flows", flows: 3 });
    // Names are those of the manifest: a later run clears them.
    const again = { file: null, perFlow, force: true, withStatus: StatusBit.ACKED_UNSEEN };
    await sliceOf(pcapFile(told), again, { piped });
    expect([...treeOf(perFlow).keys()]).toHaveLength(2);
  });

  it("segments with a wrong checksum belong to their flow", async () => {
    const told = interleaved();
    const wrong = told.findIndex(({ flow, bytes }) => flow === 2 && bytes.length > 500);
    const bytes = Uint8Array.from(told[wrong]!.bytes);
    bytes[60]! ^= 0xff;
    told[wrong] = { ...told[wrong]!, bytes };
    const filter = parseFlowFilter("port 40002");
    const options = { piped, filter, checksums: "verify" as const };
    const { written, result } = await sliceOf(pcapFile(told), {}, options);
    expect(result.report.decode.checksum.refused).toBe(1);
    expect(written).toEqual(pcapOf(told, ({ flow }) => flow === 2));
  });
});

describe("a file", () => {
  it("that is cut between the passes is an error of the input, said with its number", async () => {
    const told = interleaved();
    const folder = newFolder();
    const input = join(folder, "in.pcap");
    const capture = pcapFile(told);
    writeFileSync(input, capture);
    let isCut = false;
    const result = await extract({
      captures: [input],
      command: "slice",
      slice: { file: join(folder, "out.pcap") },
      onFlow: () => {
        if (!isCut) truncateSync(input, capture.length - 300);
        isCut = true;
      },
    });
    expect(result.inputErrors.map(({ code }) => code)).toEqual(["READ_FAILED"]);
    expect(result.report.slice!.packets).toBeGreaterThan(10);
  });

  it("that can't be the output as well is left alone", async () => {
    const folder = newFolder();
    const input = join(folder, "in.pcap");
    writeFileSync(input, pcapFile(interleaved()));
    const before = readFileSync(input);
    const run = extract({ captures: [input], slice: { file: input, force: true } });
    await expect(run).rejects.toMatchObject({ code: "BAD_OPTION" });
    expect(readFileSync(input)).toEqual(before);
  });

  it("that is no capture leaves no output", async () => {
    const folder = newFolder();
    const input = join(folder, "in.pcap.gz");
    const { gzipSync } = await import("node:zlib");
    writeFileSync(input, gzipSync("no capture at all, as it turns out"));
    const file = join(folder, "out.pcap");
    const run = extract({ captures: [input], slice: { file }, command: "slice" });
    await expect(run).rejects.toMatchObject({ code: "NOT_A_CAPTURE" });
    expect(existsSync(file)).toBe(false);
  });

  it("an interrupted run writes what it had read", async () => {
    const told = interleaved();
    const controller = new AbortController();
    const { written, result } = await sliceOf(
      pcapFile(told),
      {},
      { signal: controller.signal, onFlow: () => controller.abort() },
    );
    expect(result.interrupted).toBe(true);
    expect(written).toEqual(pcapOf(told, ({ flow }) => flow > 0));
  });

  it("two captures with different link types need pcapng", async () => {
    const folder = newFolder();
    const packets = conversationPackets();
    const raw = packets.map((packet) => ({ ...packet, bytes: packet.bytes.subarray(14) }));
    writeFileSync(join(folder, "a.pcap"), pcapFile(packets));
    writeFileSync(join(folder, "b.pcap"), pcapFile(raw, { linkType: 101 }));
    const captures = [join(folder, "a.pcap"), join(folder, "b.pcap")];
    const refused = await extract({ captures, slice: { file: join(folder, "out.pcap") } });
    expect(refused.outputError).toMatchObject({ code: "WRITE_FAILED", exitCode: 4 });
    expect(refused.outputError!.message).toContain("link types 1 and 101");
    expect(readFileSync(join(folder, "out.pcap"))).toEqual(pcapFile(packets));
    const file = join(folder, "out.pcapng");
    const taken = await extract({ captures, slice: { file } });
    expect(taken.outputError).toBeNull();
    const read = await readOctets(readFileSync(file));
    expect(read.packets).toHaveLength(2 * packets.length);
    expect(read.input.interfaces.map(({ linkType }) => linkType)).toEqual([1, 101]);
  });

  it("pcapng in, pcapng out: interfaces stay", async () => {
    const told = interleaved().map((packet) => ({ ...packet, interface: packet.flow % 2 }));
    const interfaces = [{ name: "lan", timeResolution: 9 }, { name: "wan" }];
    const { written } = await sliceOf(pcapngFile(told, { interfaces }), { file: "out.pcapng" });
    const { packets, input } = await readOctets(written);
    expect(input.interfaces.map(({ name }) => name)).toEqual(["wan", "lan"]);
    const wanted = told.filter(({ flow }) => flow > 0);
    expect(packets.map(({ interfaceIndex }) => input.interfaces[interfaceIndex]!.name)).toEqual(
      wanted.map((packet) => interfaces[packet.interface]!.name),
    );
  });
});

describe("a pipe", () => {
  it("whose memory is full says how many packets were forgotten", async () => {
    const told = interleaved({ 1: [2] });
    const ofFlow = told.filter(({ flow }) => flow === 1);
    const slice = { withStatus: StatusBit.ACKED_UNSEEN, memoryBytes: 4000 };
    const { result } = await sliceOf(pcapFile(told), slice, { piped: true });
    const { packets, forgotten } = result.report.slice!;
    expect(packets + forgotten).toBe(ofFlow.length);
    expect(forgotten).toBeGreaterThan(0);
    expect(packets).toBeGreaterThan(0);
  });

  it("to a standard output whose reader goes ends the run", async () => {
    const endless = function* (): Generator<Buffer> {
      yield pcapFile([]);
      const record = pcapFile([{ seconds: SECONDS, bytes: tcpPacket({}) }]).subarray(24);
      for (;;) yield record;
    };
    const { Readable } = await import("node:stream");
    const closed = Object.assign(new Error("closed"), { code: "EPIPE" });
    let writes = 0;
    const standardOutput = {
      write: (_bytes: Uint8Array, done: (error?: Error | null) => void): void => {
        writes++;
        setImmediate(() => done(writes > 3 ? closed : null));
      },
    };
    const result = await extract({
      captures: ["-"],
      standardInput: Readable.from(endless(), { objectMode: false }),
      command: "slice",
      slice: { file: "-", standardOutput },
    });
    expect([result.outputError, result.inputErrors, writes]).toEqual([null, [], 4]);
  });
});

it("--pcap-out beside streams: the output directory may hold it", async () => {
  const told = interleaved({ 2: [1] });
  const folder = newFolder();
  const input = join(folder, "in.pcap");
  writeFileSync(input, pcapFile(told));
  const directory = join(folder, "out");
  const slice = { file: join(directory, "lossy.pcap"), withStatus: StatusBit.ACKED_UNSEEN };
  const { report } = await extract({ captures: [input], output: { directory }, slice });
  expect(readFileSync(slice.file)).toEqual(pcapOf(told, ({ flow }) => flow === 2));
  expect(report.output.files).toBe(6);
  const perFlow = extract({
    captures: [input],
    output: { directory, force: true },
    slice: { perFlow: `${directory}/.` },
  });
  await expect(perFlow).rejects.toMatchObject({ code: "BAD_OPTION" });
});
