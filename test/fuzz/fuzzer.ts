// The loop: picks from the seeds and from what was new before, mutates, runs, keeps what shows something
// new. Feedback is what a run shows (outcomes, counters, status words), which costs nothing to collect and
// stands for the branches behind it. Everything follows from the seed number.

import { BPF_FIXTURES } from "../filter/bpf-fixtures.ts";
import { RandomSource } from "../support/random-source.ts";
import type { CaseOptions, CaseOutput, FuzzCase } from "./fuzz-case.ts";
import { buildFile, mutateFile } from "./mutate-file.ts";
import { mutatePackets } from "./mutate-packets.ts";
import { runCase } from "./run-case.ts";
import type { Seed } from "./seeds.ts";

const BPF_PROGRAMS: readonly string[] = BPF_FIXTURES.map(({ program }) => program);

/** Inputs kept because they showed something new, and packets of each: what fits into a heap. */
const MOST_KEPT = 1000;
const MOST_KEPT_PACKETS = 200;

export interface FuzzCounts {
  inputs: number;
  /** Packets read of mutated captures. */
  packets: number;
  /** Inputs that ended in a clear error instead of a result. */
  errors: number;
  /** Whole runs of `extract` with files. */
  withFiles: number;
  /** Different things that runs have shown. */
  features: number;
  kept: number;
  slowestMs: number;
}

export class Fuzzer {
  readonly counts: FuzzCounts = {
    inputs: 0,
    packets: 0,
    errors: 0,
    withFiles: 0,
    features: 0,
    kept: 0,
    slowestMs: 0,
  };
  /** What is running, or ran last: the culprit if it never comes back. */
  current: FuzzCase | null = null;
  readonly #random: RandomSource;
  readonly #seeds: readonly Seed[];
  readonly #kept: Seed[] = [];
  readonly #features = new Set<string>();
  readonly #scratch: string;

  /** `scratch`: a directory that is the fuzzer's own. */
  constructor(seeds: readonly Seed[], seedNumber: number, scratch: string) {
    this.#seeds = seeds;
    this.#random = new RandomSource(seedNumber);
    this.#scratch = scratch;
  }

  /**
   * One input. `begin` is called before it runs.
   * @throws Error what the run threw; `current` is the case
   */
  async step(begin: (found: FuzzCase) => void = () => undefined): Promise<void> {
    const random = this.#random;
    const packets = mutatePackets(() => this.#pick(), random);
    const file = buildFile(packets, random);
    const found: FuzzCase = {
      capture: random.chance(0.4) ? mutateFile(file, random) : file,
      way: random.chance(0.1) ? "file" : randomChunks(random),
      run: random.chance(0.97) ? "engine" : random.chance(0.6) ? "extract" : "files",
      options: randomOptions(random),
      output: randomOutput(random),
    };
    this.current = found;
    begin(found);
    const started = performance.now();
    const result = await runCase(found, this.#scratch);
    const { counts } = this;
    counts.slowestMs = Math.max(counts.slowestMs, performance.now() - started);
    counts.inputs++;
    counts.packets += result.packets;
    if (result.features[0]?.startsWith("error ") === true) counts.errors++;
    if (found.run === "files") counts.withFiles++;
    this.#learn(packets, result.features);
  }

  #pick(): Seed {
    const random = this.#random;
    const isKept = this.#kept.length > 0 && random.chance(0.5);
    return random.pick(isKept ? this.#kept : this.#seeds);
  }

  #learn(packets: Seed["packets"], features: readonly string[]): void {
    const before = this.#features.size;
    for (const feature of features) this.#features.add(feature);
    this.counts.features = this.#features.size;
    if (this.#features.size === before || packets.length === 0) return;
    const start = this.#random.below(Math.max(1, packets.length - MOST_KEPT_PACKETS));
    const kept = {
      name: `kept ${this.counts.inputs}`,
      packets: packets.slice(start, start + MOST_KEPT_PACKETS),
    };
    if (this.#kept.length < MOST_KEPT) this.#kept.push(kept);
    else this.#kept[this.#random.below(MOST_KEPT)] = kept;
    this.counts.kept = this.#kept.length;
  }
}

/** Octets a chunk; small ones are slow. */
function randomChunks(random: RandomSource): number {
  if (random.chance(0.02)) return 7;
  return random.chance(0.08) ? 64 : random.pick([1000, 4096, 65_536]);
}

/** Mostly the defaults; small limits, so that they act. */
function randomOptions(random: RandomSource): CaseOptions {
  const rarely = <Value>(name: string, values: readonly Value[]): Record<string, Value> =>
    random.chance(0.2) ? { [name]: random.pick(values) } : {};
  return {
    ...rarely("vlan", ["separate", "ignore", "first"]),
    ...rarely("checksums", ["auto", "verify", "count", "ignore"]),
    ...(random.chance(0.5)
      ? { overlap: random.pick(["first", "last", "bsd", "linux", "windows", "solaris"]) }
      : {}),
    ...rarely("maxFlows", [1, 2, 3, 10]),
    ...rarely("maxJump", [1, 100, 5000, 2 ** 31 - 1]),
    ...rarely("maxStreamBytes", [0, 1, 150, 4000]),
    ...rarely("maxTotalBytes", [0, 1000, 10_000]),
    ...rarely("maxRanges", [1, 2, 3, 8]),
    ...rarely("decapsulate", [false, true]),
    ...rarely("timeoutSeconds", [null, 0.001, 1, 30]),
    ...rarely("filter", ["port 80", "not host 10.0.0.1", "ip6", "vlan", "src net 10.0.0.0/8"]),
    ...(random.chance(0.05) ? { bpf: random.pick(BPF_PROGRAMS) } : {}),
  };
}

function randomOutput(random: RandomSource): CaseOutput {
  return {
    layout: random.pick(["positioned", "concat"]),
    extend: random.chance(0.8),
    chunks: random.chance(0.3),
    keepConflicts: random.chance(0.3),
    group: random.pick([0, 0, 1, 10]),
    name: random.pick([
      "{flow}-{client}-{direction}",
      "{client}.{clientPort}-{server}.{serverPort}-{vlan}-{start}-{flow}-{direction}",
    ]),
  };
}
