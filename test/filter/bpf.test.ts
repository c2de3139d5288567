import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { TcpxError } from "../../src/errors.ts";
import { BpfOpcode as Op } from "../../src/filter/bpf-opcodes.ts";
import { BpfProgram, parseBpfProgram } from "../../src/filter/bpf.ts";
import type { BpfInstruction } from "../../src/filter/bpf-validator.ts";
import { BPF_FIXTURES } from "./bpf-fixtures.ts";
import { countCollections } from "./collections.ts";
import { ODD, type SamplePacket, TAGGED, UNTAGGED } from "./sample-packets.ts";
import { slowRun } from "./slow-bpf.ts";

/** The sample in the middle of a larger block, as a reader hands it on. */
function cursorOf(sample: SamplePacket): PacketCursor {
  const packet = new PacketCursor();
  packet.bytes = Buffer.concat([Buffer.alloc(7, 0xff), sample.bytes, Buffer.alloc(64, 0xff)]);
  packet.start = 7;
  packet.end = 7 + sample.bytes.length;
  packet.originalLength = sample.originalLength ?? sample.bytes.length;
  return packet;
}

const SAMPLES = [...UNTAGGED, ...ODD, ...TAGGED];

/** "40 0 0 12; 6 0 0 1" as the text of `tcpdump -ddd`, the count before it. */
function textOf(instructions: string): string {
  const lines = instructions.split("; ");
  return `${lines.length}\n${lines.join("\n")}\n`;
}

describe("programs that tcpdump compiled", () => {
  test.each(BPF_FIXTURES)("$expression", ({ program, chosen }) => {
    const compiled = parseBpfProgram(program);
    const names = SAMPLES.filter((sample) => compiled.matches(cursorOf(sample)));
    expect(names.map(({ name }) => name).join(" ")).toBe(chosen);
  });

  test("length is the number of instructions", () => {
    expect(parseBpfProgram("1\n6 0 0 262144\n")).toHaveLength(1);
  });
});

/** Packet 80 01 02 03 fe ff 45 07 in 1000 octets on the wire; what the program returns, unsigned. */
function returnOf(instructions: string): number {
  const block = Uint8Array.of(0xaa, 0x80, 1, 2, 3, 0xfe, 0xff, 0x45, 7, 0xaa, 0xaa, 0xaa, 0xaa);
  return parseBpfProgram(textOf(instructions)).run(block, 1, 9, 1000) >>> 0;
}

