// What a run of the engine can be told, with its defaults. The command line and the library fill it.

import { CHECKSUM_MODES } from "../decode/checksum-policy.ts";
import type { ChecksumMode } from "../decode/checksum-policy.ts";
import { UDP_TUNNELS } from "../decode/tunnel/udp-tunnels.ts";
import type { BpfProgram } from "../filter/bpf.ts";
import type { FlowFilter } from "../filter/flow-filter.ts";
import type { FlowNumbers } from "../filter/flow-numbers.ts";
import type { TimeLimit } from "../filter/time-limit.ts";
import { VLAN_MODES } from "../flow/flow-tracker.ts";
import type { VlanMode } from "../flow/flow-tracker.ts";
import type { Timeouts } from "../flow/timeouts.ts";
import { DEFAULT_TIMEOUTS } from "../flow/timeouts.ts";
import { OVERLAP_POLICIES } from "../reassembly/overlap-policy.ts";
import type { OverlapPolicy } from "../reassembly/overlap-policy.ts";

export interface EngineOptions {
  readonly vlan: VlanMode;
  readonly checksums: ChecksumMode;
  readonly overlap: OverlapPolicy;
  /** Null: no timeouts, the linger included. */
  readonly timeouts: Timeouts | null;
  readonly maxFlows: number;
  /** Octets a segment may lie ahead without a second witness; at most 2^31 - 1. */
  readonly maxJump: number;
  /** Octets taken of one stream, and in all. */
  readonly maxStreamBytes: number;
  readonly maxTotalBytes: number;
  /** Ranges (holes) of one stream in memory. */
  readonly maxRanges: number;
  readonly decapsulate: boolean;
  readonly decapPorts: readonly { readonly kind: string; readonly port: number }[];
  readonly filter: FlowFilter | null;
  readonly bpf: BpfProgram | null;
  readonly flowNumbers: FlowNumbers | null;
  readonly after: TimeLimit | null;
  readonly before: TimeLimit | null;
  readonly hashSeed: number;
}

export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  vlan: "separate",
  checksums: "auto",
  overlap: "first",
  timeouts: DEFAULT_TIMEOUTS,
  maxFlows: 1_000_000,
  maxJump: 16 * 1024 * 1024,
  maxStreamBytes: Infinity,
  maxTotalBytes: Infinity,
  maxRanges: 65_536,
  decapsulate: true,
  decapPorts: [],
  filter: null,
  bpf: null,
  flowNumbers: null,
  after: null,
  before: null,
  hashSeed: 0,
};

/** The words that the options with a choice take. */
export const ENGINE_CHOICES = {
  vlan: VLAN_MODES,
  checksums: CHECKSUM_MODES,
  overlap: OVERLAP_POLICIES,
  decapKinds: UDP_TUNNELS.map(({ kind }) => kind),
} as const;
