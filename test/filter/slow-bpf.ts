// The slow twin of the BPF machine: bigints and one rule a line, by the text of bpf(4). `undefined` where
// the program rejects the packet by a load out of bounds or a division by zero.

import { BpfOpcode } from "../../src/filter/bpf-opcodes.ts";
import type { BpfInstruction } from "../../src/filter/bpf-validator.ts";

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(BpfOpcode).map(([name, code]) => [code, name]),
);

const WORD = 2n ** 32n;

const ARITHMETIC: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  ADD: (a, b) => a + b,
  SUB: (a, b) => a - b,
  MUL: (a, b) => a * b,
  DIV: (a, b) => a / b,
  MOD: (a, b) => a % b,
  OR: (a, b) => a | b,
  AND: (a, b) => a & b,
  XOR: (a, b) => a ^ b,
  LSH: (a, b) => (b < 32n ? a << b : 0n),
  RSH: (a, b) => (b < 32n ? a >> b : 0n),
};

const COMPARISONS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  JEQ: (a, b) => a === b,
  JGT: (a, b) => a > b,
  JGE: (a, b) => a >= b,
  JSET: (a, b) => (a & b) !== 0n,
};

/** What the program returns, 0 to 2^32 - 1. */
export function slowRun(
  program: readonly BpfInstruction[],
  packet: Uint8Array,
  originalLength: number,
): number {
  const memory = new Map<number, bigint>();
  let a = 0n;
  let x = 0n;
  const load = (offset: bigint, size: bigint): bigint | undefined => {
    if (offset + size > BigInt(packet.length)) return undefined;
    const octets = packet.subarray(Number(offset), Number(offset + size));
    return octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n);
  };
  for (let at = 0; ; at++) {
    const { code, k: small, jumpTrue, jumpFalse } = program[at]!;
    const k = BigInt(small);
    const name = NAMES.get(code)!;
    const [operation = "", source = ""] = name.split("_");
    const operand = source === "X" ? x : k;
    const arithmetic = ARITHMETIC[operation];
    const comparison = COMPARISONS[operation];
    if (arithmetic !== undefined) {
      if ((operation === "DIV" || operation === "MOD") && operand === 0n) return 0;
      a = BigInt.asUintN(32, arithmetic(a, operand));
    } else if (comparison !== undefined) {
      at += comparison(a, operand) ? jumpTrue : jumpFalse;
    } else if (operation === "LD" && (source === "W" || source === "H" || source === "B")) {
      const size = source === "W" ? 4n : source === "H" ? 2n : 1n;
      const value = load(name.endsWith("IND") ? x + k : k, size);
      if (value === undefined) return 0;
      a = value;
    } else {
      switch (name) {
        case "LD_IMM":
          a = k;
          break;
        case "LD_LEN":
          a = BigInt(originalLength) % WORD;
          break;
        case "LD_MEM":
          a = memory.get(small)!;
          break;
        case "LDX_IMM":
          x = k;
          break;
        case "LDX_LEN":
          x = BigInt(originalLength) % WORD;
          break;
        case "LDX_MEM":
          x = memory.get(small)!;
          break;
        case "LDX_MSH": {
          const octet = load(k, 1n);
          if (octet === undefined) return 0;
          x = (octet % 16n) * 4n;
          break;
        }
        case "ST":
          memory.set(small, a);
          break;
        case "STX":
          memory.set(small, x);
          break;
        case "NEG":
          a = BigInt.asUintN(32, -a);
          break;
        case "TAX":
          x = a;
          break;
        case "TXA":
          a = x;
          break;
        case "JA":
          at += small;
          break;
        case "RET_K":
          return small;
        case "RET_A":
          return Number(a);
        default:
          throw new Error(`the slow twin does not know ${name}`);
      }
    }
  }
}