describe("the machine: one line a rule, instructions -> what is returned", () => {
  test.each([
    // loads of 4, 2 and 1 octets, up to the last one and one beyond
    ["32 0 0 0; 22 0 0 0", 0x8001_0203],
    ["32 0 0 4; 22 0 0 0", 0xfeff_4507],
    ["32 0 0 5; 6 0 0 1", 0],
    ["40 0 0 6; 22 0 0 0", 0x4507],
    ["40 0 0 7; 6 0 0 1", 0],
    ["48 0 0 7; 22 0 0 0", 7],
    ["48 0 0 8; 6 0 0 1", 0],
    ["32 0 0 2147483647; 6 0 0 1", 0],
    ["40 0 0 4292870143; 6 0 0 1", 0],
    // from X
    ["1 0 0 4; 64 0 0 0; 22 0 0 0", 0xfeff_4507],
    ["1 0 0 4; 64 0 0 1; 6 0 0 1", 0],
    ["1 0 0 4; 72 0 0 2; 22 0 0 0", 0x4507],
    ["1 0 0 4; 72 0 0 3; 6 0 0 1", 0],
    ["1 0 0 4; 80 0 0 3; 22 0 0 0", 7],
    ["1 0 0 4; 80 0 0 4; 6 0 0 1", 0],
    // a sum beyond 32 bits does not wrap back into the packet
    ["1 0 0 4294967292; 80 0 0 8; 6 0 0 1", 0],
    ["1 0 0 8; 80 0 0 4294967292; 6 0 0 1", 0],
    ["1 0 0 4294967292; 64 0 0 4; 6 0 0 1", 0],
    // header length of the IPv4 octet 0x45
    ["177 0 0 6; 135 0 0 0; 22 0 0 0", 20],
    ["177 0 0 8; 6 0 0 1", 0],
    // length on the wire, immediate values, memory
    ["128 0 0 0; 22 0 0 0", 1000],
    ["129 0 0 0; 135 0 0 0; 22 0 0 0", 1000],
    ["0 0 0 4294967295; 22 0 0 0", 0xffff_ffff],
    ["0 0 0 5; 2 0 0 15; 0 0 0 6; 96 0 0 15; 22 0 0 0", 5],
    ["1 0 0 9; 3 0 0 0; 97 0 0 0; 135 0 0 0; 22 0 0 0", 9],
    ["0 0 0 3; 7 0 0 0; 0 0 0 4; 135 0 0 0; 22 0 0 0", 3],
    // arithmetic modulo 2^32, unsigned
    ["0 0 0 4294967295; 4 0 0 2; 22 0 0 0", 1],
    ["0 0 0 1; 20 0 0 2; 22 0 0 0", 0xffff_ffff],
    ["0 0 0 4294967295; 36 0 0 4294967295; 22 0 0 0", 1],
    ["0 0 0 4294967295; 52 0 0 2; 22 0 0 0", 0x7fff_ffff],
    ["0 0 0 4294967295; 52 0 0 1; 22 0 0 0", 0xffff_ffff],
    ["0 0 0 4294967295; 148 0 0 16; 22 0 0 0", 15],
    ["0 0 0 4294967294; 148 0 0 4294967295; 22 0 0 0", 0xffff_fffe],
    ["0 0 0 2147483648; 116 0 0 31; 22 0 0 0", 1],
    ["0 0 0 3; 100 0 0 31; 22 0 0 0", 0x8000_0000],
    ["0 0 0 6; 68 0 0 1; 84 0 0 5; 164 0 0 15; 22 0 0 0", 10],
    ["0 0 0 1; 132 0 0 0; 22 0 0 0", 0xffff_ffff],
    // by X, where zero divides nothing and 32 shifts everything out
    ["1 0 0 3; 0 0 0 10; 12 0 0 0; 28 0 0 0; 44 0 0 0; 60 0 0 0; 22 0 0 0", 10],
    ["1 0 0 3; 0 0 0 10; 156 0 0 0; 22 0 0 0", 1],
    ["1 0 0 0; 0 0 0 10; 60 0 0 0; 6 0 0 1", 0],
    ["1 0 0 0; 0 0 0 10; 156 0 0 0; 6 0 0 1", 0],
    ["1 0 0 32; 0 0 0 10; 108 0 0 0; 22 0 0 0", 0],
    ["1 0 0 4294967295; 0 0 0 10; 124 0 0 0; 22 0 0 0", 0],
    ["1 0 0 2; 0 0 0 10; 108 0 0 0; 124 0 0 0; 22 0 0 0", 10],
    ["1 0 0 12; 0 0 0 10; 76 0 0 0; 92 0 0 0; 172 0 0 0; 22 0 0 0", 0],
    // jumps: equal, above, at least, any bit; unsigned
    ["0 0 0 5; 21 1 0 5; 6 0 0 0; 6 0 0 1", 1],
    ["0 0 0 5; 21 1 0 6; 6 0 0 0; 6 0 0 1", 0],
    ["0 0 0 4294967295; 37 1 0 1; 6 0 0 0; 6 0 0 1", 1],
    ["0 0 0 1; 37 1 0 4294967295; 6 0 0 0; 6 0 0 1", 0],
    ["0 0 0 5; 37 1 0 5; 6 0 0 0; 6 0 0 1", 0],
    ["0 0 0 5; 53 1 0 5; 6 0 0 0; 6 0 0 1", 1],
    ["0 0 0 1; 53 1 0 2147483648; 6 0 0 0; 6 0 0 1", 0],
    ["0 0 0 6; 69 1 0 4; 6 0 0 0; 6 0 0 1", 1],
    ["0 0 0 2147483648; 69 1 0 2147483648; 6 0 0 0; 6 0 0 1", 1],
    ["0 0 0 6; 69 1 0 1; 6 0 0 0; 6 0 0 1", 0],
    ["1 0 0 5; 0 0 0 5; 29 1 0 0; 6 0 0 0; 6 0 0 1", 1],
    ["1 0 0 5; 0 0 0 4294967295; 45 1 0 0; 6 0 0 0; 6 0 0 1", 1],
    ["1 0 0 5; 0 0 0 5; 61 1 0 0; 6 0 0 0; 6 0 0 1", 1],
    ["1 0 0 5; 0 0 0 2; 77 1 0 0; 6 0 0 0; 6 0 0 1", 0],
    ["5 0 0 1; 6 0 0 0; 6 0 0 1", 1],
    ["5 0 0 0; 6 0 0 2; 6 0 0 1", 2],
  ])("%s -> %i", (instructions, expected) => {
    expect(returnOf(instructions)).toBe(expected);
  });
});

