// A short run of the fuzzer, every case it ever found, and proof that it notices what is wrong. The long
// runs are .ci/steps/fuzz.sh and README.md beside this file.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PacketPosition } from "../../src/capture/packet-cursor.ts";
import type { FlowIdentity } from "../../src/output/stream-sink.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { internetChecksum, ipv4, tcpInIp, tcpPacket } from "../support/packet-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import { CheckingSink } from "./checking-sink.ts";
import type { FuzzCase } from "./fuzz-case.ts";
import { readCase, writeCase } from "./fuzz-case.ts";
import { Fuzzer } from "./fuzzer.ts";
import { mutatePackets } from "./mutate-packets.ts";
import { fieldsOf, repairChecksums } from "./packet-fields.ts";
import { runCase } from "./run-case.ts";
import { builtSeeds, loadSeeds } from "./seeds.ts";

const SEED = 20_261_121;
const CASES = join(import.meta.dirname, "cases");
const SAMPLES = join(import.meta.dirname, "../../samples");

let scratch = "";
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "tcpx-fuzz-test-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the fuzzer", () => {
  it("finds nothing wrong in ten thousand packets", { timeout: 240_000 }, async () => {
    const fuzzer = new Fuzzer(await loadSeeds(SAMPLES), SEED, scratch);
    while (fuzzer.counts.packets < 10_000) await fuzzer.step();
    const { features, kept, errors, inputs } = fuzzer.counts;
    expect(features).toBeGreaterThan(300);
    expect(kept).toBeGreaterThan(20);
    expect(errors).toBeLessThan(inputs / 2);
  });

  it("gives the same inputs for the same number", () => {
    const seeds = builtSeeds();
    const run = (number: number): unknown => {
      const random = new RandomSource(number);
      return mutatePackets(() => random.pick(seeds), random);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it("starts from every link type of the decoder's tests, and from the samples", async () => {
    const seeds = await loadSeeds(SAMPLES);
    const linkTypes = new Set(seeds.flatMap(({ packets }) => packets.map((each) => each.linkType)));
    expect(linkTypes.size).toBeGreaterThan(25);
    expect(seeds.filter(({ name }) => name.includes(".pcap")).length).toBeGreaterThan(15);
  });

  it("writes a case that reads back as it was", () => {
    const found: FuzzCase = {
      capture: pcapFile([{ seconds: 1, bytes: tcpPacket() }]),
      way: 7,
      run: "extract",
      options: { maxRanges: 2, timeoutSeconds: null, overlap: "bsd" },
      output: { layout: "concat" },
      note: "none",
    };
    const path = join(scratch, "case.json");
    writeCase(path, found);
    expect(readCase(path)).toEqual(found);
  });
});

it("runs every case found", async () => {
  for (const name of readdirSync(CASES).filter((each) => each.endsWith(".json"))) {
    await expect(runCase(readCase(join(CASES, name)), scratch), name).resolves.toBeDefined();
  }
});

describe("checksums are repaired", () => {
  it("of IPv4 and TCP", () => {
    const bytes = tcpPacket({ payload: "some octets" });
    const { ip, transport, protocol, end } = fieldsOf(bytes, 1);
    expect([ip, transport, protocol, end]).toEqual([14, 34, 6, bytes.length]);
    const broken = bytes.slice();
    broken[ip + 10] = 0;
    broken[transport + 16] = 0;
    expect(broken).not.toEqual(bytes);
    repairChecksums(broken, 1);
    expect(broken).toEqual(bytes);
    expect(internetChecksum(broken.subarray(ip, transport))).toBe(0);
  });

  it("of raw IP, and nowhere where there is none", () => {
    const raw = tcpInIp({ payload: "x" });
    const broken = raw.slice();
    broken[36] = 0xff;
    repairChecksums(broken, 101);
    expect(broken).toEqual(raw);
    const none = ipv4({ protocol: 17, payload: "abc" });
    const same = none.slice();
    repairChecksums(same, 101);
    expect(same).toEqual(none);
  });
});

describe("the sink that checks notices", () => {
  const bytes = new Uint8Array(16);
  const packet: PacketPosition = { number: 1, fileIndex: 0, seconds: 0, nanos: 0 };
  const identity: FlowIdentity = {
    flow: 1,
    client: "10.0.0.1",
    clientPort: 1,
    server: "10.0.0.2",
    serverPort: 2,
    vlan: [],
    firstSeconds: 0,
    firstNanos: 0,
  };
  const opened = (): { sink: CheckingSink; stream: number } => {
    const sink = new CheckingSink({ poolBytes: 65_536, blockBytes: 4096, unitBytes: 1024 });
    return { sink, stream: sink.openStream(identity, "c2s") };
  };

  it.each([
    [0, 4, 3, 1],
    [0, 4, 0, 4],
    [8, 4, 7, 2],
    [8, 4, 6, 8],
  ])("octets written twice: at %i %i, at %i %i", (one, length, other, otherLength) => {
    const { sink, stream } = opened();
    sink.write(stream, one, bytes, 0, length, packet);
    expect(() => sink.write(stream, other, bytes, 0, otherLength, packet)).toThrow("is written");
    expect(sink.firstFault?.message).toMatch("is written");
  });

  it("nothing where ranges only touch, in any order", () => {
    const { sink, stream } = opened();
    for (const position of [8, 0, 4, 16, 12]) sink.write(stream, position, bytes, 0, 4, packet);
    expect(sink.compare(stream, 0, bytes, 0, 16, packet).differing).toBe(0);
    expect(sink.open).toBe(1);
  });

  it("what is compared or replaced without having come", () => {
    const { sink, stream } = opened();
    sink.write(stream, 0, bytes, 0, 4, packet);
    expect(() => sink.compare(stream, 2, bytes, 0, 4, packet)).toThrow("never came");
    expect(() => sink.overwrite(stream, 4, bytes, 0, 1, packet)).toThrow("never came");
  });

  it("octets that aren't there, and streams that aren't open", () => {
    const { sink, stream } = opened();
    expect(() => sink.write(stream, 0, bytes, 10, 17, packet)).toThrow("octets [10, 17)");
    expect(() => sink.write(stream, -1, bytes, 0, 1, packet)).toThrow("for -1");
    expect(() => sink.rebase(stream, 0)).toThrow("rebased by 0");
    expect(() => sink.rebase(stream + 1, 1)).toThrow("not open");
  });
});
