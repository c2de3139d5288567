// Holds a BPF program against the rules of the Linux kernel before it ever runs, so that the interpreter
// needs no checks of its own: every jump goes forward and lands inside, so every run ends; the last
// instruction returns; memory is read only where it was written on every path.
// Source: Linux net/core/filter.c (the rules of bpf_check_classic), bpf(4).

import { TcpxError } from "../errors.ts";
import { BPF_MEMORY_WORDS, BpfClass, BpfOpcode, bpfClassOf, isBpfOpcode } from "./bpf-opcodes.ts";

/** One instruction as `tcpdump -ddd` prints it. */
export interface BpfInstruction {
  readonly code: number;
  /** Instructions to skip if the condition holds, or does not. */
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  /** 0 to 2^32 - 1. */
  readonly k: number;
  /** Line in the file that it came from, from 1. */
  readonly line: number;
}

/** Offsets from here on are not octets of the packet but the kernel's own data (SKF_AD_OFF and others). */
const ANCILLARY_START = 0xffe0_0000;
const ALL_MEMORY = 2 ** BPF_MEMORY_WORDS - 1;

/** @throws BAD_FILTER naming the line of the first instruction at fault */
export function validateBpf(program: readonly BpfInstruction[]): void {
  for (let at = 0; at < program.length; at++) checkInstruction(program[at]!, at, program.length);
  checkMemory(program);
  const last = program.at(-1)!;
  if (bpfClassOf(last.code) !== BpfClass.RET) {
    throw bpfError(last.line, "the last instruction does not return");
  }
}

export function bpfError(line: number, message: string): TcpxError {
  return new TcpxError("BAD_FILTER", `BPF program, line ${line}: ${message}`);
}

function checkInstruction(instruction: BpfInstruction, at: number, length: number): void {
  const { code, k, line } = instruction;
  if (!isBpfOpcode(code)) throw bpfError(line, `unknown instruction code ${code}`);
  const behind = length - at - 1;
  switch (code) {
    case BpfOpcode.LD_W_ABS:
    case BpfOpcode.LD_H_ABS:
    case BpfOpcode.LD_B_ABS:
    case BpfOpcode.LDX_MSH:
      if (k >= ANCILLARY_START) throw bpfError(line, ancillaryText(k));
      break;
    case BpfOpcode.DIV_K:
    case BpfOpcode.MOD_K:
      if (k === 0) throw bpfError(line, "division by zero");
      break;
    case BpfOpcode.LSH_K:
    case BpfOpcode.RSH_K:
      if (k >= 32) throw bpfError(line, `shift by ${k} bits, at most 31 are possible`);
      break;
    case BpfOpcode.LD_MEM:
    case BpfOpcode.LDX_MEM:
    case BpfOpcode.ST:
    case BpfOpcode.STX:
      if (k >= BPF_MEMORY_WORDS) {
        throw bpfError(line, `memory word ${k}, there are ${BPF_MEMORY_WORDS}`);
      }
      break;
    case BpfOpcode.JA:
      if (k >= 2 ** 31) throw bpfError(line, "jump backwards, which only protochain needs");
      if (k >= behind) throw bpfError(line, `jump over ${k} instructions, only ${behind} follow`);
      break;
    default:
      if (bpfClassOf(code) !== BpfClass.JMP) break;
      for (const jump of [instruction.jumpTrue, instruction.jumpFalse]) {
        if (jump < behind) continue;
        throw bpfError(line, `jump over ${jump} instructions, only ${behind} follow`);
      }
  }
}

function ancillaryText(k: number): string {
  return (
    `load at offset ${k - 2 ** 32} asks the kernel, not the packet: the program was compiled for a ` +
    `live interface (compile it for a file: tcpdump -r CAPTURE -ddd 'EXPR')`
  );
}

/** Jumps go forward only, so one pass knows what every path to an instruction has written. */
function checkMemory(program: readonly BpfInstruction[]): void {
  const writtenBefore = new Int32Array(program.length).fill(ALL_MEMORY);
  writtenBefore[0] = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, k, line, jumpTrue, jumpFalse } = program[at]!;
    let written = writtenBefore[at]!;
    const reads = code === BpfOpcode.LD_MEM || code === BpfOpcode.LDX_MEM;
    if (reads && (written & (1 << k)) === 0) {
      throw bpfError(line, `memory word ${k} is read but not written before`);
    }
    if (code === BpfOpcode.ST || code === BpfOpcode.STX) written |= 1 << k;
    const followers = followersOf(code, k, jumpTrue, jumpFalse);
    for (const skip of followers) {
      const next = at + 1 + skip;
      if (next < program.length) writtenBefore[next]! &= written;
    }
  }
}

/** How many instructions each continuation skips. */
function followersOf(
  code: number,
  k: number,
  jumpTrue: number,
  jumpFalse: number,
): readonly number[] {
  if (bpfClassOf(code) === BpfClass.RET) return [];
  if (code === BpfOpcode.JA) return [k];
  if (bpfClassOf(code) === BpfClass.JMP) return [jumpTrue, jumpFalse];
  return [0];
}