describe("programs that are refused: one line a rule", () => {
  test.each([
    ["", "line 1: expected the number of instructions"],
    ["zero", "line 1: expected the number of instructions"],
    ["0\n", "line 1: expected the number of instructions"],
    ["-1\n6 0 0 0", "line 1: expected the number of instructions"],
    ["(000) ret #262144", "line 1: this is the output of tcpdump -d or -dd"],
    ["{ 0x6, 0, 0, 0x00040000 },", "line 1: this is the output of tcpdump -d or -dd"],
    ["65537\n6 0 0 0", "line 1: more than 65536 instructions"],
    ["1", "line 1: ends after 0 of 1 instructions"],
    ["2\n6 0 0 0\n", "line 2: ends after 1 of 2 instructions"],
    ["1\n6 0 0 0\n6 0 0 0\n", "line 3: goes on after the 1 instructions"],
    ["1\n6 0 0\n", "line 2: expected four numbers"],
    ["1\n6 0 0 0 0\n", "line 2: expected four numbers"],
    ["1\n6 0 0 0x10\n", "line 2: expected four numbers"],
    ["1\n\n6 0 0 0", "line 3: goes on after"],
    ["1\n6 0 0 -1\n", "line 2: expected four numbers"],
    ["2\n21 256 0 0\n6 0 0 0", "line 2: a jump is 0 to 255"],
    ["1\n6 0 0 4294967296\n", "line 2: k is 4294967296, at most 4294967295 is possible"],
    ["2\n8 0 0 0\n6 0 0 0", "line 2: unknown instruction code 8"],
    ["2\n65535 0 0 0\n6 0 0 0", "line 2: unknown instruction code 65535"],
    ["1\n14 0 0 0", "line 2: unknown instruction code 14"],
    ["2\n52 0 0 0\n6 0 0 0", "line 2: division by zero"],
    ["2\n148 0 0 0\n6 0 0 0", "line 2: division by zero"],
    ["2\n100 0 0 32\n6 0 0 0", "line 2: shift by 32 bits, at most 31 are possible"],
    ["2\n116 0 0 4294967295\n6 0 0 0", "line 2: shift by 4294967295 bits"],
    ["2\n2 0 0 16\n6 0 0 0", "line 2: memory word 16, there are 16"],
    ["2\n97 0 0 4294967295\n6 0 0 0", "line 2: memory word 4294967295, there are 16"],
    ["2\n21 1 0 0\n6 0 0 0", "line 2: jump over 1 instructions, only 1 follow"],
    ["2\n21 0 1 0\n6 0 0 0", "line 2: jump over 1 instructions, only 1 follow"],
    ["2\n5 0 0 1\n6 0 0 0", "line 2: jump over 1 instructions, only 1 follow"],
    ["3\n6 0 0 0\n5 0 0 4294967294\n6 0 0 0", "line 3: jump backwards"],
    ["1\n0 0 0 1", "line 2: the last instruction does not return"],
    ["2\n6 0 0 0\n21 0 0 0", "line 3: jump over 0 instructions, only 0 follow"],
    // memory that no path, or only some path, has written
    ["2\n96 0 0 0\n22 0 0 0", "line 2: memory word 0 is read but not written before"],
    ["3\n2 0 0 1\n96 0 0 0\n22 0 0 0", "line 3: memory word 0 is read but not written before"],
    ["4\n21 1 0 0\n2 0 0 3\n97 0 0 3\n22 0 0 0", "line 4: memory word 3 is read but not written"],
    // ancillary data of the Linux kernel (skb vlan_tag_present and others)
    ["2\n48 0 0 4294963248\n6 0 0 1", "line 2: load at offset -4048 asks the kernel"],
    ["2\n40 0 0 4292870144\n6 0 0 1", "line 2: load at offset -2097152 asks the kernel"],
  ])("%j: %s", (text, expected) => {
    const error = errorOf(text);
    expect(error.message).toContain(`BPF program, ${expected}`);
    expect(error.message).toMatch(/^[ -~]+$/);
  });

  test("an ancillary load names the way out", () => {
    expect(errorOf("2\n48 0 0 4294963248\n6 0 0 1").message).toContain("tcpdump -r CAPTURE -ddd");
  });

  test.each([
    ["written on both paths", "5\n2 0 0 3\n21 0 1 0\n2 0 0 3\n96 0 0 3\n6 0 0 0"],
    ["never reached", "3\n6 0 0 0\n96 0 0 0\n6 0 0 0"],
    ["CR LF and blank lines at the end", "1\r\n6 0 0 1\r\n\r\n"],
    ["spaces around", " 1 \n 6  0 0\t1 "],
    ["the longest jump", textOf(`21 255 0 0; ${"0 0 0 0; ".repeat(255)}6 0 0 0`)],
    ["as many instructions as allowed", textOf(`${"0 0 0 0; ".repeat(65_535)}6 0 0 0`)],
  ])("accepted: %s", (_, text) => {
    expect(parseBpfProgram(text)).toBeInstanceOf(BpfProgram);
  });

  test("a huge text is refused before it is taken apart", () => {
    expect(errorOf("1\n".repeat(3_000_000)).message).toContain("more than 65536 instructions");
  });
});

describe("BPF: properties", () => {
  const k = fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 20 }) },
    fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffdf_ffff, 0x1_0000),
  );
  const instruction = fc.record<BpfInstruction>({
    code: fc.constantFrom(...Object.values(Op)),
    jumpTrue: fc.nat({ max: 5 }),
    jumpFalse: fc.nat({ max: 5 }),
    k,
    line: fc.constant(1),
  });
  /** Memory written, so that reads are valid more often; the end returns A. */
  const anyProgram = fc.array(instruction, { maxLength: 30 }).map((middle) => {
    const stores = [0, 1, 2, 3].map((word) => simple(Op.ST, word));
    return [simple(Op.LD_LEN, 0), ...stores, ...middle, simple(Op.RET_A, 0)];
  });

  test("agrees with the slow twin on every program that is accepted", () => {
    let accepted = 0;
    const packet = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(anyProgram, packet, fc.nat({ max: 70_000 }), (program, bytes, extra) => {
        let compiled: BpfProgram;
        try {
          compiled = new BpfProgram(program);
        } catch (error) {
          expect(error).toBeInstanceOf(TcpxError);
          return;
        }
        accepted++;
        const originalLength = bytes.length + extra;
        const block = Buffer.concat([Buffer.of(1, 2, 3), bytes, Buffer.alloc(40, 0xee)]);
        const result = compiled.run(block, 3, 3 + bytes.length, originalLength) >>> 0;
        expect(result).toBe(slowRun(program, bytes, originalLength));
      }),
      { seed: 20260806, numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(1000);
  });

  test("any text is a program or is refused by one printable line", () => {
    const number = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 300 }), fc.nat());
    const line = fc.oneof(
      fc.array(number, { minLength: 4, maxLength: 4 }).map((numbers) => numbers.join(" ")),
      fc.string({ unit: "binary", maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.boolean(), (lines, withCount) => {
        const text = withCount ? `${lines.length}\n${lines.join("\n")}` : lines.join("\n");
        try {
          parseBpfProgram(text);
        } catch (error) {
          expect(error).toBeInstanceOf(TcpxError);
          expect(String(error)).toMatch(/^TcpxError: BPF program, line [0-9]+: [ -~]+$/);
        }
      }),
      { seed: 20260807, numRuns: 5000 },
    );
  });
});

describe("allocates nothing per packet", () => {
  const { program } = BPF_FIXTURES.find(({ expression }) => expression === "tcp port 80 or 443")!;
  const compiled = parseBpfProgram(program);
  const packets = UNTAGGED.map(cursorOf);

  /** `after` stands for what a later stage would do with the packet. */
  function runMany(after: (packet: PacketCursor) => unknown): void {
    let chosen = 0;
    for (let round = 0; round < 2_000_000; round++) {
      const packet = packets[round % packets.length]!;
      if (compiled.matches(packet)) chosen++;
      after(packet);
    }
    expect(chosen).toBeGreaterThan(0);
  }

  test("BpfProgram.matches over two million packets", async () => {
    expect(await countCollections(() => runMany(() => 0))).toBeLessThanOrEqual(1);
  });

  test("the guard notices one view a packet", async () => {
    const views: Uint8Array[] = [];
    const collections = await countCollections(() =>
      runMany((packet) => (views[0] = packet.bytes.subarray(packet.start, packet.end))),
    );
    expect(collections).toBeGreaterThan(1);
  });
});

function simple(code: number, k: number): BpfInstruction {
  return { code, jumpTrue: 0, jumpFalse: 0, k, line: 1 };
}

function errorOf(text: string): TcpxError {
  try {
    parseBpfProgram(text);
  } catch (error) {
    if (error instanceof TcpxError && error.code === "BAD_FILTER") return error;
    throw error;
  }
  throw new Error("accepted");
}
